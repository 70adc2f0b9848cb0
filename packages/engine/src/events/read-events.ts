import type { EventItem } from '@bighub/core/protocol'
import { EVENTS_A_RECORD, eventsOfRecord } from '../projections/events-of-record.ts'
import type { LogRecord, Storage } from '../storage/storage.ts'

/** Records that may lie between two wanted ones for both to be read at once. */
const SMALL_GAP = 8

/**
 * Events by their places, in the order given, read off the log: the table of events only says where they are. Those of records
 * that make none any more are left out.
 */
export async function readEvents(storage: Storage, places: readonly number[]): Promise<EventItem[]> {
  const records = await readRecords(storage, new Set(places.map(recordOf)))
  return places.flatMap((place) => {
    const seq = recordOf(place)
    const record = records.get(seq)
    return record ? (eventsOfRecord(record, seq * EVENTS_A_RECORD)[place % EVENTS_A_RECORD]?.item ?? []) : []
  })
}

function recordOf(place: number): number {
  return Math.floor(place / EVENTS_A_RECORD)
}

/** Records by their numbers; neighbours are read together. */
async function readRecords(storage: Storage, wanted: ReadonlySet<number>): Promise<Map<number, LogRecord>> {
  const found = new Map<number, LogRecord>()
  const seqs = [...wanted].toSorted((a, b) => a - b)
  let from = 0
  for (const [index, seq] of seqs.entries()) {
    const next = seqs[index + 1]
    if (next !== undefined && next - seq <= SMALL_GAP) continue
    const first = seqs[from] ?? seq
    for (const record of await storage.readAfter(first - 1, seq - first + 1))
      if (wanted.has(record.seq)) found.set(record.seq, record)
    from = index + 1
  }
  return found
}
