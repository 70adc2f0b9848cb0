import type { EngineCore } from './engine-core.ts'
import { readChunks } from './fold-log.ts'
import { digestOfState } from './state-digest.ts'
import { type ChainFault, findChainFault, GENESIS_HASH } from './storage/chain.ts'
import type { LogHead } from './storage/storage.ts'

export interface LogVerification {
  readonly valid: boolean
  /** Records that are in order, from the first on. */
  readonly records: number
  readonly fault: ChainFault | null
}

/** Reads the whole log and checks that no record was changed, dropped or put in between. */
export async function verifyLog({ organisation, storage }: EngineCore): Promise<LogVerification> {
  let head: LogHead = { seq: 0, hash: GENESIS_HASH }
  for await (const records of readChunks(storage, 0)) {
    const fault = findChainFault(organisation, head, records)
    if (fault) return { valid: false, records: head.seq, fault }
    const last = records.at(-1)
    if (last) head = { seq: last.seq, hash: last.hash }
  }
  return { valid: true, records: head.seq, fault: null }
}

export interface StateVerification {
  readonly equal: boolean
  readonly records: number
  /** Digests of the live state, and of the log folded from nothing. */
  readonly live: string
  readonly folded: string
}

/** Folds the log again from nothing and compares with the live state: they are equal unless something is wrong. */
export async function verifyState(core: EngineCore): Promise<StateVerification> {
  await core.state()
  // Everything below happens on one log: no operation gets in between, since none can start before this one ends.
  const sequencer = await core.sequencer()
  const live = { digest: digestOfState(sequencer.state.snapshot()), seq: sequencer.head.seq }
  const fresh = core.newState()
  for await (const records of readChunks(core.storage, 0))
    for (const record of records) if (record.seq <= live.seq) fresh.apply(record)
  const folded = digestOfState(fresh.snapshot())
  return { equal: folded === live.digest, records: live.seq, live: live.digest, folded }
}
