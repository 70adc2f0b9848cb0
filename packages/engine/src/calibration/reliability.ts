import type { Reliability } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { wilsonInterval } from '../math/wilson-interval.ts'
import { Predictions } from './predictions.ts'
import { scanPredictions } from './scan-predictions.ts'

/** Bins of a reliability table: enough to see a shape, few enough for each to have outcomes. */
const BINS = 10

/** The reliability table: what was predicted beside what happened, bin by bin. */
export async function reliability(
  core: EngineCore,
  query: { readonly domain?: string | undefined; readonly tool?: string | undefined },
): Promise<Reliability> {
  const predictions = new Predictions()
  for await (const { risk, label } of scanPredictions(core, query)) predictions.add(risk, label)
  return {
    bins: predictions.bins(BINS).map(({ lower, upper, count, predicted, bad }) => ({
      lower,
      upper,
      count,
      mean_predicted: Math.min(upper, Math.max(lower, predicted / count)),
      observed_rate: bad / count,
      interval: wilsonInterval(bad, count),
    })),
    total: predictions.n,
    domain: query.domain ?? null,
    tool: query.tool ?? null,
  }
}
