import type { QualityHistory } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { Predictions } from './predictions.ts'
import { scanPredictions } from './scan-predictions.ts'

const DAY_MS = 86_400_000

/** Quality by the local day on which outcomes were reported; days without any have no entry. Today is the last day. */
export async function qualityHistory(
  core: EngineCore,
  { days, domain }: { readonly days: number; readonly domain?: string | undefined },
): Promise<QualityHistory> {
  const { clock } = await core.state()
  const today = clock.at(core.now()).day
  const byDay = new Map<number, Predictions>()
  // A day more, for local midnights lie apart from those of UTC.
  const since = core.now() - (days + 1) * DAY_MS
  for await (const { risk, label, at } of scanPredictions(core, { domain, since })) {
    const { day } = clock.at(at)
    if (day <= today - days || day > today) continue
    const own = byDay.get(day) ?? new Predictions()
    byDay.set(day, own)
    own.add(risk, label)
  }
  return [...byDay]
    .toSorted(([a], [b]) => a - b)
    .map(([day, { n, bad, brier, meanPredicted }]) => ({
      date: new Date(day * DAY_MS).toISOString().slice(0, 10),
      count: n,
      quality_score: 1 - (brier ?? 0),
      positive_rate: (n - bad) / n,
      mean_predicted: meanPredicted ?? 0,
    }))
}
