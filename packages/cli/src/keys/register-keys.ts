import { type ApiKeyInfo, SCOPES } from '@bighub/core/protocol'
import { type Command, Option } from 'commander'
import { addCommand } from '../place/add-command.ts'
import { type PlaceFlags, withDecisions } from '../place/open-decisions.ts'
import { print, table } from '../place/print.ts'
import { readNumber } from '../place/read-options.ts'
import { userName } from '../place/user-name.ts'

interface Flags extends PlaceFlags {
  readonly json?: boolean
}

/** `bighub keys`: who may ask a server. */
export function registerKeys(program: Command): void {
  const keys = program.command('keys').description('API keys of a server')
  addCommand(keys, 'list', 'The keys, newest first; never the secrets').action(list)
  addCommand(keys, 'create', 'Make a key; its secret is shown this once')
    .option('--label <text>', 'what it is for')
    .addOption(new Option('--scope <scope...>', 'what it may do (default: what an agent needs)').choices(SCOPES))
    .option('--expires-in-days <n>', 'when it ends', readNumber)
    .option('--from <address...>', 'addresses or networks that may use it')
    .action(create)
  addCommand(keys, 'rotate', 'Make a new secret for a key and end the old one').argument('<key_id>').action(rotate)
  addCommand(keys, 'revoke', 'End a key').argument('<key_id>').option('--reason <text>').action(revoke)
}

async function list(flags: Flags): Promise<void> {
  const found = await withDecisions(flags, (api) => api.apiKeys.list())
  print(flags.json, found, () =>
    table(
      ['KEY', 'BEGINS', 'STATE', 'LAST USED', 'SCOPES', 'LABEL'],
      found.keys.map((key) => [
        key.key_id,
        key.key_prefix,
        stateOf(key),
        key.last_used_at ?? 'never',
        key.scopes.join(','),
        key.label,
      ]),
      'No keys.',
    ),
  )
}

async function create(
  flags: Flags & { label?: string; scope?: string[]; expiresInDays?: number; from?: string[] },
): Promise<void> {
  const { json, label, scope, expiresInDays, from, ...place } = flags
  const request = {
    ...(label === undefined ? {} : { label }),
    // Commander let only known ones through.
    ...(scope === undefined ? {} : { scopes: scope as (typeof SCOPES)[number][] }),
    ...(expiresInDays === undefined ? {} : { expires_in_days: expiresInDays }),
    ...(from === undefined ? {} : { ip_whitelist: from }),
  }
  const made = await withDecisions(place, (api) => api.apiKeys.create(request, { by: userName() }))
  print(json, made, () => `${made.key}\n${made.key_id}: this is the only time that the key is shown.`)
}

async function rotate(keyId: string, { json, ...place }: Flags): Promise<void> {
  const made = await withDecisions(place, (api) => api.apiKeys.rotate(keyId, { by: userName() }))
  print(
    json,
    made,
    () =>
      `${made.key}\n${made.new_key_id} takes the place of ${made.revoked_key_id}; this is the only time that the key is shown.`,
  )
}

async function revoke(keyId: string, { json, reason, ...place }: Flags & { reason?: string }): Promise<void> {
  const done = await withDecisions(place, (api) =>
    api.apiKeys.delete(keyId, reason === undefined ? {} : { reason }, { by: userName() }),
  )
  print(json, done, () => `${done.key_id} is revoked`)
}

function stateOf({ revoked_at: revoked, expires_at: expires }: ApiKeyInfo): string {
  if (revoked !== null) return 'revoked'
  return expires !== null && Date.parse(expires) <= Date.now() ? 'expired' : 'good'
}
