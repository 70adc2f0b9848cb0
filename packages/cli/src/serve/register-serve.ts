import type { LogLevel } from '@bighub/server'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ServeFlags } from './serve.ts'

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

/** `bighub serve`: the decision layer over HTTP, until it is told to stop. */
export function registerServe(program: Command): void {
  program
    .command('serve')
    .description('Serve the decision layer over HTTP')
    .option('--port <number>', 'port to listen on; 0 takes a free one', readPort, 7171)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(
      new Option('--data-dir <folder>', 'folder of the SQLite file (default: .bighub)').conflicts('databaseUrl'),
    )
    .addOption(
      new Option('--database-url <url>', 'keep everything in PostgreSQL: postgresql://…').env('BIGHUB_DATABASE_URL'),
    )
    .addOption(
      new Option('--durability <what>', 'what survives: a killed process, or a power cut too').choices([
        'process',
        'power',
      ]),
    )
    .addOption(
      new Option('--signup <who>', 'who may sign up (default: open if only this machine can connect)').choices([
        'open',
        'off',
      ]),
    )
    .option('--rate-limit <n|off>', 'requests a minute of one key or user', readRateLimit, 6000)
    .option('--cors <origin>', 'let pages of this origin ask; may be given several times', collect, [])
    .option('--no-open', 'do not open the dashboard in the browser')
    .addOption(
      new Option('--log-level <level>', 'least important lines to write to stderr').choices(LOG_LEVELS).default('info'),
    )
    .addHelpText(
      'after',
      `
BIGHUB_API_KEY becomes the first admin key of an empty store; without it one is made and printed once.
BIGHUB_WEBHOOK_ALLOW lists addresses that webhooks may be sent to although they are not public: 127.0.0.1,10.0.0.0/8
BIGHUB_TOKEN_SECRET signs access tokens; without it a key is made once and kept in the store.
At a terminal, and listening to this machine alone, it opens the dashboard by a link that signs in once, within five minutes.
SIGTERM and Ctrl-C finish what is under way; a second Ctrl-C ends at once.`,
    )
    .action(async (flags: ServeFlags) => {
      // The engine and the server take a while to load; no other command needs both.
      const { serve } = await import('./serve.ts')
      await serve(flags)
    })
}

function readPort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It needs a whole number of 0 to 65535.')
  return port
}

function readRateLimit(text: string): number | 'off' {
  if (text === 'off') return text
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It needs a whole number of at least 1, or "off".')
  return Number(text)
}

function collect(text: string, before: readonly string[]): string[] {
  return [...before, text]
}
