import { resolve } from 'node:path'
import { JsonLogger, type LogLevel, type StartedServer, startServer } from '@bighub/server'
import { openBrowser } from '../dashboard/open-browser.ts'
import { userName } from '../place/user-name.ts'

/** The command line of `bighub serve`, as it was checked. */
export interface ServeFlags {
  readonly port: number
  readonly host: string
  readonly dataDir?: string
  readonly databaseUrl?: string
  readonly durability?: 'process' | 'power'
  readonly signup?: 'open' | 'off'
  readonly rateLimit: number | 'off'
  readonly cors: readonly string[]
  readonly logLevel: LogLevel
  /** Whether the dashboard is opened where there is a terminal. */
  readonly open: boolean
}

/** What a shell expects of a process that Ctrl-C ended. */
const INTERRUPTED = 130

/** Serves until a signal says stop; resolves when everything is closed. */
export async function serve(flags: ServeFlags): Promise<void> {
  const logger = new JsonLogger({ level: flags.logLevel, write: (lines) => process.stderr.write(lines) })
  const { dataDir, databaseUrl, durability, signup } = flags
  const adminKey = variable('BIGHUB_API_KEY')
  const tokenSecret = variable('BIGHUB_TOKEN_SECRET')
  const webhookAllow = variable('BIGHUB_WEBHOOK_ALLOW')
  const server = await startServer({
    port: flags.port,
    hostname: flags.host,
    rateLimit: flags.rateLimit,
    cors: flags.cors,
    logger,
    ...(databaseUrl === undefined ? { dataDir: folderOf(dataDir) } : { databaseUrl }),
    ...(durability === undefined ? {} : { durability }),
    ...(signup === undefined ? {} : { signup }),
    ...(adminKey === undefined ? {} : { adminKey }),
    ...(tokenSecret === undefined ? {} : { tokenSecret }),
    ...(webhookAllow === undefined ? {} : { webhookAllow: listOf(webhookAllow) }),
  })
  const stopped = untilStopped(server)
  if (server.adminKey !== null && adminKey === undefined)
    console.log(`first admin key, shown this once: ${server.adminKey}`)
  console.log(`listening on ${server.url}`)
  if (process.stdout.isTTY) showDashboard(server, flags.open)
  try {
    await stopped
  } finally {
    logger.flush()
  }
}

/** Without a terminal nobody may be reading but a log, which must hold no link that lets somebody in. */
function showDashboard(server: StartedServer, isOpened: boolean): void {
  const link = server.signInLink(userName())
  if (link === null) {
    console.log(`dashboard at ${server.url}/, which asks for a key`)
    return
  }
  console.log(`dashboard, signed in once within five minutes: ${link}`)
  if (isOpened) openBrowser(link)
}

/** Closes the server at the first SIGTERM or SIGINT; a second SIGINT does not wait. */
async function untilStopped(server: StartedServer): Promise<void> {
  await new Promise<void>((stop) => {
    process.once('SIGTERM', () => stop())
    process.once('SIGINT', () => {
      process.once('SIGINT', () => process.exit(INTERRUPTED))
      stop()
    })
  })
  await server.close()
}

/** npm runs the command from the workspace's root; INIT_CWD is where the user stands. */
function folderOf(dataDir = '.bighub'): string {
  return resolve(process.env['INIT_CWD'] ?? '.', dataDir)
}

/** An empty variable is none: that is what one that was not filled in looks like. */
function variable(name: string): string | undefined {
  return process.env[name] || undefined
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
}
