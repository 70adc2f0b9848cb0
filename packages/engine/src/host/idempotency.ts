import type { IdempotencyStore, IdempotencyTurn, StoredAnswer } from '@bighub/core/protocol'
import type { OrganisationTables } from '../organisation-core.ts'
import type { IdempotencyRow } from '../storage/tables.ts'

/** Answers are given again for this long. */
const KEPT_MS = 24 * 3_600_000
/** A turn without an answer after this time is taken for dead. */
const TURN_MS = 60_000
/** How often the expired answers of an organisation that uses keys are dropped, and how many at a time. */
const PURGE_EVERY_MS = 600_000
const PURGED_AT_ONCE = 1000
const EXPIRED: IdempotencyPurge = { onlyExpired: true, olderThanHours: null, limit: PURGED_AT_ONCE }

/** Which tables an organisation has; the same each time. */
export type TablesOf = (organisation: string) => Promise<OrganisationTables>

/** Answers by idempotency key in the store, shared by all processes on it. */
export class StoredIdempotency implements IdempotencyStore {
  readonly #tablesOf: TablesOf
  readonly #now: () => number
  /** When an organisation's expired answers were dropped last. */
  readonly #purgedAt = new Map<string, number>()

  constructor(tablesOf: TablesOf, now: () => number) {
    this.#tablesOf = tablesOf
    this.#now = now
  }

  async begin(organisation: string, scope: string, requestDigest: string): Promise<IdempotencyTurn> {
    const tables = await this.#tablesOf(organisation)
    await this.#purgeSometimes(organisation, tables)
    for (;;) {
      if (await this.#take(tables, scope, requestDigest)) return { turn: 'first' }
      const row = await selectTurn(tables, scope)
      // Abandoned between the two statements: it is free again.
      if (row) return turnOf(row, requestDigest)
    }
  }

  async finish(organisation: string, scope: string, { status, body }: StoredAnswer): Promise<void> {
    const { database, organisation: number } = await this.#tablesOf(organisation)
    await database
      .updateTable('idempotency')
      .set({ status, body })
      .where('organisation', '=', number)
      .where('scope', '=', scope)
      // If two had this turn, since the first was taken for dead, its first answer stays.
      .where('status', 'is', null)
      .execute()
  }

  async abandon(organisation: string, scope: string): Promise<void> {
    const { database, organisation: number } = await this.#tablesOf(organisation)
    await database
      .deleteFrom('idempotency')
      .where('organisation', '=', number)
      .where('scope', '=', scope)
      .where('status', 'is', null)
      .execute()
  }

  /** Takes the turn if it is free, expired, or dead with the same body: one statement, so that only one of many gets it. */
  async #take({ database, organisation }: OrganisationTables, scope: string, requestDigest: string): Promise<boolean> {
    const now = this.#now()
    const fresh = {
      request_digest: requestDigest,
      status: null,
      body: null,
      created_at: now,
      expires_at: now + KEPT_MS,
    }
    const taken = await database
      .insertInto('idempotency')
      .values({ organisation, scope, ...fresh })
      .onConflict((conflict) =>
        conflict
          .columns(['organisation', 'scope'])
          .doUpdateSet(fresh)
          .where((eb) =>
            eb.or([
              eb('idempotency.expires_at', '<=', now),
              eb.and([
                eb('idempotency.status', 'is', null),
                eb('idempotency.created_at', '<=', now - TURN_MS),
                eb('idempotency.request_digest', '=', requestDigest),
              ]),
            ]),
          ),
      )
      .returning('scope')
      .executeTakeFirst()
    return taken !== undefined
  }

  async #purgeSometimes(organisation: string, tables: OrganisationTables): Promise<void> {
    const now = this.#now()
    if (now - (this.#purgedAt.get(organisation) ?? 0) < PURGE_EVERY_MS) return
    const purged = await purgeIdempotency(tables, EXPIRED, now)
    if (purged < PURGED_AT_ONCE) this.#purgedAt.set(organisation, now)
  }
}

function turnOf({ request_digest, status, body }: IdempotencyRow, requestDigest: string): IdempotencyTurn {
  if (request_digest !== requestDigest) return { turn: 'reused' }
  return status === null ? { turn: 'in_progress' } : { turn: 'repeat', answer: { status, body: body ?? '' } }
}

function selectTurn({ database, organisation }: OrganisationTables, scope: string) {
  return database
    .selectFrom('idempotency')
    .selectAll()
    .where('organisation', '=', organisation)
    .where('scope', '=', scope)
    .executeTakeFirst()
}

/** What is to be purged; null: any age, all. */
export interface IdempotencyPurge {
  readonly onlyExpired: boolean
  readonly olderThanHours: number | null
  readonly limit: number | null
}

/** Deletes stored answers of an organisation, never a turn that is under way. @returns how many. */
export async function purgeIdempotency(
  { database, organisation }: OrganisationTables,
  { onlyExpired, olderThanHours, limit }: IdempotencyPurge,
  now: number,
): Promise<number> {
  const wanted = database
    .selectFrom('idempotency as old')
    .select('old.scope')
    .where('old.organisation', '=', organisation)
    .where('old.created_at', '<=', now - (olderThanHours ?? 0) * 3_600_000)
    .where((eb) => eb.or([eb('old.status', 'is not', null), eb('old.created_at', '<=', now - TURN_MS)]))
    .$if(onlyExpired, (query) => query.where('old.expires_at', '<=', now))
    .$if(limit !== null, (query) => query.limit(limit ?? 0))
  const { numDeletedRows } = await database
    .deleteFrom('idempotency')
    .where('organisation', '=', organisation)
    .where('scope', 'in', wanted)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
