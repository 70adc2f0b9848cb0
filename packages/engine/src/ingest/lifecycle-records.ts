import { CORRELATION_KEYS, type CorrelationKey } from '@bighub/core/protocol'
import type { IngestedKept } from '../projections/lifecycle-row.ts'
import { sha256 } from '../storage/chain.ts'
import type { LogRecord, Storage } from '../storage/storage.ts'

/** Keys and values by which events are found to be about the same action. */
export type LifecycleKeys = Readonly<Partial<Record<CorrelationKey, string>>>

/**
 * A lifecycle's id: of its first key, in the order of CORRELATION_KEYS. So events that share it meet in whatever order and from
 * whatever process they come. Null without a key.
 */
export function lifecycleIdOf(keys: LifecycleKeys): string | null {
  const name = CORRELATION_KEYS.find((each) => keys[each] !== undefined)
  return name === undefined ? null : `lc_${sha256(`${name}:${keys[name]}`).slice(0, 25)}`
}

/**
 * All records of a lifecycle, in order. Events that came before the one that showed that they belong together were recorded under
 * other ids: the records that join them say so, and are followed both ways.
 */
export async function readLifecycle(
  storage: Storage,
  lifecycleId: string,
): Promise<{ readonly id: string; readonly records: readonly LogRecord[]; readonly joined: readonly string[] }> {
  let id = lifecycleId
  let own = await readIngested(storage, id)
  const before = new Set([id])
  for (let next = joinedInto(own); next !== null && !before.has(next); next = joinedInto(own)) {
    id = next
    before.add(id)
    own = await readIngested(storage, id)
  }
  const seen = new Set([id])
  const records = [...own]
  const open = joinsOf(own)
  for (let each = open.pop(); each !== undefined; each = open.pop()) {
    if (seen.has(each)) continue
    seen.add(each)
    const joined = await readIngested(storage, each)
    records.push(...joined)
    open.push(...joinsOf(joined))
  }
  seen.delete(id)
  return { id, records: records.toSorted((a, b) => a.seq - b.seq), joined: [...seen] }
}

async function readIngested(storage: Storage, lifecycleId: string): Promise<LogRecord[]> {
  return (await storage.readSubject(lifecycleId)).filter((record) => record.type === 'event_ingested')
}

/** Where a lifecycle's events went, null while it stands by itself. */
function joinedInto(records: readonly LogRecord[]): string | null {
  const last = records.findLast((record) => typeof record.kept['joined_into'] === 'string')
  return last ? String(last.kept['joined_into']) : null
}

function joinsOf(records: readonly LogRecord[]): string[] {
  return records.flatMap((record) => (record.kept as unknown as IngestedKept).joins ?? [])
}
