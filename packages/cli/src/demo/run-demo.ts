import { once } from 'node:events'
import { createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createEngine } from '@bighub/engine'
import { playAccounts } from './acts/accounts-act.ts'
import { playPrices } from './acts/prices-act.ts'
import { playRefunds } from './acts/refunds-act.ts'
import { scriptedPerson } from './person.ts'
import { bold, dim, newCounts } from './screen.ts'
import { Shop } from './shop.ts'
import type { Stage } from './stage.ts'

/** Files of the demo; nothing else in its folder is touched. */
const FILES = ['bighub.db', 'shop.db', 'decisions.jsonl'] as const

/**
 * Plays the demo: three agents on three frameworks work for a small shop, every call goes through the guard and the engine.
 *
 * @param folder - Where the demo keeps its own data; made anew each time.
 * @param isBrowserOpened - Whether the dashboard is opened at its end, where there is a person to answer.
 */
export async function runDemo(folder: string, isBrowserOpened: boolean): Promise<void> {
  mkdirSync(folder, { recursive: true })
  for (const file of FILES)
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(folder, `${file}${suffix}`), { force: true })

  const isHuman = process.stdin.isTTY && process.stdout.isTTY
  const engine = createEngine({ file: join(folder, 'bighub.db') })
  const shop = new Shop(join(folder, 'shop.db'))
  const stage: Stage = {
    engine,
    shop,
    person: scriptedPerson(),
    counts: newCounts(),
    say,
  }
  say(bold('BIGHUB: a decision in front of every tool call'))
  say('Three agents with scripted models work for a small shop. Their tools really change its database; each call is')
  say('evaluated first, then run, held for a person, or refused, and what came of it is learned.')
  const whose = isHuman
    ? 'The demo answers the first holds itself; the last one waits for you.'
    : 'There is no terminal to ask at, so the demo answers its own holds.'
  say(dim(whose))
  try {
    const acts = [
      ['1 · Refunds, on the Vercel AI SDK', playRefunds],
      ['2 · Prices, on LangChain', playPrices],
      ['3 · Tickets and accounts, on the OpenAI Agents SDK', playAccounts],
    ] as const
    for (const [title, play] of acts) {
      say('')
      say(bold(title))
      await play(stage)
    }
    await writeExport(stage, join(folder, 'decisions.jsonl'))
    await sumUp(stage, folder)
    await engine.close()
    if (isHuman) {
      say('')
      say(bold('4 · Your turn'))
      // Only here: nobody who is not asked needs a server.
      const { playYourTurn } = await import('./your-turn.ts')
      await playYourTurn({ folder, shop, counts: stage.counts, isBrowserOpened, say })
    }
  } finally {
    await engine.close()
    shop.close()
  }
}

function say(text: string): void {
  console.log(text)
}

async function writeExport({ engine }: Stage, file: string): Promise<void> {
  const out = createWriteStream(file)
  for await (const line of engine.exportLog()) if (!out.write(`${line}\n`)) await once(out, 'drain')
  out.end()
  await once(out, 'finish')
}

async function sumUp({ engine, shop, counts }: Stage, folder: string): Promise<void> {
  const { decisions, outcomes, records } = await engine.statistics()
  const log = await engine.verifyLog()
  const { refunded, accounts, mails } = shop.totals()
  say('')
  say(bold('What happened'))
  say(
    `  ${counts.evaluated} calls evaluated · ${counts.run} run (${counts.cautious} with caution, ${counts.failed} failed) · ` +
      `${counts.approved} approved and ${counts.declined} declined by a person · ${counts.blocked} blocked`,
  )
  say(
    `  the shop: ${refunded.toFixed(2)} refunded, accounts left: ${accounts}, mails sent to: ${mails.join(', ') || 'nobody'}`,
  )
  say(
    `  the log: ${decisions} decisions, ${outcomes} outcomes, ${records} records, chain ${log.valid ? 'verified' : `broken at ${log.fault?.seq}`}`,
  )
  say('')
  say(bold('Where to look next'))
  say(`  ${folder}/bighub.db         every decision, in SQLite`)
  say(`  ${folder}/decisions.jsonl   the same as JSON lines; replay it with`)
  say(`      npm run --silent bighub -- backtest ${folder}/decisions.jsonl`)
  say('  examples/                   one short program for each framework')
  say('  README.md                   three lines for your own agent')
}
