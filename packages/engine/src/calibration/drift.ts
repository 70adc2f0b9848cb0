import type { Drift } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { twoProportionScore } from '../math/normal-tail.ts'
import { ENOUGH } from './calibration-book.ts'
import { Predictions } from './predictions.ts'
import { scanPredictions } from './scan-predictions.ts'

const DAY_MS = 86_400_000
/** |z| from which rates differ: 95 %, two-sided. */
const DETECTED_FROM = 1.96

/**
 * Whether outcomes reported lately differ from those of the window before: the two-proportion z-test on the rates of bad ones
 * (pooled variance, two-sided, 5 %), given at least 30 outcomes in each window.
 */
export async function drift(
  core: EngineCore,
  { windowDays, domain }: { readonly windowDays: number; readonly domain?: string | undefined },
): Promise<Drift> {
  const now = core.now()
  const border = now - windowDays * DAY_MS
  const current = new Predictions()
  const previous = new Predictions()
  // The window that ends at the border has it; the newer one begins after it.
  for await (const { risk, label, at } of scanPredictions(core, { domain, since: border - windowDays * DAY_MS }))
    if (at <= now) (at > border ? current : previous).add(risk, label)
  const isEnough = Math.min(current.n, previous.n) >= ENOUGH
  const score = isEnough ? twoProportionScore(current, previous) : null
  const isDetected = score !== null && Math.abs(score) >= DETECTED_FROM
  return {
    window_days: windowDays,
    domain: domain ?? null,
    drift_detected: isDetected,
    drift_score: score === null ? null : Math.abs(score),
    direction: isDetected ? (score > 0 ? 'riskier' : 'safer') : 'none',
    current: toWindow(current),
    previous: toWindow(previous),
  }
}

function toWindow({ meanPredicted, observedRate, brier, n }: Predictions): Drift['current'] {
  return { mean_predicted: meanPredicted, observed_rate: observedRate, brier, n }
}
