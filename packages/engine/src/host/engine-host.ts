import {
  type Authentication,
  ConfigurationError,
  type Credential,
  type DecisionApi,
  type DecisionHost,
  type EventItem,
  type IdempotencyStore,
  type Principal,
  type ResourceName,
  ROUTES,
  type SubscribeOptions,
} from '@bighub/core/protocol'
import { AccessTokens } from '../accounts/access-tokens.ts'
import {
  apiKeyFault,
  type FoundApiKey,
  findApiKey,
  isAddressAllowed,
  makeApiKey,
  SHORTEST_KEY,
} from '../accounts/api-key.ts'
import { createApiKeysApi } from '../accounts/api-keys-api.ts'
import { createAuthApi } from '../accounts/auth-api.ts'
import { organisationName, organisationNames, organisationNumber } from '../accounts/organisations.ts'
import { ALL_SCOPES, readScopes } from '../accounts/scopes.ts'
import { Engine } from '../engine.ts'
import { newId } from '../new-id.ts'
import type { OrganisationCore, OrganisationTables } from '../organisation-core.ts'
import { SqliteStorage } from '../storage/sqlite/sqlite-storage.ts'
import type { Awaitable, Storage } from '../storage/storage.ts'
import { type DisabledWebhook, recordDisabledApart } from '../webhooks/webhook-disabled.ts'
import { WebhookSender } from '../webhooks/webhook-sender.ts'
import { createWebhooksApi } from '../webhooks/webhooks-api.ts'
import { EnginePool } from './engine-pool.ts'
import {
  type EngineHostOptions,
  type PostgresHostOptions,
  type ResolvedHostOptions,
  resolveHostOptions,
} from './host-options.ts'
import { StoredIdempotency } from './idempotency.ts'
import { assertHistory, evaluatedActors, QuotaKeeper } from './quota-keeper.ts'
import { RetentionSweep } from './retention-sweep.ts'

/** Where the first key belongs, and what one has who does not think of organisations. */
export const FIRST_ORGANISATION = 'default'
/** Organisations whose methods are kept made; each is over a hundred small functions, quickly made again. */
const MOST_APIS = 1000
/** A key's last use is noted at most this often. */
const NOTE_USE_EVERY_MS = 60_000

/** Where a host keeps things. */
export interface HostStore {
  /** A handle of the host's own; closed with it. */
  readonly storage: Storage
  /** Another handle, for an organisation; closed by whoever got it. */
  readonly openStorage: (organisation: string) => Awaitable<Storage>
}

type Method = (...args: readonly unknown[]) => Promise<unknown>

/** Engines of many organisations over one store, who may come in, and what is sent out. */
export class EngineHost implements DecisionHost {
  readonly open: DecisionHost['open']
  readonly idempotency: IdempotencyStore
  readonly #options: ResolvedHostOptions
  readonly #openStorage: HostStore['openStorage']
  /** A handle of the host's own; what is asked through it names its organisation itself. */
  readonly #storage: Storage
  readonly #tokens: AccessTokens
  readonly #sender: WebhookSender
  readonly #pool: EnginePool<Engine>
  readonly #quotas: QuotaKeeper
  readonly #retention: RetentionSweep
  readonly #apis = new Map<string, DecisionApi>()
  readonly #numbers = new Map<string, Promise<number>>()
  #closing: Promise<void> | undefined

  constructor(options: ResolvedHostOptions, { storage, openStorage }: HostStore) {
    this.#options = options
    this.#openStorage = openStorage
    const { now, isSignupOpen, webhooks, onError } = options
    const core: OrganisationCore = { organisation: FIRST_ORGANISATION, storage, now, newId }
    const tablesOf = (organisation: string): Promise<OrganisationTables> => this.#tablesOf(organisation)
    this.#storage = storage
    this.#tokens = new AccessTokens(core, this.#options.tokenSecret)
    this.open = {
      auth: createAuthApi(core, { tokens: this.#tokens, isSignupOpen }),
      apiKeys: { validate: createApiKeysApi(core).validate },
    }
    this.idempotency = new StoredIdempotency(tablesOf, now)
    this.#quotas = new QuotaKeeper(async (organisation) => {
      // Whoever asks the engine finds everything that was decided in the tables.
      await this.#pool.use(organisation, (engine) => engine.decisions.list({ limit: 1 }))
      return this.#tablesOf(organisation)
    }, now)
    const { isSending = true, ...sending } = webhooks
    const recordDisabled = (webhook: DisabledWebhook): Promise<void> => this.#recordDisabled(webhook)
    this.#sender = new WebhookSender({ ...sending, storage, now, onError, recordDisabled })
    this.#pool = new EnginePool({
      open: (organisation) => this.#openEngine(organisation),
      most: this.#options.mostOpen,
    })
    if (isSending) this.#sender.start()
    this.#retention = new RetentionSweep({ sweep: () => this.applyRetention(), onError })
    this.#retention.start()
  }

  /** The methods for one organisation, good for as long as the host is. An engine is open while they are used. */
  async api(organisation: string): Promise<DecisionApi> {
    const known = this.#apis.get(organisation)
    if (known) return known
    const core = { organisation, storage: await this.#tablesOf(organisation), now: this.#options.now, newId }
    const api: DecisionApi = {
      ...this.#engineMethods(organisation),
      // These need no engine, and what they work on is shared by all organisations.
      apiKeys: createApiKeysApi(core),
      auth: this.open.auth,
      webhooks: createWebhooksApi(core, this.#sender),
    }
    const [oldest] = this.#apis.keys()
    if (oldest !== undefined && this.#apis.size >= MOST_APIS) this.#apis.delete(oldest)
    this.#apis.set(organisation, api)
    return api
  }

  async authenticate({ kind, secret, address }: Credential): Promise<Authentication> {
    if (kind === 'bearer') return this.#authenticateToken(secret)
    const key = await findApiKey(this.#storage.database, secret)
    if (!key) return { fault: 'unknown' }
    const fault = apiKeyFault(key, this.#options.now())
    if (fault) return { fault }
    if (!isAddressAllowed(key, address)) return { fault: 'address_not_allowed' }
    await this.#noteUse(key)
    return { principal: principalOf(key) }
  }

  /**
   * Makes the first key of an empty store, with all rights in the organisation `default` and no limit of its own. Does nothing where
   * there was a key or a user before.
   *
   * @param secret - The key itself, from the environment. @defaultValue a fresh one
   * @returns the key, which nobody can read again; null if nothing was made.
   * @throws ConfigurationError if the given key is too short.
   */
  async bootstrapAdminKey(secret?: string): Promise<{ readonly key: string; readonly key_id: string } | null> {
    if (secret !== undefined && secret.length < SHORTEST_KEY)
      throw new ConfigurationError('BIGHUB_API_KEY', `needs at least ${SHORTEST_KEY} characters, best random ones`)
    const { database } = this.#storage
    for (const table of ['api_keys', 'users'] as const)
      if (await database.selectFrom(table).select('organisation').limit(1).executeTakeFirst()) return null
    const now = this.#options.now()
    const { key, row } = makeApiKey({
      organisation: await this.#numberOf(FIRST_ORGANISATION),
      key_id: `key_${newId(now)}`,
      label: 'first admin key',
      scopes: ['admin'],
      rate_limit_per_minute: null,
      ip_whitelist: [],
      created_at: now,
      created_by: 'bootstrap',
      expires_at: null,
      ...(secret === undefined ? {} : { secret }),
    })
    // Of several processes that start on an empty store one makes the key.
    const isFirst = await this.#storage.batch([
      database
        .insertInto('settings')
        .values({ name: 'first_admin_key', value: row.key_id })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .compile(),
      database.insertInto('api_keys').values(row).compile(),
    ])
    return isFirst ? { key, key_id: row.key_id } : null
  }

  /** Events of an organisation as they happen. Its engine stays open for as long as somebody follows. */
  async *subscribe(organisation: string, options: SubscribeOptions): AsyncGenerator<EventItem, void, void> {
    const followed = Promise.withResolvers<void>()
    const engine = await new Promise<Engine>((resolve, reject) => {
      const hold = (opened: Engine): Promise<void> => {
        resolve(opened)
        return followed.promise
      }
      this.#pool.use(organisation, hold).catch(reject)
    })
    try {
      yield* engine.subscribe(options)
    } finally {
      followed.resolve()
    }
  }

  /** Throws StorageError unless the store can be written. */
  async assertReady(): Promise<void> {
    const value = String(this.#options.now())
    await this.#storage.database
      .insertInto('settings')
      .values({ name: 'ready_at', value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .execute()
  }

  /** Sends until no webhook is due: what `isSending` does all the time. */
  deliverDue(): Promise<void> {
    return this.#sender.deliverDue()
  }

  /**
   * Erases, in each organisation, the words of calls that are older than its policy's `retention_days` or its quota `historyDays`:
   * what a host does by itself soon after its start and once a day.
   */
  async applyRetention(): Promise<void> {
    for (const organisation of await organisationNames(this.#storage.database)) {
      const mostDays = this.#options.quotas?.(organisation)?.historyDays ?? null
      await this.#pool.use(organisation, (engine) => engine.applyRetention(mostDays))
    }
  }

  /** Finishes what is under way and closes the store. Closing twice is harmless. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    await this.#retention.close()
    await Promise.all([this.#sender.close(), this.#pool.close()])
    await this.#storage.close()
  }

  async #authenticateToken(token: string): Promise<Authentication> {
    const holder = await this.#tokens.verify(token)
    if (typeof holder === 'string') return { fault: holder }
    const { organisation, email } = holder
    return { principal: { organisation, by: `user:${email}`, scopes: ALL_SCOPES, rateLimitPerMinute: null } }
  }

  async #noteUse({ organisation, key_id, last_used_at }: FoundApiKey): Promise<void> {
    const now = this.#options.now()
    if (last_used_at !== null && now - last_used_at < NOTE_USE_EVERY_MS) return
    await this.#storage.database
      .updateTable('api_keys')
      .set({ last_used_at: now })
      .where('organisation', '=', organisation)
      .where('key_id', '=', key_id)
      .execute()
  }

  /** Each method finds its engine anew, so that an engine can be closed and opened again behind it. */
  #engineMethods(organisation: string): DecisionApi {
    const resources = Object.entries(ROUTES).map(([resource, methods]) => {
      const made = Object.keys(methods).map((method) => [method, this.#engineMethod(organisation, resource, method)])
      return [resource, Object.fromEntries(made) as unknown]
    })
    // Each method takes and gives what the engine's of the same name does.
    return Object.fromEntries(resources) as DecisionApi
  }

  #engineMethod(organisation: string, resource: string, method: string): Method {
    const call: Method = (...args) =>
      this.#pool.use(organisation, async (engine) => {
        const api: DecisionApi = engine
        // The names are the route table's, and the type says that the engine has them all.
        const methods = api[resource as ResourceName] as unknown as Readonly<Record<string, Method>>
        return methods[method]?.(...args)
      })
    const { quotas } = this.#options
    if (quotas && resource === 'policy' && method === 'update')
      return async (...args) => {
        const own = quotas(organisation)
        if (own) assertHistory(own, args[0])
        return call(...args)
      }
    const isEvaluation = resource === 'actions' && (method === 'evaluate' || method === 'evaluateBatch')
    if (!isEvaluation || !quotas) return call
    return async (...args) => {
      const own = quotas(organisation)
      const actors = own ? evaluatedActors(method, args[0]) : []
      if (!own || actors.length === 0) return call(...args)
      const giveBack = await this.#quotas.take(organisation, own, actors)
      return call(...args).catch((error: unknown) => {
        giveBack()
        throw error
      })
    }
  }

  async #openEngine(organisation: string): Promise<Engine> {
    const { durability, policy, now, maxPrecedents } = this.#options
    const storage = await this.#openStorage(organisation)
    // An organisation begins with this policy; what it changes later must outlive the next opening.
    const isNew = (await storage.head()).seq === 0
    return new Engine({
      storage,
      durability,
      // Many ask at once.
      groupCommit: true,
      now,
      organisation,
      ...(maxPrecedents === undefined ? {} : { maxPrecedents }),
      ...(policy !== undefined && isNew ? { policy } : {}),
      // The host sends for all of them.
      webhooks: { isSending: false },
    })
  }

  async #tablesOf(organisation: string): Promise<OrganisationTables> {
    const { database } = this.#storage
    const number = await this.#numberOf(organisation)
    return { organisation: number, database, batch: (statements) => this.#storage.batch(statements) }
  }

  #numberOf(organisation: string): Promise<number> {
    const known = this.#numbers.get(organisation)
    if (known) return known
    const found = organisationNumber(this.#storage.database, organisation).catch((error: unknown) => {
      this.#numbers.delete(organisation)
      throw error
    })
    this.#numbers.set(organisation, found)
    return found
  }

  async #recordDisabled(webhook: DisabledWebhook): Promise<void> {
    const organisation = await organisationName(this.#storage.database, webhook.organisation)
    const storage = await this.#openStorage(organisation)
    try {
      await recordDisabledApart(storage, organisation, webhook)
    } finally {
      await storage.close()
    }
  }
}

/**
 * Engines of many organisations over one SQLite file: what a server stands on.
 *
 * @example
 * const host = createEngineHost({ file: '.bighub/bighub.db' })
 * @throws ConfigurationError, or StorageError if the file cannot be used (it is left as it was).
 */
export function createEngineHost(options: EngineHostOptions = {}): EngineHost {
  const resolved = resolveHostOptions(options, 'file')
  const { file = '.bighub/bighub.db' } = options
  if (file === ':memory:')
    throw new ConfigurationError('file', 'needs a file: organisations share it through connections of their own')
  const openStorage = (organisation: string): Storage =>
    new SqliteStorage({ file, organisation, durability: resolved.durability })
  return new EngineHost(resolved, { storage: openStorage(FIRST_ORGANISATION), openStorage })
}

/**
 * Engines of many organisations over one PostgreSQL database; any number of processes may share it.
 *
 * @throws ConfigurationError, or StorageError if the database cannot be reached.
 */
export async function openPostgresHost(options: PostgresHostOptions): Promise<EngineHost> {
  const resolved = resolveHostOptions(options, 'databaseUrl')
  const { PostgresStorage } = await import('../storage/postgres/postgres-storage.ts')
  const openStorage = (organisation: string): Promise<Storage> =>
    PostgresStorage.open({ url: options.databaseUrl, organisation, durability: resolved.durability })
  return new EngineHost(resolved, { storage: await openStorage(FIRST_ORGANISATION), openStorage })
}

function principalOf({ organisation_name, key_id, scopes, rate_limit_per_minute }: FoundApiKey): Principal {
  return {
    organisation: organisation_name,
    by: `key:${key_id}`,
    scopes: readScopes(scopes),
    rateLimitPerMinute: rate_limit_per_minute,
  }
}
