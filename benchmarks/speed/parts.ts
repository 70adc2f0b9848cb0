import { canonicalJson, type EvaluateRequest } from '@bighub/core/protocol'
// The parts of an evaluation are nobody's interface; only a look inside can say where the time goes.
import { EngineState, type OutcomeKept } from '../../packages/engine/src/engine-state.ts'
import { evaluate } from '../../packages/engine/src/evaluate/evaluate.ts'
import { normaliseRequest } from '../../packages/engine/src/evaluate/normalise-request.ts'
import { chainRecord, GENESIS_HASH, sha256 } from '../../packages/engine/src/storage/chain.ts'
import { SqliteStorage } from '../../packages/engine/src/storage/sqlite/sqlite-storage.ts'
import type { ChainedRecord, LogHead } from '../../packages/engine/src/storage/storage.ts'
import { Samples } from './samples.ts'

/** Times of one evaluation's parts, each measured on its own over the same requests. */
export interface Parts {
  /** Reading and checking the request. */
  readonly read: Samples
  /** Kill switch, rules, trajectory, features, precedents, risk, consequence, recommendation, explanation. */
  readonly stages: Samples
  /** Canonical JSON and SHA-256 of request, answer and record. */
  readonly canonical: Samples
  /** Folding the record into the state. */
  readonly fold: Samples
  /** One record inserted and committed. */
  readonly commit: Samples
}

/** Does an evaluation's work step by step, as the engine does it, and times each step. */
export function measureParts(
  requests: readonly EvaluateRequest[],
  file: string,
  durability: 'process' | 'power',
): Parts {
  const parts = { read: new Samples(), stages: new Samples(), canonical: new Samples() }
  const write = { fold: new Samples(), commit: new Samples() }
  const storage = new SqliteStorage({ file, organisation: 'default', durability })
  const state = new EngineState()
  let head: LogHead = { seq: 0, hash: GENESIS_HASH }
  for (const [index, request] of requests.entries()) {
    const id = String(index).padStart(24, '0')
    const isCounted = index >= requests.length / 4
    const time = <T>(samples: Samples, work: () => T): T => {
      const started = performance.now()
      const result = work()
      if (isCounted) samples.add(performance.now() - started)
      return result
    }
    const normalised = time(parts.read, () => normaliseRequest(request))
    const { response, kept } = time(parts.stages, () => evaluate(normalised, state, { at: Date.now(), id }))
    const record = time(parts.canonical, (): ChainedRecord => {
      // The request's text is made while it is read; here it stands for itself.
      const payloadText = `{"request":${normalised.canonical},"response":${canonicalJson(response)}}`
      return chainRecord('default', head, {
        type: 'evaluation',
        at: Date.now(),
        subject: response.request_id,
        kept: { ...kept },
        payload: {},
        payloadText,
        effectKey: sha256(payloadText).slice(0, 40),
      })
    })
    time(write.fold, () => state.apply(record))
    time(write.commit, () =>
      storage.transact({ afterSeq: head.seq, reads: [{ effectKey: id }], sync: false }, () => ({
        records: [record],
        approvals: [],
      })),
    )
    // Learned from as it would be, so that the stages have precedents and counters to look at.
    const label = { status: 'SUCCESS', category: 'positive', severity: 0, label: 0 } as const
    const outcome: OutcomeKept = { request_id: response.request_id, ...label, decision: kept }
    state.apply({ type: 'outcome', at: 0, subject: response.request_id, kept: { ...outcome } })
    head = { seq: record.seq, hash: record.hash }
  }
  storage.close()
  return { ...parts, ...write }
}
