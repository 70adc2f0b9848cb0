import type { CompiledQuery, Insertable } from 'kysely'
import type { OrganisationCore } from '../organisation-core.ts'
import type { RecordEvent } from '../projections/events-of-record.ts'
import type { WebhookDeliveryRow } from '../storage/tables.ts'
import { webhookBody } from './webhook-body.ts'

/** Rows of one statement; 9 values each, and SQLite takes 32,766. */
const ROWS_A_STATEMENT = 1000

/**
 * The deliveries of events to the organisation's webhooks, as statements that are written with the events or not at all.
 *
 * Which webhooks there are is asked once for all events of a transaction, and not remembered: one made in another process counts
 * from the next event on.
 */
export async function enqueueDeliveries(
  core: Pick<OrganisationCore, 'organisation' | 'storage' | 'now'>,
  events: readonly RecordEvent[],
): Promise<CompiledQuery[]> {
  if (events.length === 0) return []
  const { database, organisation } = core.storage
  const webhooks = await database
    .selectFrom('webhooks')
    .select(['webhook_id', 'events'])
    .where('organisation', '=', organisation)
    .where('is_active', '=', 1)
    .orderBy('created_at')
    .execute()
  const now = core.now()
  const rows = webhooks.flatMap(({ webhook_id, events: stored }) => {
    const wanted = new Set(JSON.parse(stored) as readonly string[])
    return events
      .filter(({ type }) => wanted.size === 0 || wanted.has(type))
      .map(({ type, item, data }): Insertable<WebhookDeliveryRow> => {
        const event = { event_id: item.event_id, event_type: type, created_at: item.created_at, data }
        return newDelivery(organisation, now, { webhook_id, org_id: core.organisation, ...event })
      })
  })
  const statements: CompiledQuery[] = []
  for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT)
    statements.push(
      database
        .insertInto('webhook_deliveries')
        .values(rows.slice(from, from + ROWS_A_STATEMENT))
        .onConflict((conflict) => conflict.columns(['organisation', 'webhook_id', 'event_id']).doNothing())
        .compile(),
    )
  return statements
}

/** What a webhook is told (protocol §8). */
export interface WebhookPayload {
  readonly event_id: string
  readonly event_type: string
  readonly created_at: string
  readonly webhook_id: string
  readonly org_id: string
  readonly data: unknown
}

/** A delivery that is due at once. */
export function newDelivery(
  organisation: number,
  now: number,
  { event_id, event_type, created_at, webhook_id, org_id, data }: WebhookPayload,
): Insertable<WebhookDeliveryRow> {
  return {
    organisation,
    webhook_id,
    event_id,
    event_type,
    status: 'pending',
    attempts: 0,
    payload: webhookBody({ event_id, event_type, created_at, webhook_id, org_id, data }),
    created_at: now,
    next_retry_at: now,
  }
}
