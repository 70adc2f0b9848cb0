import * as z from 'zod'
import { nameSchema } from './paging.ts'

const share = z.number().min(0).max(1)
/** Named axes of a situation, each in [0, 1], such as `reversibility`. */
export const axesSchema = z.record(z.string(), z.number())

const situation = {
  domain: nameSchema,
  action: nameSchema,
  actor_type: nameSchema.optional(),
  tool: nameSchema.nullish(),
  axes: axesSchema.nullish(),
  risk_score: share.nullish(),
} as const

/** Body of `POST /precedents/signals`. */
export const precedentSignalsRequestSchema = z.looseObject(situation)
export type PrecedentSignalsRequest = z.input<typeof precedentSignalsRequestSchema>

/** Body of `POST /precedents/query`. */
export const precedentQuerySchema = z.looseObject({
  ...situation,
  intent: z.string().max(4000).nullish(),
  /** @defaultValue 0.5 */
  min_similarity: share.nullish(),
  /** @defaultValue 20 */
  max_results: z.int().min(1).max(100).nullish(),
  /** @defaultValue false */
  require_outcome: z.boolean().nullish(),
})
export type PrecedentQuery = z.input<typeof precedentQuerySchema>

export const precedentMatchSchema = z.looseObject({
  case_id: z.string(),
  request_id: z.string().nullable(),
  similarity: share,
  domain: z.string().nullable(),
  tool: z.string().nullable(),
  action: z.string(),
  value: z.number().nullable(),
  risk_score: z.number().nullable(),
  verdict: z.string().nullable(),
  recommendation: z.string().nullable(),
  outcome_status: z.string().nullable(),
  outcome_category: z.string().nullable(),
  created_at: z.string(),
})
export type PrecedentMatch = z.infer<typeof precedentMatchSchema>

const summary = {
  total_precedents: z.int(),
  with_outcomes: z.int(),
  success_rate: share.nullable(),
  negative_rate: share.nullable(),
  risk_level: z.string().nullable(),
  confidence: share,
  warnings: z.array(z.string()),
  risk_adjustment: z.number().nullable(),
} as const

export const precedentQueryResultSchema = z.looseObject({
  ...summary,
  /** Counts by status. */
  outcomes: z.record(z.string(), z.int()),
  /** Best first. */
  precedents: z.array(precedentMatchSchema),
})
export type PrecedentQueryResult = z.infer<typeof precedentQueryResultSchema>

export const precedentSignalsSchema = z.looseObject({
  ...summary,
  domain: z.string(),
  action: z.string(),
  tool: z.string().nullable(),
})
export type PrecedentSignals = z.infer<typeof precedentSignalsSchema>

export const precedentStatsSchema = z.looseObject({
  total_cases: z.int(),
  with_outcomes: z.int(),
  domains: z.array(z.looseObject({ domain: z.string().nullable(), cases: z.int(), with_outcomes: z.int() })),
  last_indexed_at: z.string().nullable(),
})
export type PrecedentStats = z.infer<typeof precedentStatsSchema>
