import * as z from 'zod'
import { nameSchema } from './paging.ts'
import { axesSchema } from './precedent.ts'

const share = z.number().min(0).max(1)

export const RETRIEVAL_STRATEGIES = [
  'balanced',
  'consequence-focused',
  'similarity-focused',
  'recency-focused',
  'actor-focused',
  'trajectory-focused',
] as const

/** Body of `POST /retrieval/query` and `…/explained`. `strategy_name` wins where both are given. */
export const retrievalQuerySchema = z.looseObject({
  domain: nameSchema,
  action: nameSchema,
  tool: nameSchema.nullish(),
  actor_type: nameSchema.optional(),
  axes: axesSchema.nullish(),
  risk_score: share.nullish(),
  strategy: nameSchema.nullish(),
  strategy_name: nameSchema.nullish(),
})
export type RetrievalQuery = z.input<typeof retrievalQuerySchema>

export const retrievedCaseSchema = z.looseObject({
  case_id: z.string(),
  score: share,
  signals: z.record(z.string(), z.number()),
  domain: z.string().nullable(),
  tool: z.string().nullable(),
  action: z.string(),
  risk_score: z.number().nullable(),
  verdict: z.string().nullable(),
  outcome_status: z.string().nullable(),
})
export type RetrievedCase = z.infer<typeof retrievedCaseSchema>

const result = {
  strategy: z.string(),
  total: z.int(),
  risk_level: z.string().nullable(),
  confidence: share,
  /** Mean overlap of the top ten when one signal at a time is left out; null without results. */
  stability: share.nullable(),
} as const

export const retrievalResultSchema = z.looseObject({ ...result, results: z.array(retrievedCaseSchema) })
export type RetrievalResult = z.infer<typeof retrievalResultSchema>

export const explainedRetrievalSchema = z.looseObject({
  ...result,
  results: z.array(
    retrievedCaseSchema.extend({
      explanation: z.looseObject({
        /** Each signal's part of the score. */
        signals: z.record(
          z.string(),
          z.looseObject({ weight: z.number(), value: z.number(), contribution: z.number() }),
        ),
        summary: z.string(),
      }),
    }),
  ),
  trace: z.array(z.string()),
})
export type ExplainedRetrieval = z.infer<typeof explainedRetrievalSchema>

export const strategySchema = z.looseObject({
  name: z.string(),
  description: z.string(),
  weights: z.record(z.string(), z.number()),
  is_default: z.boolean(),
})
export type Strategy = z.infer<typeof strategySchema>

export const strategyListSchema = z.looseObject({ strategies: z.array(strategySchema), default: z.string() })

/** Body of `POST /retrieval/index`. */
export const indexCaseRequestSchema = z.looseObject({
  case_id: z.string().min(1).max(200),
  org_id: z.union([z.string(), z.number()]),
  tool: nameSchema,
  action: nameSchema,
  domain: nameSchema,
  actor_type: nameSchema.optional(),
  risk_score: share.optional(),
  verdict: nameSchema.optional(),
  axes: axesSchema.nullish(),
})
export type IndexCaseRequest = z.input<typeof indexCaseRequestSchema>
export const indexCaseResponseSchema = z.looseObject({
  indexed: z.boolean(),
  case_id: z.string(),
  total_indexed: z.int(),
})

/** Body of `POST /retrieval/compare`; empty text filters nothing. */
export const compareRetrievalRequestSchema = z.looseObject({
  domain: nameSchema.optional(),
  tool: nameSchema.optional(),
  action: nameSchema.optional(),
  actor_type: nameSchema.optional(),
  axes: axesSchema.nullish(),
  risk_score: share.nullish(),
  intent: z.string().max(4000).optional(),
  strategy_a: nameSchema.optional(),
  strategy_b: nameSchema.optional(),
})
export type CompareRetrievalRequest = z.input<typeof compareRetrievalRequestSchema>
export const retrievalComparisonSchema = z.looseObject({
  strategy_a: retrievalResultSchema,
  strategy_b: retrievalResultSchema,
  /** Share of the top ten that both have; null where one has none. */
  overlap: share.nullable(),
  only_a: z.array(z.string()),
  only_b: z.array(z.string()),
  /** Bad rate of a's results minus that of b's; null where either has no outcome. */
  risk_delta: z.number().nullable(),
})
export type RetrievalComparison = z.infer<typeof retrievalComparisonSchema>

export const retrievalStatsSchema = z.looseObject({
  total_indexed: z.int(),
  by_domain: z.record(z.string(), z.int()),
  with_outcomes: z.int(),
  strategies: z.int(),
  last_indexed_at: z.string().nullable(),
})
export type RetrievalStats = z.infer<typeof retrievalStatsSchema>
