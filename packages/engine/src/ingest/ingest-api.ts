import {
  BighubError,
  CORRELATION_KEYS,
  type DecisionApi,
  type IngestResult,
  InvalidInputError,
  ingestEventSchema,
  type LifecycleList,
  NotFoundError,
} from '@bighub/core/protocol'
import type { SelectQueryBuilder } from 'kysely'
import type { EngineCore } from '../engine-core.ts'
import { decisionRecordOf } from '../projections/decision-row.ts'
import { createResource } from '../resource.ts'
import type { Tables } from '../storage/tables.ts'
import { findLifecycle } from './correlate.ts'
import { ingestEvent } from './ingest-event.ts'
import { ingestStats } from './ingest-stats.ts'
import { OPEN_STATUSES, STALE_AFTER_DAYS, staleBefore, toLifecycle } from './lifecycle-view.ts'
import { DOMAIN_NORMALISERS, INGEST_ADAPTERS } from './normalisers.ts'
import { decisionIdOfKey, type ParsedEvent, readEvent } from './read-event.ts'

/** Entries of a page unless the query says otherwise. */
const PAGE = 50

type Lifecycles = SelectQueryBuilder<Tables, 'lifecycles', object>

/** What happened in other runtimes, and what became of it there (protocol §7.10). */
export function createIngestApi(core: EngineCore): DecisionApi['ingest'] {
  const { organisation } = core.storage
  let last: Promise<unknown> = Promise.resolve()

  /** One event after the other: each is correlated with what the ones before it have left. */
  function ingest(event: ParsedEvent): Promise<IngestResult> {
    const own = last.then(() => ingestEvent(core, event))
    last = own.catch(() => undefined)
    return own
  }

  async function list(limit: number, narrow: (query: Lifecycles) => Lifecycles): Promise<LifecycleList> {
    const database = await core.projected()
    const query = narrow(database.selectFrom('lifecycles').where('organisation', '=', organisation))
    const rows = await query.selectAll().orderBy('updated_at', 'desc').orderBy('lifecycle_id').limit(limit).execute()
    const { n } = await query.select(({ fn }) => fn.countAll<number | string>().as('n')).executeTakeFirstOrThrow()
    return { lifecycles: rows.map((row) => toLifecycle(row, core.now())), total: Number(n), limit }
  }

  return createResource('ingest', {
    event: (body) => ingest(body),

    async batch({ events, adapter, domain }) {
      const results = []
      for (const [index, item] of events.entries())
        try {
          results.push(await ingest(readItem({ ...withoutEmpty({ adapter, domain }), ...withoutEmpty(item) })))
        } catch (error) {
          if (!BighubError.isInstance(error) || error.isRetryable) throw error
          results.push({ index, error: { code: error.code, message: error.message } })
        }
      const rejected = results.filter((result) => 'error' in result).length
      return { accepted: results.length - rejected, rejected, results }
    },

    async reconcile({ key_name: name, key_value: value, outcome }) {
      const lifecycle = await findLifecycle(core, await core.projected(), name, value)
      const decisionId = decisionIdOfKey(name, value)
      if (!lifecycle && !(decisionId !== null && decisionRecordOf(await core.storage.readSubject(decisionId))))
        throw new NotFoundError('lifecycle', value)
      const isEnvelope = typeof outcome['outcome'] === 'object' || outcome['event_type'] !== undefined
      const event = readItem({
        event_type: 'OUTCOME_OBSERVED',
        ...(lifecycle?.domain ? { domain: lifecycle.domain } : {}),
        ...(isEnvelope ? outcome : { outcome }),
        [name]: value,
      })
      if (readEvent(event, () => '').outcome === null)
        throw new InvalidInputError('outcome.status', 'is missing; say what became of the action')
      const taken = await ingest(event)
      return {
        status: 'reconciled',
        lifecycle_id: taken.lifecycle_id,
        key_name: name,
        key_value: value,
        outcome_id: taken.outcome_id,
        matched: true,
      }
    },

    lifecycles: (query) =>
      list(query.limit ?? PAGE, (rows) => {
        const wanted = query.status_filter
        const staleAt = staleBefore(core.now(), STALE_AFTER_DAYS)
        if (wanted === undefined) return rows
        if (wanted === 'stale') return rows.where('status', 'in', OPEN_STATUSES).where('created_at', '<=', staleAt)
        const found = rows.where('status', '=', wanted)
        return OPEN_STATUSES.includes(wanted) ? found.where('created_at', '>', staleAt) : found
      }),

    async lifecycle(query) {
      const keys = CORRELATION_KEYS.flatMap((name) => {
        const value = name === 'validation_id' ? undefined : query[name]
        return value ? [{ name, value }] : []
      })
      const [first] = keys
      if (!first)
        throw new InvalidInputError(
          'request_id',
          'give one of request_id, case_id, external_ref, tenant_ref, entity_id',
        )
      const database = await core.projected()
      for (const { name, value } of keys) {
        const row = await findLifecycle(core, database, name, value)
        if (row) return toLifecycle(row, core.now())
      }
      throw new NotFoundError('lifecycle', first.value)
    },

    pending: (query) => list(query.limit ?? PAGE, (rows) => rows.where('status', '=', 'awaiting_outcome')),

    async stale(query) {
      const days = query.stale_after_days ?? STALE_AFTER_DAYS
      const found = await list(query.limit ?? PAGE, (rows) =>
        rows.where('status', 'in', OPEN_STATUSES).where('created_at', '<=', staleBefore(core.now(), days)),
      )
      return { ...found, stale_after_days: days }
    },

    stats: async () => ingestStats(await core.projected(), organisation, core.now()),

    adapters: async () => ({
      adapters: INGEST_ADAPTERS.map(({ name, description }) => ({ name, description })),
      normalizers: DOMAIN_NORMALISERS.map(({ domain, description, statuses }) => ({
        domain,
        description,
        statuses: { ...statuses },
      })),
    }),
  })
}

/** An item of a batch, read like a single event. @throws InvalidInputError naming the field. */
function readItem(item: Readonly<Record<string, unknown>>): ParsedEvent {
  const parsed = ingestEventSchema.safeParse(item)
  if (!parsed.success) throw InvalidInputError.fromZod('an event', parsed.error)
  return parsed.data
}

/** Null and empty text count as absent. */
function withoutEmpty(item: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value != null && value !== ''))
}
