import { InvalidInputError, type ingestMemoryRequestSchema, type memoryEventSchema } from '@bighub/core/protocol'
import type * as z from 'zod'
import type { StoredMemory } from '../projections/memory-row.ts'
import type { UnchainedRecord } from '../storage/chain.ts'
import { redactEvent } from './redact-event.ts'

type IngestMemory = z.output<typeof ingestMemoryRequestSchema>
type Event = z.output<typeof memoryEventSchema>

/** Source of events that do not name theirs. */
export const DEFAULT_SOURCE = 'adapter'

/** Numbers below it are seconds since the epoch, as Python gives them; as milliseconds they would lie before 1974. */
const SECONDS_BELOW = 1e11

/** The key under which an event is recorded once. */
export function memoryKey(eventId: string): string {
  return `memory:${eventId}`
}

/**
 * What an event adds to the log: the event, masked unless that is turned off, and where it came from. Its time is when it
 * happened, so that one that was delivered late is counted in its own hour; a time to come counts as now.
 *
 * @throws InvalidInputError if its time cannot be read.
 */
export function memoryRecord(
  event: Event,
  request: IngestMemory,
  moment: { readonly now: number; readonly id: string },
): UnchainedRecord {
  const eventId = event.event_id || `mev_${moment.id}`
  const shared = { source_version: request.source_version, model: request.model, trace_id: request.trace_id }
  const full = { ...withoutNulls(shared), ...event, event_id: eventId }
  const stored: StoredMemory = {
    event: request.redact === false ? full : redactEvent(full),
    source: request.source || DEFAULT_SOURCE,
    actor: request.actor || null,
    domain: request.domain || null,
  }
  return {
    type: 'memory_stored',
    at: Math.min(readTime(event.timestamp, moment.now), moment.now),
    subject: `mem_${moment.id}`,
    kept: { unique_key: memoryKey(eventId) },
    payload: { ...stored },
    effectKey: memoryKey(eventId),
  }
}

function readTime(timestamp: Event['timestamp'], now: number): number {
  if (timestamp == null || timestamp === '') return now
  const at =
    typeof timestamp === 'number' ? timestamp * (Math.abs(timestamp) < SECONDS_BELOW ? 1000 : 1) : Date.parse(timestamp)
  if (!Number.isFinite(at))
    throw new InvalidInputError('timestamp', 'is neither an ISO 8601 time nor seconds or milliseconds since the epoch')
  return Math.trunc(at)
}

function withoutNulls(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null))
}
