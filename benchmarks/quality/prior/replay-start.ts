import { Backtest, DecisionMetrics, readEvents } from '@bighub/engine'
import type { ColdStartPrior } from '../../../packages/engine/src/risk/cold-start-prior.ts'

/** Decisions with an outcome that make a start. */
export const START = 200

/** Log loss of the first 200 decisions with an outcome, from empty state, with a prior or none. */
export async function replayStart(file: string, prior: ColdStartPrior | null): Promise<number> {
  const backtest = new Backtest()
  const metrics = new DecisionMetrics()
  let scored = 0
  const onBadLine = (line: number, message: string): never => {
    throw new Error(`${file}:${line}: ${message}`)
  }
  for await (const { event } of readEvents(file, { onBadLine })) {
    if (event.type !== 'decision') {
      backtest.add(event)
      continue
    }
    const risk = backtest.add({ ...event, model: { ...event.model, prior } })
    if (risk === null || event.label === null) continue
    metrics.add(risk, event.label)
    if (++scored === START) break
  }
  return metrics.result().log_loss ?? Number.NaN
}
