import * as z from 'zod'
import { nameSchema } from './paging.ts'

/** One event of any tool call; free-form beyond these fields (protocol §7.1). */
export const memoryEventSchema = z.looseObject({
  event_id: z.string().max(500).optional(),
  tool: nameSchema.nullish(),
  status: z.string().max(100).nullish(),
  domain: nameSchema.nullish(),
  actor: nameSchema.nullish(),
  timestamp: z.union([z.string(), z.number()]).nullish(),
})
export type MemoryEvent = z.input<typeof memoryEventSchema>

/** Body of `POST /actions/memory/ingest`. */
export const ingestMemoryRequestSchema = z.looseObject({
  events: z.array(memoryEventSchema).max(1000),
  source: nameSchema.optional(),
  source_version: nameSchema.nullish(),
  actor: nameSchema.nullish(),
  domain: nameSchema.nullish(),
  model: nameSchema.nullish(),
  trace_id: nameSchema.nullish(),
  /** Mask secrets before anything is stored. @defaultValue true */
  redact: z.boolean().optional(),
  redaction_policy: z.enum(['default']).optional(),
})
export type IngestMemoryRequest = z.input<typeof ingestMemoryRequestSchema>

export const ingestMemoryResponseSchema = z.looseObject({
  accepted: z.int(),
  total_stored: z.int(),
  source: z.string(),
})
export type IngestMemoryResponse = z.infer<typeof ingestMemoryResponseSchema>

/** Hours of memory that are looked at: an hour to ten years. */
export const windowHoursSchema = z.int().min(1).max(87_600)

export const memoryContextQuerySchema = z.object({
  window_hours: windowHoursSchema.optional(),
  tool: nameSchema.optional(),
  domain: nameSchema.optional(),
  actor: nameSchema.optional(),
  source: nameSchema.optional(),
  limit_recent: z.int().min(0).max(1000).optional(),
})
export type MemoryContextQuery = z.input<typeof memoryContextQuerySchema>

export const memoryContextSchema = z.looseObject({
  org_id: z.int(),
  window_hours: z.int(),
  filters: z.record(z.string(), z.unknown()),
  total_events: z.int(),
  /** Shares of all events in the window; null without events. */
  blocked_rate: z.number().nullable(),
  approval_rate: z.number().nullable(),
  tool_error_rate: z.number().nullable(),
  avg_risk_score: z.number().nullable(),
  top_tools: z.array(z.looseObject({ tool: z.string(), count: z.int() })),
  top_block_reasons: z.array(z.looseObject({ blocked_by: z.string(), count: z.int() })),
  /** Newest first. */
  recent_events: z.array(z.record(z.string(), z.unknown())),
})
export type MemoryContext = z.infer<typeof memoryContextSchema>

export const refreshMemoryQuerySchema = z.object({
  concurrent: z.boolean().optional(),
  window_hours: windowHoursSchema.optional(),
})
export const refreshMemoryResponseSchema = z.looseObject({
  refreshed: z.boolean(),
  mode: z.enum(['concurrent', 'blocking']),
})

const share = z.number().min(0).max(1)

/** Body of `POST /actions/memory/recommendations`, a POST that reads. */
export const memoryRecommendationsRequestSchema = z.looseObject({
  window_hours: windowHoursSchema.optional(),
  scope: z.record(z.string(), z.unknown()).nullish(),
  tool: nameSchema.nullish(),
  domain: nameSchema.nullish(),
  actor: nameSchema.nullish(),
  source: nameSchema.nullish(),
  min_events: z.int().min(1).max(1_000_000).optional(),
  min_blocked_rate: share.optional(),
  min_approval_rate: share.optional(),
  min_tool_error_rate: share.optional(),
  limit_recommendations: z.int().min(1).max(100).optional(),
  include_examples: z.boolean().optional(),
  /** Applies only changes that are marked safe; never loosens a limit. @defaultValue false */
  auto_apply: z.boolean().optional(),
})
export type MemoryRecommendationsRequest = z.input<typeof memoryRecommendationsRequestSchema>

export const memoryRecommendationSchema = z.looseObject({
  recommendation_id: z.string(),
  type: z.string(),
  tool: z.string().nullable(),
  scope: z.looseObject({
    domain: z.string().nullable(),
    tool: z.string().nullable(),
    actor: z.string().nullable(),
  }),
  time_window_hours: z.int(),
  requires_human_review: z.boolean(),
  is_safe_patch: z.boolean(),
  confidence: share,
  target_rule_id: z.string().nullable(),
  rule_selector: z.record(z.string(), z.unknown()).optional(),
  /** Feed `ops` straight into `constraints.applyPatch`. */
  suggested_policy_patch: z.looseObject({ format: z.literal('json_patch'), ops: z.array(z.looseObject({})) }),
  apply_endpoint: z.string().nullable(),
  rationale: z.string(),
  examples: z.array(z.record(z.string(), z.unknown())).optional(),
})
export type MemoryRecommendation = z.infer<typeof memoryRecommendationSchema>

export const memoryRecommendationsSchema = z.looseObject({
  org_id: z.int(),
  plan: z.string(),
  window_hours: z.int(),
  generated_at: z.string(),
  filters: z.record(z.string(), z.unknown()),
  summary: z.record(z.string(), z.unknown()),
  recommendations: z.array(memoryRecommendationSchema),
})
export type MemoryRecommendations = z.infer<typeof memoryRecommendationsSchema>
