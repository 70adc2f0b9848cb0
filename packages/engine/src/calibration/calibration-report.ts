import type { Breakdown, CalibrationQuery, CalibrationReport } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { riskBand } from '../risk/risk-band.ts'
import { biasOf, qualityOf } from './calibration-book.ts'
import { Predictions } from './predictions.ts'
import { type LabelledPrediction, scanPredictions } from './scan-predictions.ts'

/** How well scores agree with what happened (protocol §7.6). Null where there is nothing to go on. */
export async function calibrationReport(core: EngineCore, query: CalibrationQuery): Promise<CalibrationReport> {
  const { domain, tool, risk_band: band } = query
  const predictions = new Predictions()
  for await (const { risk, label } of scanPredictions(core, { domain, tool }))
    if (band === undefined || riskBand(risk) === band) predictions.add(risk, label)
  const error = predictions.calibrationError()
  const { n, brier, meanPredicted, observedRate } = predictions
  return {
    calibration_quality: qualityOf(error, n),
    bias_direction: biasOf(meanPredicted, observedRate, n),
    brier_score: brier,
    brier_parts: predictions.brierParts(),
    log_loss: predictions.logLoss,
    quality_score: brier === null ? null : 1 - brier,
    expected_calibration_error: error,
    mean_predicted_risk: meanPredicted,
    observed_negative_rate: observedRate,
    sample_size: n,
    domain: domain ?? null,
    tool: tool ?? null,
    risk_band: band ?? null,
  }
}

const KEYS: Readonly<Record<Breakdown['by'], (prediction: LabelledPrediction) => string | null>> = {
  domain: ({ domain }) => domain,
  tool: ({ tool }) => tool,
  action: ({ action }) => action,
  actor_type: ({ actor }) => actor,
  risk_band: ({ risk }) => riskBand(risk),
}

/** The same by one property, the largest group first. */
export async function calibrationBreakdown(core: EngineCore, by: Breakdown['by']): Promise<Breakdown> {
  const groups = new Map<string | null, Predictions>()
  for await (const prediction of scanPredictions(core)) {
    const key = KEYS[by](prediction)
    const group = groups.get(key) ?? new Predictions()
    groups.set(key, group)
    group.add(prediction.risk, prediction.label)
  }
  return {
    by,
    groups: [...groups]
      .toSorted(([a, first], [b, second]) => second.n - first.n || ((a ?? '') < (b ?? '') ? -1 : 1))
      .map(([key, group]) => ({
        key,
        n: group.n,
        brier_score: group.brier,
        calibration_quality: qualityOf(group.calibrationError(), group.n),
        bias_direction: biasOf(group.meanPredicted, group.observedRate, group.n),
      })),
  }
}
