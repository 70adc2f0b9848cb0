import type { ApiKeyInfo, CredentialFault } from '@bighub/core/protocol'
import type { CompiledQuery, Kysely } from 'kysely'
import { NetworkList } from '../network-list.ts'
import type { ApiKeyRow, Tables } from '../storage/tables.ts'
import { withOrganisations } from './organisations.ts'
import { readScopes } from './scopes.ts'
import { newSecret, secretDigest } from './secret.ts'

const PREFIX = 'bhk_'
/** Shortest key that may be given from outside. How random it is its giver knows; this only stops an empty or mistyped one. */
export const SHORTEST_KEY = 8
/** Characters of a key that are kept to recognise it by; of a fresh key they hold 48 bits of its 256. */
const SHOWN = PREFIX.length + 8

/** What a new key is to be; everything else follows. */
export interface NewApiKey
  extends Pick<ApiKeyRow, 'organisation' | 'key_id' | 'label' | 'rate_limit_per_minute' | 'created_at' | 'created_by'> {
  readonly scopes: readonly string[]
  readonly ip_whitelist: readonly string[]
  readonly expires_at: number | null
  /** @defaultValue a fresh one */
  readonly secret?: string
}

/** A key, which nobody can read again, and the row that is kept of it. */
export function makeApiKey(wanted: NewApiKey): { readonly key: string; readonly row: ApiKeyRow } {
  const { secret, scopes, ip_whitelist, ...rest } = wanted
  const key = secret ?? newSecret(PREFIX)
  const row: ApiKeyRow = {
    ...rest,
    digest: secretDigest(key),
    // Of a key from outside nothing is known: at most a quarter of it is shown.
    key_prefix: key.slice(0, secret === undefined ? SHOWN : Math.min(SHOWN, Math.floor(key.length / 4))),
    scopes: JSON.stringify(scopes),
    ip_whitelist: JSON.stringify(ip_whitelist),
    last_used_at: null,
    revoked_at: null,
    revoke_reason: null,
  }
  return { key, row }
}

/** A key with the name of its organisation. */
export type FoundApiKey = ApiKeyRow & { readonly organisation_name: string }

/** The key with this text, of whichever organisation. */
export async function findApiKey(database: Kysely<Tables>, key: string): Promise<FoundApiKey | undefined> {
  const query = FIND_KEY.get(database) ?? compileFind(database)
  const { rows } = await database.executeQuery<FoundApiKey>({ ...query, parameters: [secretDigest(key)] })
  return rows[0]
}

/** Asked at every request: Kysely builds it once for a store, which saves a third of the time. */
const FIND_KEY = new WeakMap<Kysely<Tables>, CompiledQuery<FoundApiKey>>()

function compileFind(database: Kysely<Tables>): CompiledQuery<FoundApiKey> {
  const query = withOrganisations(database)
    .selectFrom('api_keys')
    .innerJoin('organisations', 'organisations.id', 'api_keys.organisation')
    .selectAll('api_keys')
    .select('organisations.name as organisation_name')
    .where('api_keys.digest', '=', '')
    .compile()
  FIND_KEY.set(database, query)
  return query
}

/** Why a key is not good now; null if it is. */
export function apiKeyFault(row: ApiKeyRow, now: number): CredentialFault | null {
  if (row.revoked_at !== null) return 'revoked'
  return row.expires_at !== null && row.expires_at <= now ? 'expired' : null
}

/** Whether a key may be used from an address. One that is tied to addresses may not be used from an unknown one. */
export function isAddressAllowed(row: ApiKeyRow, address: string | null): boolean {
  if (row.ip_whitelist === '[]') return true
  return address !== null && new NetworkList(JSON.parse(row.ip_whitelist) as string[]).has(address)
}

/** A key as it is shown: everything but itself. */
export function apiKeyInfo(row: ApiKeyRow): ApiKeyInfo {
  const { key_id, key_prefix, label, rate_limit_per_minute, revoke_reason } = row
  return {
    key_id,
    key_prefix,
    label,
    scopes: readScopes(row.scopes),
    rate_limit_per_minute,
    ip_whitelist: JSON.parse(row.ip_whitelist) as string[],
    created_at: timeText(row.created_at),
    expires_at: optionalTimeText(row.expires_at),
    last_used_at: optionalTimeText(row.last_used_at),
    revoked_at: optionalTimeText(row.revoked_at),
    revoke_reason,
  }
}

function timeText(time: number): string {
  return new Date(time).toISOString()
}

function optionalTimeText(time: number | null): string | null {
  return time === null ? null : timeText(time)
}
