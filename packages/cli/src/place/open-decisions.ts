import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { BighubClient } from '@bighub/core'
import { createEngine, type Engine, openPostgresEngine } from '@bighub/engine'
import { type Command, Option } from 'commander'

/** Where decisions are kept: a server, a database, or a folder. */
export interface PlaceFlags {
  readonly url?: string
  readonly databaseUrl?: string
  readonly dataDir?: string
}

/** Adds the options that say where decisions are kept. */
export function addPlaceOptions(command: Command): Command {
  return command
    .addOption(new Option('--url <url>', 'ask a server; its key is in BIGHUB_API_KEY').conflicts('databaseUrl'))
    .addOption(new Option('--database-url <url>', 'read PostgreSQL: postgresql://…').conflicts('dataDir'))
    .addOption(new Option('--data-dir <folder>', 'folder of the SQLite file (default: .bighub)').conflicts('url'))
}

/**
 * Does something with the decisions that are kept in a place.
 *
 * @throws Error if there is no such place: nothing is created by looking.
 */
export async function withDecisions<T>(flags: PlaceFlags, use: (api: BighubClient | Engine) => Promise<T>): Promise<T> {
  const { url } = flags
  if (url === undefined) return withEngine(flags, use)
  const apiKey = process.env['BIGHUB_API_KEY']
  await using client = new BighubClient({ baseUrl: url, ...(apiKey ? { apiKey } : {}) })
  return await use(client)
}

/** The same for what only the store itself can tell. @throws Error also where a server is named. */
export async function withEngine<T>(flags: PlaceFlags, use: (engine: Engine) => Promise<T>): Promise<T> {
  if (flags.url !== undefined)
    throw new Error(
      'a server does not hand out its log; run this where the store is, with --data-dir or --database-url',
    )
  await using engine = await openEngine(flags)
  return await use(engine)
}

function openEngine({ databaseUrl, dataDir }: PlaceFlags): Engine | Promise<Engine> {
  const sending = { webhooks: { isSending: false } }
  if (databaseUrl !== undefined) return openPostgresEngine({ databaseUrl, ...sending })
  // npm runs the command from the workspace's root; INIT_CWD is where the user stands.
  const file = join(resolve(process.env['INIT_CWD'] ?? '.', dataDir ?? '.bighub'), 'bighub.db')
  if (!existsSync(file)) throw new Error(`there is no ${file}; name the folder with --data-dir, or a server with --url`)
  return createEngine({ file, ...sending })
}
