import * as z from 'zod'
import { impactSummarySchema } from './evaluation.ts'
import { limitSchema, nameSchema } from './paging.ts'

const share = z.number().min(0).max(1)

export const listSimulationsQuerySchema = z.object({
  domain: nameSchema.optional(),
  tool: nameSchema.optional(),
  with_outcome: z.boolean().optional(),
  limit: limitSchema.optional(),
})
export type ListSimulationsQuery = z.input<typeof listSimulationsQuerySchema>

/** The losses drawn at an evaluation, kept to be compared with what came (protocol §7.8). */
export const simulationSnapshotSchema = z.looseObject({
  snapshot_id: z.string(),
  request_id: z.string(),
  case_id: z.string(),
  domain: z.string().nullable(),
  tool: z.string().nullable(),
  action: z.string(),
  created_at: z.string(),
  predicted_risk: share,
  available: z.boolean(),
  scenarios_run: z.int(),
  failure_rate: share.nullable(),
  fragility_score: share.nullable(),
  confidence: share.nullable(),
  tail_risk_level: z.string().nullable(),
  impact_summary: impactSummarySchema.nullable(),
  outcome: z
    .looseObject({ status: z.string(), category: z.string(), severity: z.number(), reported_at: z.string() })
    .nullable(),
})
export type SimulationSnapshot = z.infer<typeof simulationSnapshotSchema>

export const simulationListSchema = z.looseObject({
  snapshots: z.array(simulationSnapshotSchema),
  total: z.int(),
  limit: z.int(),
})

export const simulationComparisonSchema = z.looseObject({
  request_id: z.string(),
  snapshot_id: z.string(),
  predicted_risk: share,
  /** Status of the newest outcome; null while there is none. */
  actual_outcome: z.string().nullable(),
  /** predicted_risk minus what happened (1 negative, 0 positive); null without a label. */
  calibration_error: z.number().nullable(),
  category: z.string().nullable(),
  severity: z.number().nullable(),
  prediction_correct: z.boolean().nullable(),
})
export type SimulationComparison = z.infer<typeof simulationComparisonSchema>

export const simulationAccuracyQuerySchema = z.object({ domain: nameSchema.optional(), tool: nameSchema.optional() })
export const simulationAccuracySchema = z.looseObject({
  domain: z.string().nullable(),
  tool: z.string().nullable(),
  total: z.int(),
  with_outcome: z.int(),
  mean_absolute_error: share.nullable(),
  brier_score: share.nullable(),
  prediction_correct_rate: share.nullable(),
})
export type SimulationAccuracy = z.infer<typeof simulationAccuracySchema>

export const simulationStatsSchema = z.looseObject({
  total_snapshots: z.int(),
  with_outcome: z.int(),
  avg_predicted_risk: share.nullable(),
  avg_scenarios_run: z.number().nullable(),
  by_domain: z.record(z.string(), z.int()),
})
export type SimulationStats = z.infer<typeof simulationStatsSchema>
