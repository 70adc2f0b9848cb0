import { CORRELATION_KEYS, type IngestEvent, type LifecycleStatus } from '@bighub/core/protocol'
import type { LogRecord } from '../storage/storage.ts'
import type { LifecycleKeyRow, LifecycleRow } from '../storage/tables.ts'

/** What a `event_ingested` record keeps for ever. */
export interface IngestedKept {
  readonly event_id: string
  readonly event_type: IngestEvent['event_type']
  /** The decision that it is about, once one is known. */
  readonly request_id: string | null
  /** The outcome that it led to. */
  readonly outcome_id: string | null
}

/** What a lifecycle's row says beyond its columns. */
export interface LifecycleBody {
  readonly keys: Readonly<Record<string, string>>
  readonly events: readonly Readonly<Record<string, unknown>>[]
  readonly outcome: Readonly<Record<string, unknown>> | null
}

/** A lifecycle as it stands, from all events about it; null if there are none. */
export function lifecycleRow(organisation: number, records: readonly LogRecord[]): LifecycleRow | null {
  const ingested = records.filter((record) => record.type === 'event_ingested')
  const first = ingested[0]
  const last = ingested.at(-1)
  if (!first || !last) return null
  const events = ingested.flatMap((record) => (record.payload ? [record.payload['event'] as IngestEvent] : []))
  const kept = ingested.map((record) => record.kept as unknown as IngestedKept)
  const keys: Record<string, string> = {}
  for (const event of events)
    for (const name of CORRELATION_KEYS) {
      const value = event[name]
      if (typeof value === 'string' && value !== '') keys[name] ??= value
    }
  const body: LifecycleBody = { keys, events, outcome: events.findLast((event) => event.outcome)?.outcome ?? null }
  return {
    organisation,
    lifecycle_id: first.subject,
    status: statusOf(kept),
    request_id: kept.findLast((each) => each.request_id !== null)?.request_id ?? null,
    domain: events.find((event) => event.domain)?.domain ?? null,
    adapter: events.find((event) => event.adapter)?.adapter ?? null,
    created_at: first.at,
    updated_at: last.at,
    seq: last.seq,
    body: JSON.stringify(body),
  }
}

/** The keys by which later events find a lifecycle. */
export function lifecycleKeys(row: LifecycleRow): LifecycleKeyRow[] {
  const { keys } = JSON.parse(row.body) as LifecycleBody
  return Object.entries(keys).map(([name, value]) => ({
    organisation: row.organisation,
    key_name: name,
    key_value: value,
    lifecycle_id: row.lifecycle_id,
  }))
}

/** An outcome reconciles; a refusal closes; what ran waits for its outcome; anything else is active. */
function statusOf(kept: readonly IngestedKept[]): LifecycleStatus {
  if (kept.some((each) => each.outcome_id !== null)) return 'reconciled'
  const types = new Set(kept.map((each) => each.event_type))
  if (types.has('ACTION_EXECUTED')) return 'awaiting_outcome'
  if (types.has('ACTION_BLOCKED') || types.has('HUMAN_REJECTION')) return 'closed'
  return 'active'
}
