import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { BighubClient } from '@bighub/core'
import type { DecisionApi } from '@bighub/core/protocol'
import { createEngine, openPostgresEngine } from '@bighub/engine'
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
export async function withDecisions<T>(flags: PlaceFlags, use: (api: DecisionApi) => Promise<T>): Promise<T> {
  await using api = await open(flags)
  return await use(api)
}

function open({
  url,
  databaseUrl,
  dataDir,
}: PlaceFlags): Promise<DecisionApi & AsyncDisposable> | (DecisionApi & AsyncDisposable) {
  if (url !== undefined) {
    const apiKey = process.env['BIGHUB_API_KEY']
    return new BighubClient({ baseUrl: url, ...(apiKey ? { apiKey } : {}) })
  }
  const sending = { webhooks: { isSending: false } }
  if (databaseUrl !== undefined) return openPostgresEngine({ databaseUrl, ...sending })
  // npm runs the command from the workspace's root; INIT_CWD is where the user stands.
  const file = join(resolve(process.env['INIT_CWD'] ?? '.', dataDir ?? '.bighub'), 'bighub.db')
  if (!existsSync(file)) throw new Error(`there is no ${file}; name the folder with --data-dir, or a server with --url`)
  return createEngine({ file, ...sending })
}
