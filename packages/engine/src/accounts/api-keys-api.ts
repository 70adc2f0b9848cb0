import {
  type CreatedApiKey,
  type DecisionApi,
  InvalidInputError,
  NotFoundError,
  type RequestOptions,
  type RotatedApiKey,
  SCOPES,
  type Scope,
} from '@bighub/core/protocol'
import { parseNetwork } from '../network-list.ts'
import type { OrganisationCore } from '../organisation-core.ts'
import { createResource } from '../resource.ts'
import type { ApiKeyRow } from '../storage/tables.ts'
import { apiKeyFault, apiKeyInfo, findApiKey, makeApiKey, type NewApiKey } from './api-key.ts'
import { AGENT_SCOPES, ALL_SCOPES, assertMayGive, readScopes } from './scopes.ts'

const DAY_MS = 86_400_000

/**
 * Keys of one organisation. Only their digests are stored; a revoked one stays in the list and never works again. `validate` knows
 * the keys of the whole store: whoever has a key may hear whether it is good.
 *
 * The methods throw InvalidInputError, NotFoundError, or AccessError if a key would get a scope that whoever makes it lacks.
 */
export function createApiKeysApi(core: OrganisationCore): DecisionApi['apiKeys'] {
  return createResource('apiKeys', {
    create: (body, options) => createKey(core, body, options),
    list: async ({ include_revoked }) => {
      const rows = await core.storage.database
        .selectFrom('api_keys')
        .selectAll()
        .where('organisation', '=', core.storage.organisation)
        .$if(include_revoked !== true, (query) => query.where('revoked_at', 'is', null))
        .orderBy('created_at', 'desc')
        .orderBy('key_id', 'desc')
        .execute()
      return { count: rows.length, keys: rows.map(apiKeyInfo) }
    },
    delete: async (keyId, { reason }) => {
      await findKey(core, keyId)
      // The first reason stays: a key is revoked once.
      await revoking(core, keyId, reason ?? null).execute()
      return { status: 'revoked', key_id: keyId }
    },
    rotate: (keyId, options) => rotateKey(core, keyId, options),
    validate: async ({ api_key }) => {
      const row = await findApiKey(core.storage.database, api_key)
      if (!row || apiKeyFault(row, core.now()) !== null) return { valid: false }
      const { key_id, scopes, expires_at } = apiKeyInfo(row)
      return { valid: true, key_id, scopes, expires_at }
    },
    scopes: async () => ({ scopes: [...SCOPES] }),
  })
}

interface KeyWishes {
  readonly label?: string | undefined
  readonly scopes?: readonly Scope[] | null | undefined
  readonly rate_limit_per_minute?: number | null | undefined
  readonly ip_whitelist?: readonly string[] | null | undefined
  readonly expires_in_days?: number | null | undefined
}

async function createKey(core: OrganisationCore, body: KeyWishes, options: RequestOptions): Promise<CreatedApiKey> {
  const scopes = [...new Set(body.scopes ?? AGENT_SCOPES)]
  const networks = body.ip_whitelist ?? []
  assertNetworks(networks)
  assertMayGive(await scopesOf(core, options.by), scopes)
  const now = core.now()
  const { key, row } = makeApiKey({
    ...keyOrigin(core, now, options),
    label: body.label ?? 'default',
    scopes,
    rate_limit_per_minute: body.rate_limit_per_minute ?? null,
    ip_whitelist: networks,
    expires_at: body.expires_in_days ? now + body.expires_in_days * DAY_MS : null,
  })
  await core.storage.database.insertInto('api_keys').values(row).execute()
  return { ...apiKeyInfo(row), key }
}

async function rotateKey(core: OrganisationCore, keyId: string, options: RequestOptions): Promise<RotatedApiKey> {
  const old = await findKey(core, keyId)
  const now = core.now()
  const fault = apiKeyFault(old, now)
  if (fault) throw new InvalidInputError('key_id', `${keyId} is ${fault}; make a new key instead`)
  const scopes = readScopes(old.scopes)
  assertMayGive(await scopesOf(core, options.by), scopes)
  const { label, rate_limit_per_minute, expires_at } = old
  const ip_whitelist = JSON.parse(old.ip_whitelist) as string[]
  const rights = { label, scopes, rate_limit_per_minute, ip_whitelist, expires_at }
  const { key, row } = makeApiKey({ ...keyOrigin(core, now, options), ...rights })
  const isDone = await core.storage.batch([
    revoking(core, keyId, `rotated: ${row.key_id} replaces it`).compile(),
    core.storage.database.insertInto('api_keys').values(row).compile(),
  ])
  if (!isDone) throw new InvalidInputError('key_id', `${keyId} was revoked just now; make a new key instead`)
  return { ...apiKeyInfo(row), key, new_key_id: row.key_id, revoked_key_id: keyId }
}

function keyOrigin(
  core: OrganisationCore,
  now: number,
  options: RequestOptions,
): Pick<NewApiKey, 'organisation' | 'key_id' | 'created_at' | 'created_by'> {
  return {
    organisation: core.storage.organisation,
    key_id: `key_${core.newId(now)}`,
    created_at: now,
    created_by: options.by ?? 'application',
  }
}

function assertNetworks(entries: readonly string[]): void {
  for (const [index, entry] of entries.entries()) {
    try {
      parseNetwork(entry)
    } catch (error) {
      throw new InvalidInputError(`ip_whitelist.${index}`, (error as RangeError).message, { cause: error })
    }
  }
}

/** What whoever asks may do: a key what it says, users and the application itself everything. */
async function scopesOf(core: OrganisationCore, by: string | undefined): Promise<readonly Scope[]> {
  if (!by?.startsWith('key:')) return ALL_SCOPES
  const row = await selectKey(core, by.slice('key:'.length))
  return row && apiKeyFault(row, core.now()) === null ? readScopes(row.scopes) : []
}

async function findKey(core: OrganisationCore, keyId: string): Promise<ApiKeyRow> {
  const row = await selectKey(core, keyId)
  if (!row) throw new NotFoundError('api_key', keyId)
  return row
}

function selectKey({ storage }: OrganisationCore, keyId: string): Promise<ApiKeyRow | undefined> {
  return storage.database
    .selectFrom('api_keys')
    .selectAll()
    .where('organisation', '=', storage.organisation)
    .where('key_id', '=', keyId)
    .executeTakeFirst()
}

function revoking(core: OrganisationCore, keyId: string, reason: string | null) {
  const { storage } = core
  return storage.database
    .updateTable('api_keys')
    .set({ revoked_at: core.now(), revoke_reason: reason })
    .where('organisation', '=', storage.organisation)
    .where('key_id', '=', keyId)
    .where('revoked_at', 'is', null)
}
