import * as z from 'zod'
import { type OutcomeReportRequest, outcomeReportSchema } from './outcome.ts'
import { limitSchema, nameSchema, timeSchema } from './paging.ts'

/** Body of `POST /outcomes/report/batch`. Each item is accepted or refused by itself. */
export const outcomeBatchRequestSchema = z.looseObject({
  // Items are read one by one, so that a wrong one does not refuse the others.
  outcomes: z.array(z.looseObject({})).max(100),
})
export interface OutcomeBatchRequest {
  readonly outcomes: readonly OutcomeReportRequest[]
}

export const outcomeBatchResponseSchema = z.looseObject({
  accepted: z.int(),
  failed: z.int(),
  results: z.array(
    z.looseObject({
      index: z.int(),
      ok: z.boolean(),
      outcome: outcomeReportSchema.optional(),
      error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
    }),
  ),
})
export type OutcomeBatchResponse = z.infer<typeof outcomeBatchResponseSchema>

export const timelineSchema = z.looseObject({
  request_id: z.string(),
  case_id: z.string(),
  /** Status of the newest outcome; null without one. */
  current_status: z.string().nullable(),
  events: z.array(
    z.looseObject({
      type: z.enum(['decision', 'approval', 'execution', 'outcome', 'outcome_update']),
      at: z.string(),
      status: z.string().nullish(),
      actor: z.string().nullish(),
      description: z.string().nullish(),
      data: z.record(z.string(), z.unknown()),
    }),
  ),
  count: z.int(),
})
export type Timeline = z.infer<typeof timelineSchema>

export const pendingOutcomesQuerySchema = z.object({
  min_age_hours: z.number().min(0).max(1_000_000).optional(),
  limit: limitSchema.optional(),
})
export const pendingOutcomesSchema = z.looseObject({
  pending: z.array(
    z.looseObject({
      request_id: z.string(),
      case_id: z.string(),
      validation_id: z.string(),
      domain: z.string().nullable(),
      action: z.string(),
      tool: z.string().nullable(),
      actor: z.string(),
      recommendation: z.string(),
      risk_score: z.number(),
      decision_at: z.string(),
      age_hours: z.number(),
    }),
  ),
  total: z.int(),
  limit: z.int(),
})
export type PendingOutcomes = z.infer<typeof pendingOutcomesSchema>

export const analyticsQuerySchema = z.object({
  domain: nameSchema.optional(),
  since: timeSchema.optional(),
  until: timeSchema.optional(),
})
export type AnalyticsQuery = z.input<typeof analyticsQuerySchema>

const rate = z.number().min(0).max(1).nullable()

export const outcomeAnalyticsSchema = z.looseObject({
  domain: z.string().nullable(),
  since: z.string().nullable(),
  until: z.string().nullable(),
  total: z.int(),
  by_status: z.record(z.string(), z.int()),
  by_category: z.looseObject({ positive: z.int(), neutral: z.int(), negative: z.int() }),
  positive_rate: rate,
  negative_rate: rate,
  avg_severity: rate,
  avg_time_to_outcome_s: z.number().nullable(),
  corrections: z.looseObject({ count: z.int(), total_cost: z.number() }),
  rollbacks: z.int(),
  business_impact: z.looseObject({
    revenue_impact: z.number(),
    customer_impact_count: z.int(),
    support_tickets_created: z.int(),
  }),
  by_action: z.array(z.looseObject({ action: z.string(), total: z.int(), positive_rate: rate })),
})
export type OutcomeAnalytics = z.infer<typeof outcomeAnalyticsSchema>

export const taxonomySchema = z.looseObject({
  version: z.int(),
  statuses: z.array(
    z.looseObject({
      status: z.string(),
      category: z.string(),
      severity: z.number(),
      description: z.string(),
      aliases: z.array(z.string()),
    }),
  ),
  categories: z.array(z.string()),
})
export type Taxonomy = z.infer<typeof taxonomySchema>

const quadrantsSchema = z.looseObject({
  followed_positive: z.int(),
  followed_negative: z.int(),
  ignored_positive: z.int(),
  ignored_negative: z.int(),
})
const followedSchema = {
  total: z.int(),
  followed: z.int(),
  ignored: z.int(),
  /** followed / (followed + ignored); null if none. */
  follow_rate: rate,
} as const

export const qualityExampleSchema = z.looseObject({
  outcome_id: z.string(),
  request_id: z.string(),
  domain: z.string().nullable(),
  action: z.string(),
  tool: z.string().nullable(),
  status: z.string(),
  verdict_was: z.string(),
  risk_score_was: z.number().nullable(),
  reported_at: z.string().nullable(),
  description: z.string(),
  recommendation_followed: z.boolean().nullable(),
  category: z.string(),
})

/** Were recommendations followed, and did it help (protocol §7.2). Neutral outcomes are in no quadrant. */
export const recommendationQualitySchema = z.looseObject({
  total_with_outcome: z.int(),
  follow_rate: rate,
  /** followed_positive / (followed_positive + followed_negative); null if none. */
  positive_after_following: rate,
  quadrants: quadrantsSchema,
  by_domain: z.array(
    z.looseObject({
      domain: z.string().nullable(),
      ...followedSchema,
      followed_positive: z.int(),
      ignored_negative: z.int(),
    }),
  ),
  by_actor: z.array(
    z.looseObject({ actor_type: z.string(), ...followedSchema, followed_positive: z.int(), ignored_negative: z.int() }),
  ),
  /** By week, oldest first. */
  trend: z.array(
    z.looseObject({
      week: z.string(),
      ...followedSchema,
      positive_after_following: rate,
      quadrants: quadrantsSchema,
    }),
  ),
  examples: z.looseObject({ helped: z.array(qualityExampleSchema), missed: z.array(qualityExampleSchema) }),
})
export type RecommendationQuality = z.infer<typeof recommendationQualitySchema>

export const partnerViewSchema = z.looseObject({
  overview: z.looseObject({
    domain: z.string(),
    decisions_evaluated: z.int(),
    with_outcome: z.int(),
    follow_rate: rate,
    positive_after_following: rate,
    avg_risk_score: rate,
  }),
  recommendation_quality: recommendationQualitySchema.omit({ examples: true }),
  trend: recommendationQualitySchema.shape.trend,
  by_action: z.array(
    z.looseObject({
      action: z.string(),
      total: z.int(),
      with_outcome: z.int(),
      follow_rate: rate,
      positive_rate: rate,
      negative_rate: rate,
    }),
  ),
  /** Actions with too few outcomes to say anything about; `needed` more would do. */
  sparse_evidence: z.array(
    z.looseObject({ action: z.string(), total: z.int(), with_outcome: z.int(), needed: z.int() }),
  ),
  examples: recommendationQualitySchema.shape.examples,
})
export type PartnerView = z.infer<typeof partnerViewSchema>
