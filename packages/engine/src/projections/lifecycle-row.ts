import { CORRELATION_KEYS, type IngestEvent, type LifecycleStatus } from '@bighub/core/protocol'
import type { LogRecord } from '../storage/storage.ts'
import type { LifecycleKeyRow, LifecycleRow } from '../storage/tables.ts'

/** What a `event_ingested` record keeps for ever. */
export interface IngestedKept {
  readonly unique_key: string
  readonly event_id: string
  readonly event_type: IngestEvent['event_type']
  /** The decision that it is about, once one is known. */
  readonly request_id: string | null
  /** The outcome that it led to. */
  readonly outcome_id: string | null
  /** What it says became of the action, and when it says that it happened. */
  readonly outcome_status: string | null
  readonly outcome_severity: number | null
  readonly told_at: number | null
  /** Lifecycles of which it showed that they are this one. */
  readonly joins?: readonly string[]
}

/** What a lifecycle's row says beyond its columns. */
export interface LifecycleBody {
  readonly keys: Readonly<Record<string, string>>
  readonly events: readonly Record<string, unknown>[]
  readonly outcome: Record<string, unknown> | null
}

/** A lifecycle as it stands, from all records about it in order; null if they hold no event. */
export function lifecycleRow(
  organisation: number,
  lifecycleId: string,
  records: readonly LogRecord[],
): LifecycleRow | null {
  const ingested = records.filter(isIngestedEvent)
  const last = ingested.at(-1)
  if (!last) return null
  // In the order in which it happened, whatever order it was told in.
  const inTime = ingested.toSorted((a, b) => a.at - b.at || compareText(keptOf(a).event_id, keptOf(b).event_id))
  const events = inTime.flatMap((record) => (record.payload ? [record.payload['event'] as IngestEvent] : []))
  const keys: Record<string, string> = {}
  for (const event of events)
    for (const name of CORRELATION_KEYS) {
      const value = event[name]
      if (typeof value === 'string' && value !== '') keys[name] ??= value
    }
  const newest = newestOutcome(ingested)
  const decided = ingested.findLast((record) => keptOf(record).request_id !== null)
  const told = newest?.payload?.['event'] as IngestEvent | undefined
  const body: LifecycleBody = { keys, events, outcome: told?.outcome ?? null }
  return {
    organisation,
    lifecycle_id: lifecycleId,
    status: statusOf(ingested.map(keptOf), newest ? keptOf(newest).outcome_status : null),
    request_id: decided ? keptOf(decided).request_id : null,
    domain: events.find((event) => event.domain)?.domain ?? null,
    adapter: events.find((event) => event.adapter)?.adapter ?? null,
    created_at: Math.min(...ingested.map((record) => record.at)),
    updated_at: Math.max(...ingested.map((record) => record.at)),
    seq: last.seq,
    body: JSON.stringify(body),
  }
}

/** Whether a record tells an event, and not only that two lifecycles are one. */
export function isIngestedEvent(record: LogRecord): boolean {
  return record.type === 'event_ingested' && record.kept['event_type'] !== undefined
}

/** The record whose outcome holds: the one that happened last. Null without an outcome. */
export function newestOutcome(records: readonly LogRecord[]): LogRecord | null {
  return records
    .filter((record) => isIngestedEvent(record) && keptOf(record).outcome_status !== null)
    .reduce<LogRecord | null>(
      (newest, record) => (newest === null || isLater(toldOutcome(record), toldOutcome(newest)) ? record : newest),
      null,
    )
}

/** When an outcome was seen, and what decides between two of the same moment. */
export interface ToldOutcome {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Whether its time was told; else it is the time of its arrival. */
  readonly isTimed: boolean
  readonly severity: number
  readonly eventId: string
  readonly seq: number
}

export function toldOutcome(record: LogRecord): ToldOutcome {
  const kept = keptOf(record)
  return {
    at: kept.told_at ?? record.at,
    isTimed: kept.told_at !== null,
    severity: kept.outcome_severity ?? 0,
    eventId: kept.event_id,
    seq: record.seq,
  }
}

/**
 * Whether an outcome is to hold in place of another: it happened later. Of two that name the same moment the worse one holds,
 * whichever came first; those that name no time are taken in the order of their arrival.
 */
export function isLater(a: ToldOutcome, b: ToldOutcome): boolean {
  if (a.at !== b.at) return a.at > b.at
  if (a.isTimed !== b.isTimed) return b.isTimed
  if (!a.isTimed) return a.seq > b.seq
  if (a.severity !== b.severity) return a.severity > b.severity
  return compareText(a.eventId, b.eventId) > 0
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

/** A refusal closes; any other outcome reconciles; what ran waits for its outcome; anything else is active. */
function statusOf(kept: readonly IngestedKept[], outcome: string | null): LifecycleStatus {
  if (outcome !== null) return outcome === 'BLOCKED' ? 'closed' : 'reconciled'
  return kept.some((each) => each.event_type === 'ACTION_EXECUTED') ? 'awaiting_outcome' : 'active'
}

function keptOf(record: LogRecord): IngestedKept {
  // Written by this program in the form that belongs to the record's type.
  return record.kept as unknown as IngestedKept
}

/** By code units: the same on every machine. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
