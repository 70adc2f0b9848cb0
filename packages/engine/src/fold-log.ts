import { EngineState, STATE_FORMAT } from './engine-state.ts'
import { GENESIS_HASH } from './storage/chain.ts'
import type { LogHead, LogRecord, Storage } from './storage/storage.ts'

/** Most records read at once while a log is folded. */
const CHUNK = 2000

export interface FoldedLog {
  readonly state: EngineState
  /** The last record that is folded in. */
  readonly head: LogHead
  /** Number of the last record of the snapshot that it began with; 0 without one. */
  readonly snapshotSeq: number
}

/**
 * The state of a log: from its newest snapshot and the records after it, or from the whole log.
 *
 * @param newState - A state of which nothing is folded yet. @defaultValue one with the usual bounds
 */
export async function foldLog(
  storage: Storage,
  newState: () => EngineState = () => new EngineState(),
): Promise<FoldedLog> {
  const restored = await restoreNewest(storage, newState())
  const state = restored?.state ?? newState()
  const from = restored?.head ?? { seq: 0, hash: GENESIS_HASH }
  // The head is that of the last record read: asking for it afterwards could skip what was appended in between.
  let head = from
  for await (const records of readChunks(storage, from.seq))
    for (const record of records) {
      state.apply(record)
      head = { seq: record.seq, hash: record.hash }
    }
  return { state, head, snapshotSeq: from.seq }
}

/** Records after `seq` to the end, a bounded number at a time. */
export async function* readChunks(storage: Storage, seq: number): AsyncGenerator<readonly LogRecord[], void, void> {
  for (let after = seq; ; ) {
    const records = await storage.readAfter(after, CHUNK)
    const last = records.at(-1)
    if (!last) return
    yield records
    after = last.seq
  }
}

/** Null without a snapshot that belongs to this log, this form and the bounds of `state`, which is restored. */
async function restoreNewest(
  storage: Storage,
  state: EngineState,
): Promise<{ state: EngineState; head: LogHead } | null> {
  const snapshot = await storage.readSnapshot(STATE_FORMAT)
  if (!snapshot) return null
  // A log that was put back to an older state ends before its snapshots do.
  const [last] = await storage.readAfter(snapshot.seq - 1, 1)
  if (last?.seq !== snapshot.seq) return null
  const { maxCases } = state.precedents
  try {
    state.restore(snapshot.state)
    if (state.precedents.maxCases !== maxCases) return null
  } catch {
    // Of another model or form: the log is folded instead.
    return null
  }
  return { state, head: { seq: last.seq, hash: last.hash } }
}
