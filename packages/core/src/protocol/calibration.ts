import * as z from 'zod'
import { nameSchema } from './paging.ts'

const share = z.number().min(0).max(1)

export const calibrationQualitySchema = z.enum(['good', 'fair', 'poor', 'insufficient_data'])
/** By ECE: `good` ≤ 0.05, `fair` ≤ 0.10, else `poor`; below 30 outcomes `insufficient_data` (engine.md §1). */
export type CalibrationQuality = z.infer<typeof calibrationQualitySchema>

export const biasDirectionSchema = z.enum(['overestimates_risk', 'underestimates_risk', 'balanced', 'unknown'])
export type BiasDirection = z.infer<typeof biasDirectionSchema>

export const calibrationQuerySchema = z.object({
  domain: nameSchema.optional(),
  tool: nameSchema.optional(),
  risk_band: z.enum(['low', 'medium', 'high', 'critical']).optional(),
})
export type CalibrationQuery = z.input<typeof calibrationQuerySchema>

/** How well scores agree with what happened, from the predictions as they were made (protocol §7.6). Null: nothing to go on. */
export const calibrationReportSchema = z.looseObject({
  calibration_quality: calibrationQualitySchema,
  bias_direction: biasDirectionSchema,
  brier_score: share.nullable(),
  /** 1 − Brier. */
  quality_score: share.nullable(),
  expected_calibration_error: share.nullable(),
  mean_predicted_risk: share.nullable(),
  observed_negative_rate: share.nullable(),
  sample_size: z.int(),
  domain: z.string().nullable(),
  tool: z.string().nullable(),
  risk_band: z.string().nullable(),
})
export type CalibrationReport = z.infer<typeof calibrationReportSchema>

export const reliabilityQuerySchema = calibrationQuerySchema.omit({ risk_band: true })
export const reliabilitySchema = z.looseObject({
  /** Bins of equal count, ascending. */
  bins: z.array(
    z.looseObject({
      lower: share,
      upper: share,
      count: z.int(),
      mean_predicted: share,
      observed_rate: share,
      /** Wilson interval of the observed rate, 95 %. */
      interval: z.tuple([share, share]),
    }),
  ),
  total: z.int(),
  domain: z.string().nullable(),
  tool: z.string().nullable(),
})
export type Reliability = z.infer<typeof reliabilitySchema>

const windowSchema = z.looseObject({
  mean_predicted: share.nullable(),
  observed_rate: share.nullable(),
  brier: share.nullable(),
  n: z.int(),
})
export const driftQuerySchema = z.object({
  /** @defaultValue 14 */
  window_days: z.int().min(1).max(3650).optional(),
  domain: nameSchema.optional(),
})
/** Two windows of the same length beside each other, the newer one ending now. */
export const driftSchema = z.looseObject({
  window_days: z.int(),
  domain: z.string().nullable(),
  drift_detected: z.boolean(),
  /** |difference of observed rates| over its standard error; null with too few outcomes. */
  drift_score: z.number().nullable(),
  direction: z.enum(['riskier', 'safer', 'none']),
  current: windowSchema,
  previous: windowSchema,
})
export type Drift = z.infer<typeof driftSchema>

export const breakdownBySchema = z.enum(['domain', 'tool', 'action', 'actor_type', 'risk_band'])
export const breakdownQuerySchema = z.object({ by: breakdownBySchema.optional() })
export const breakdownSchema = z.looseObject({
  by: breakdownBySchema,
  groups: z.array(
    z.looseObject({
      key: z.string().nullable(),
      n: z.int(),
      brier_score: share.nullable(),
      calibration_quality: calibrationQualitySchema,
      bias_direction: biasDirectionSchema,
    }),
  ),
})
export type Breakdown = z.infer<typeof breakdownSchema>

export const feedbackQuerySchema = z.object({ domain: nameSchema.optional() })
export const feedbackSchema = z.looseObject({
  domain: z.string().nullable(),
  /** Observed negative rate minus mean predicted risk; null without outcomes. */
  risk_adjustment: z.number().nullable(),
  suggestions: z.array(
    z.looseObject({
      type: z.string(),
      message: z.string(),
      strength: share,
      evidence: z.record(z.string(), z.unknown()),
    }),
  ),
})
export type CalibrationFeedback = z.infer<typeof feedbackSchema>

/** Body of `POST /calibration/observe`: a prediction and what came of it, from elsewhere. */
export const observeRequestSchema = z.looseObject({
  case_id: z.string().min(1).max(200),
  predicted_risk: share,
  outcome_status: z.string().min(1).max(100),
  domain: nameSchema.nullish(),
  tool: nameSchema.nullish(),
  action: nameSchema.nullish(),
  actor_type: nameSchema.nullish(),
  verdict: nameSchema.nullish(),
  simulation_failure_rate: share.nullish(),
  simulation_fragility: share.nullish(),
  simulation_confidence: share.nullish(),
})
export type ObserveRequest = z.input<typeof observeRequestSchema>
export const observeResponseSchema = z.looseObject({
  recorded: z.boolean(),
  case_id: z.string(),
  predicted_risk: share,
  outcome_status: z.string(),
  /** 1 negative, 0 positive, null neutral; the two below are null then too. */
  actual: z.number().nullable(),
  error: z.number().nullable(),
  brier: z.number().nullable(),
})
export type ObserveResponse = z.infer<typeof observeResponseSchema>

export const qualityHistoryQuerySchema = z.object({
  /** @defaultValue 30 */
  days: z.int().min(1).max(3650).optional(),
  domain: nameSchema.optional(),
})
/** One entry a day that has outcomes, oldest first. */
export const qualityHistorySchema = z.array(
  z.looseObject({
    date: z.string(),
    count: z.int(),
    quality_score: share,
    positive_rate: share,
    /** Mean of the risks as they were predicted. */
    mean_predicted: share,
  }),
)
export type QualityHistory = z.infer<typeof qualityHistorySchema>
