import type { Reliability } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { Predictions } from './predictions.ts'
import { scanPredictions } from './scan-predictions.ts'

/** Bins of a reliability table: enough to see a shape, few enough for each to have outcomes. */
const BINS = 10
/** Quantile of the standard normal distribution for an interval of 95 %. */
const Z_95 = 1.959964

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

/**
 * Wilson's score interval of a rate, 95 %.
 *
 * @param n - Observations, ≥ 1.
 * @see Wilson (1927), Probable Inference, the Law of Succession, and Statistical Inference, JASA 22.
 */
export function wilsonInterval(bad: number, n: number): [number, number] {
  const rate = bad / n
  const z2 = Z_95 ** 2
  const centre = (rate + z2 / (2 * n)) / (1 + z2 / n)
  const half = (Z_95 / (1 + z2 / n)) * Math.sqrt((rate * (1 - rate)) / n + z2 / (4 * n * n))
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}
