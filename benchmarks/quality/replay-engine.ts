import { Backtest, type BacktestResult, type JudgedDecision, readEvents } from '@bighub/engine'
import type { ColdStartPrior } from '../../packages/engine/src/risk/cold-start-prior.ts'
import type { StreamLine } from './peer.ts'
import { timeOf } from './replay-peers.ts'
import { type StreamFigures, StreamScore } from './stream-score.ts'

/** What only the engine says of itself: its confidence and its intervals. */
export interface EngineFigures extends StreamFigures, Pick<BacktestResult, 'by_confidence' | 'interval_coverage'> {}

/**
 * Replays a decision stream through the engine's own pipeline.
 *
 * @param prior - What is known from elsewhere: nothing may have been learned from this stream's family.
 * @throws Error if it reads other decisions than the peers do.
 */
export async function replayEngine(
  file: string,
  lines: readonly StreamLine[],
  prior: ColdStartPrior | null,
): Promise<EngineFigures> {
  const score = new StreamScore()
  const onScored = (decision: JudgedDecision, label: 0 | 1): void =>
    score.add(decision.risk, label, lines[decision.position]?.mutating ?? false)
  const backtest = new Backtest({ observer: { onScored } })
  const onBadLine = (line: number, message: string): never => {
    throw new Error(`${file}:${line}: ${message}`)
  }
  for await (const { event } of readEvents(file, { onBadLine })) {
    const told = event.type === 'decision' ? { ...event, model: { ...event.model, prior } } : event
    const { ms } = timeOf(() => backtest.add(told))
    if (event.type === 'decision') score.predicted(ms)
    else score.learned(ms)
  }
  if (backtest.decisions !== lines.length)
    throw new Error(`${file}: the engine replayed ${backtest.decisions} decisions, the peers ${lines.length}`)
  const { by_confidence, interval_coverage } = backtest.result()
  return { ...score.result(), by_confidence, interval_coverage }
}
