import * as z from 'zod'
import { nameSchema } from './paging.ts'

const share = z.number().min(0).max(1)

export const insightSeveritySchema = z.enum(['low', 'medium', 'high', 'critical'])
export type InsightSeverity = z.infer<typeof insightSeveritySchema>

/** Body of `POST /insights/advise`. */
export const adviseRequestSchema = z.looseObject({
  tool: nameSchema,
  action: nameSchema,
  domain: nameSchema,
  actor_type: nameSchema.optional(),
  risk_band: nameSchema.nullish(),
})
export type AdviseRequest = z.input<typeof adviseRequestSchema>

export const advisorySchema = z.looseObject({
  advisory_id: z.string(),
  severity: insightSeveritySchema,
  pattern_type: z.string(),
  message: z.string(),
  suggestion: z.string(),
  confidence: share,
  evidence: z.looseObject({ cases: z.int(), negative_rate: share }),
})
export const adviceSchema = z.looseObject({
  advisories: z.array(advisorySchema),
  risk_level: z.string().nullable(),
  confidence: share,
  tool: z.string(),
  action: z.string(),
  domain: z.string(),
})
export type Advice = z.infer<typeof adviceSchema>

export const patternsQuerySchema = z.object({
  pattern_type: nameSchema.optional(),
  domain: nameSchema.optional(),
  tool: nameSchema.optional(),
  /** A floor. */
  min_severity: insightSeveritySchema.optional(),
})
export type PatternsQuery = z.input<typeof patternsQuerySchema>

/** A slice whose bad rate differs from its parent's, with controlled false discovery (engine.md §5). */
export const patternSchema = z.looseObject({
  pattern_id: z.string(),
  pattern_type: z.string(),
  severity: insightSeveritySchema,
  domain: z.string().nullable(),
  tool: z.string().nullable(),
  action: z.string().nullable(),
  description: z.string(),
  /** Outcomes behind it. */
  support: z.int(),
  negative_rate: share,
  confidence: share,
  first_seen: z.string(),
  last_seen: z.string(),
})
export type Pattern = z.infer<typeof patternSchema>
export const patternListSchema = z.looseObject({ patterns: z.array(patternSchema), total: z.int() })

export const learnPatternsSchema = z.looseObject({
  learned: z.boolean(),
  cases_analyzed: z.int(),
  patterns_discovered: z.int(),
  patterns_updated: z.int(),
  ran_at: z.string(),
})
export type LearnPatterns = z.infer<typeof learnPatternsSchema>

export const profileQuerySchema = z.object({
  tool: nameSchema.optional(),
  action: nameSchema.optional(),
  domain: nameSchema.optional(),
})
export const profileSchema = z.looseObject({
  tool: z.string().nullable(),
  action: z.string().nullable(),
  domain: z.string().nullable(),
  total_cases: z.int(),
  with_outcomes: z.int(),
  success_rate: share.nullable(),
  negative_rate: share.nullable(),
  avg_risk_score: share.nullable(),
  avg_value: z.number().nullable(),
  common_outcomes: z.record(z.string(), z.int()),
  patterns: z.array(patternSchema),
})
export type Profile = z.infer<typeof profileSchema>
