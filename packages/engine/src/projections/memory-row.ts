import type { LogRecord } from '../storage/storage.ts'
import type { MemoryEventRow } from '../storage/tables.ts'

/** What a `memory_stored` record holds: the event, masked, and where it came from. */
export interface StoredMemory {
  readonly event: Readonly<Record<string, unknown>>
  readonly source: string
  readonly actor: string | null
  readonly domain: string | null
}

/** A stored memory event; null once its words were erased. */
export function memoryRow(organisation: number, record: LogRecord): MemoryEventRow | null {
  const stored = record.payload as unknown as StoredMemory | null
  if (!stored) return null
  const { event, source } = stored
  const decision = (event['decision'] ?? {}) as Record<string, unknown>
  const risk = event['risk_score'] ?? decision['risk_score']
  return {
    organisation,
    seq: record.seq,
    event_id: text(event['event_id']) ?? record.subject,
    at: record.at,
    source,
    tool: text(event['tool']),
    domain: text(event['domain']) ?? stored.domain,
    actor: text(event['actor']) ?? stored.actor,
    status: text(event['status']),
    blocked_by: text(event['blocked_by']) ?? text(decision['blocked_by']),
    risk: typeof risk === 'number' && Number.isFinite(risk) ? risk : null,
    body: JSON.stringify(event),
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
