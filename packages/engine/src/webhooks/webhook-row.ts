import { NotFoundError, type WebhookDelivery, type WebhookInfo } from '@bighub/core/protocol'
import type { Selectable } from 'kysely'
import type { OrganisationTables } from '../organisation-core.ts'
import type { WebhookDeliveryRow, WebhookRow } from '../storage/tables.ts'

/** Time for one attempt unless the webhook says otherwise. */
export const DEFAULT_TIMEOUT_SECONDS = 15

export type StoredDelivery = Selectable<WebhookDeliveryRow>

/** What is kept only to be given back. */
interface Echoed {
  readonly symbols: unknown[]
  readonly intervals: unknown[]
}

/** A webhook as it is shown: without its secret. */
export function webhookInfo(row: WebhookRow): WebhookInfo {
  const { webhook_id, url, label, max_retries, retry_delay_seconds, failure_count } = row
  // Written by the functions that make and change webhooks, from input that was checked.
  const { symbols, intervals } = JSON.parse(row.extra) as Echoed
  return {
    webhook_id,
    url,
    label,
    events: JSON.parse(row.events) as string[],
    symbols,
    intervals,
    is_active: row.is_active === 1,
    timeout_seconds: row.timeout_seconds ?? DEFAULT_TIMEOUT_SECONDS,
    max_retries,
    retry_delay_seconds,
    created_at: timeText(row.created_at),
    updated_at: timeText(row.updated_at),
    last_delivery_at: optionalTimeText(row.last_delivery_at),
    failure_count,
  }
}

export function webhookDelivery(row: StoredDelivery): WebhookDelivery {
  const { delivery_id, webhook_id, event_id, event_type, status, attempts, response_status, error } = row
  return {
    delivery_id,
    webhook_id,
    event_id,
    event_type,
    status,
    attempts,
    response_status,
    error,
    payload: JSON.parse(row.payload) as Record<string, unknown>,
    created_at: timeText(row.created_at),
    delivered_at: optionalTimeText(row.delivered_at),
    next_retry_at: optionalTimeText(row.next_retry_at),
  }
}

/** @throws NotFoundError */
export async function findWebhook(
  { database, organisation }: OrganisationTables,
  webhookId: string,
): Promise<WebhookRow> {
  const row = await database
    .selectFrom('webhooks')
    .selectAll()
    .where('organisation', '=', organisation)
    .where('webhook_id', '=', webhookId)
    .executeTakeFirst()
  if (!row) throw new NotFoundError('webhook', webhookId)
  return row
}

function timeText(time: number): string {
  return new Date(time).toISOString()
}

function optionalTimeText(time: number | null): string | null {
  return time === null ? null : timeText(time)
}
