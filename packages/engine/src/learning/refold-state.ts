import type { EngineCore } from '../engine-core.ts'
import { STATE_FORMAT } from '../engine-state.ts'
import type { JobRun } from '../jobs/job-runner.ts'
import { digestOfState } from '../state-digest.ts'
import { GENESIS_HASH } from '../storage/chain.ts'
import type { LogHead } from '../storage/storage.ts'

/** Records that are folded at once; an evaluation waits no longer than this takes, a few milliseconds. */
const CHUNK = 250

/** What folding the log again has shown. */
export interface Refolded {
  readonly equal: boolean
  readonly records: number
  /** Digests of the live state, and of the log folded from nothing. */
  readonly live: string
  readonly folded: string
  /** Whether the folded state took the live one's place. */
  readonly replaced: boolean
}

/**
 * Folds the whole log again, from nothing, beside the live state, and compares both. With `force` a live state that differs gives
 * way to the folded one.
 */
export async function refoldState(
  core: EngineCore,
  run: JobRun,
  options: { readonly force: boolean; readonly limit: number },
): Promise<Readonly<Record<string, unknown>> & Refolded> {
  await core.state()
  const sequencer = await core.sequencer()
  const fresh = core.newState()
  let head: LogHead = { seq: 0, hash: GENESIS_HASH }
  let marked = 0
  const fold = async (most: number): Promise<boolean> => {
    const records = await core.storage.readAfter(head.seq, most)
    for (const record of records) {
      fresh.apply(record)
      head = { seq: record.seq, hash: record.hash }
    }
    return records.length > 0
  }
  while (sequencer.head.seq !== head.seq) {
    // What is appended while this goes on is left for the end, so that there is an end.
    const target = sequencer.head.seq
    while (head.seq < target) {
      await fold(Math.min(CHUNK, options.limit, target - head.seq))
      if (head.seq - marked < options.limit && head.seq < target) await new Promise((resolve) => setImmediate(resolve))
      else {
        marked = head.seq
        await run.progress(marked)
      }
    }
    // The rest in one go, and what another process has told the log meanwhile: nobody here has a turn before the comparison.
    if (sequencer.head.seq - head.seq <= CHUNK) while (await fold(CHUNK));
    await core.state()
  }
  const live = digestOfState(sequencer.state.snapshot())
  const folded = digestOfState(fresh.snapshot())
  const equal = live === folded
  const replaced = !equal && options.force && sequencer.replaceState(fresh, head)
  // Saved snapshots are of the state that was wrong: the next start must not begin with one of them.
  if (replaced) await core.storage.writeSnapshot({ seq: head.seq, format: STATE_FORMAT, state: fresh.snapshot() })
  await run.progress(head.seq)
  return { equal, records: head.seq, live, folded, replaced }
}
