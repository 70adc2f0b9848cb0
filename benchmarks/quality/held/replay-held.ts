import { Backtest, DecisionMetrics, type JudgedDecision, parsePolicyConfiguration, readEvents } from '@bighub/engine'
import type { ColdStartPrior } from '../../../packages/engine/src/risk/cold-start-prior.ts'

/** What becomes known of held and blocked calls: all, nothing, or what reviewers say of a share drawn at random. */
export type HeldKnown = 'all' | 'none' | { readonly sampledShare: number }

export interface HeldFigures {
  /** Of all decisions with an outcome, whether the replay heard of it or not. */
  readonly log_loss: number
  readonly auc: number | null
  readonly ece: number | null
  /** Of those, the share that was held or blocked. */
  readonly held: number
  /** Share whose outcome was learned. */
  readonly known: number
}

/**
 * Replays a stream with the default policy in force: a call that is held or blocked does not run, and no outcome comes of it.
 *
 * @param prior - What is known from elsewhere: nothing may have been learned from this stream's family.
 */
export async function replayHeld(file: string, prior: ColdStartPrior | null, known: HeldKnown): Promise<HeldFigures> {
  const metrics = new DecisionMetrics()
  const counts = { scored: 0, held: 0, known: 0 }
  let newest: JudgedDecision | undefined
  const policy = { sampled_review: typeof known === 'object' ? known.sampledShare : 0 }
  const backtest = new Backtest({
    configuration: parsePolicyConfiguration(policy, 'in force'),
    observer: {
      onDecision: (decision) => (newest = decision),
      onLearned: () => counts.known++,
    },
  })
  const unknown = new Set<string>()
  const onBadLine = (line: number, message: string): never => {
    throw new Error(`${file}:${line}: ${message}`)
  }
  for await (const { event } of readEvents(file, { onBadLine })) {
    if (event.type === 'outcome' && unknown.delete(event.key)) continue
    if (event.type !== 'decision') {
      backtest.add(event)
      continue
    }
    const risk = backtest.add({ ...event, model: { ...event.model, prior } })
    if (!newest || risk === null) throw new Error(`${file}: decision ${event.key} was not judged`)
    const isHeld = newest.result !== 'allowed'
    if (event.label !== null) {
      metrics.add(risk, event.label)
      counts.scored++
      if (isHeld) counts.held++
    }
    if (!isHeld || known === 'all' || newest.isSampled) continue
    if (event.label !== null) unknown.add(event.key)
    // Nobody answers: it is known that no outcome will come.
    const kept = { status: 'expired', trajectory_id: null, digest: '', version: 0 }
    backtest.add({ type: 'record', record: { type: 'approval_ended', at: event.at, subject: event.key, kept } })
  }
  const { log_loss: loss, auc, ece } = metrics.result()
  return {
    log_loss: loss ?? Number.NaN,
    auc,
    ece,
    held: counts.held / counts.scored,
    known: counts.known / counts.scored,
  }
}
