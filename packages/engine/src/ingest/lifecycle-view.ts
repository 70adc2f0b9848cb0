import { CORRELATION_KEYS, type Lifecycle, type LifecycleStatus } from '@bighub/core/protocol'
import { caseIdOf, validationIdOf } from '../decisions/decision-ids.ts'
import type { LifecycleBody } from '../projections/lifecycle-row.ts'
import type { LifecycleRow } from '../storage/tables.ts'

const DAY_MS = 86_400_000
/** Days without an outcome after which a lifecycle is stale, unless a query says otherwise. */
export const STALE_AFTER_DAYS = 7

/** Statuses in which an outcome may still come. */
export const OPEN_STATUSES: readonly LifecycleStatus[] = ['active', 'awaiting_outcome']

/** A lifecycle begun before this time and still open is stale. */
export function staleBefore(now: number, days: number): number {
  return now - days * DAY_MS
}

/** A lifecycle as it is answered. */
export function toLifecycle(row: LifecycleRow, now: number): Lifecycle {
  const { keys, events, outcome } = JSON.parse(row.body) as LifecycleBody
  const told = Object.fromEntries(CORRELATION_KEYS.map((name) => [name, keys[name] ?? null]))
  const { request_id: requestId } = row
  return {
    lifecycle_id: row.lifecycle_id,
    status: statusNow(row, now),
    request_id: requestId ?? told['request_id'] ?? null,
    case_id: requestId === null ? (told['case_id'] ?? null) : caseIdOf(requestId),
    validation_id: requestId === null ? (told['validation_id'] ?? null) : validationIdOf(requestId),
    external_ref: told['external_ref'] ?? null,
    tenant_ref: told['tenant_ref'] ?? null,
    entity_id: told['entity_id'] ?? null,
    domain: row.domain,
    adapter: row.adapter,
    events: [...events],
    outcome,
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
    age_days: Math.max(0, now - row.created_at) / DAY_MS,
  }
}

/** Whether it is stale depends on the time of asking; everything else stands in the row. */
export function statusNow(row: Pick<LifecycleRow, 'status' | 'created_at'>, now: number): LifecycleStatus {
  // Written by lifecycleRow.
  const status = row.status as LifecycleStatus
  return OPEN_STATUSES.includes(status) && row.created_at <= staleBefore(now, STALE_AFTER_DAYS) ? 'stale' : status
}
