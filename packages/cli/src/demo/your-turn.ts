import { createInterface } from 'node:readline/promises'
import { BighubClient, createGuard } from '@bighub/core'
import { type StartedServer, startServer } from '@bighub/server'
import { openBrowser } from '../dashboard/open-browser.ts'
import { userName } from '../place/user-name.ts'
import { personAtTerminal } from './person.ts'
import type { Counts } from './screen.ts'
import { bold, dim, percent, show } from './screen.ts'
import type { Shop } from './shop.ts'

export interface YourTurn {
  /** Folder of the demo's store, which nothing else has open. */
  readonly folder: string
  readonly shop: Shop
  readonly counts: Counts
  readonly isBrowserOpened: boolean
  readonly say: (text: string) => void
}

const CALL = { tool: 'delete_account', arguments: { account: 'C-3' } } as const
const DOMAIN = 'account_management'
/** Longer than anybody looks at a demo. */
const WAIT_MS = 12 * 3_600_000

/**
 * The end of the demo at a terminal: a server with its dashboard, and an agent's call that really waits for the person, who answers in
 * the browser or here. What they answer happens.
 */
export async function playYourTurn({ folder, shop, counts, isBrowserOpened, say }: YourTurn): Promise<void> {
  const server = await startServer({ dataDir: folder, port: 0 })
  const client = await signIn(server)
  const before = await judge(client)
  const guard = createGuard({
    evaluator: client,
    actor: 'account-agent',
    domain: DOMAIN,
    approvals: {
      waitMs: WAIT_MS,
      onRequest: (request) => {
        const link = server.signInLink(userName(), `inbox/${request.requestId}`)
        say('')
        say(`    ${bold('Answer it in the dashboard')}, where this link signs you in, once. There: a, then Enter.`)
        say(`    ${link}`)
        say(dim('    … or here:'))
        if (isBrowserOpened && link !== null) openBrowser(link)
        return personAtTerminal(say).answer(request)
      },
    },
  })
  show(guard, counts, say)
  try {
    await guard.withRun({ id: 'your-turn' }, () =>
      guard.run(
        {
          ...CALL,
          callId: 'your_turn_1',
          userText: ['Mara Lind wants her account C-3 deleted.'],
          options: { mutating: true, target: CALL.arguments.account, reversibility: 0 },
        },
        () => shop.deleteAccount(CALL.arguments.account),
      ),
    )
    await guard.close()
    say(`    judged again, the same call: risk ${before} → ${await judge(client)}`)
    await untilLeft(server, say)
  } finally {
    await client.close()
    await server.close()
  }
}

/** Signed in as the dashboard is, so that records name the person wherever they answer. */
async function signIn(server: StartedServer): Promise<BighubClient> {
  const token = server.signInLink(userName())?.split('/').at(-2) ?? ''
  const response = await fetch(`${server.url}/auth/link`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ link_token: token }),
  })
  const { access_token } = (await response.json()) as { access_token: string }
  return new BighubClient({ baseUrl: server.url, bearerToken: access_token })
}

async function judge(client: BighubClient): Promise<string> {
  const answer = await client.actions.dryRun({
    action: CALL.tool,
    actor: 'account-agent',
    domain: DOMAIN,
    target: CALL.arguments.account,
    context: { call: { ...CALL, mutating: true, reversibility: 0 } },
  })
  return percent(answer.risk_score)
}

/** The dashboard stays for as long as somebody wants to look round. */
async function untilLeft(server: StartedServer, say: (text: string) => void): Promise<void> {
  say('')
  say(`The dashboard stays open at ${server.url}/ with everything above. Press Enter to end.`)
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  await new Promise<void>((resolve) => {
    terminal.once('line', () => terminal.close())
    terminal.once('close', resolve)
  })
}
