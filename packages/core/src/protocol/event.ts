import * as z from 'zod'
import { decisionIntelligenceSchema, intelligenceSchema, usageSchema } from './evaluation.ts'
import { limitSchema, nameSchema, offsetSchema } from './paging.ts'

/** Everything that can happen, snake for the decision stream and dotted for changes (protocol §7.12). */
export const EVENT_TYPES = [
  'action_allowed',
  'action_blocked',
  'action_requires_approval',
  'action_dry_run',
  'rule.created',
  'rule.updated',
  'rule.deleted',
  'rule.paused',
  'rule.resumed',
  'rule.patch_previewed',
  'rule.patch_applied',
  'policy.updated',
  'decision_event.created',
  'approval.created',
  'approval.approved',
  'approval.denied',
  'approval.expired',
  'approval.cancelled',
  'approval.escalated',
  'outcome.reported',
  'signal.new',
  'kill_switch.activated',
  'kill_switch.deactivated',
  'webhook.disabled',
] as const
export const eventTypeSchema = z.enum(EVENT_TYPES)
export type EventType = z.infer<typeof eventTypeSchema>

export const eventSeveritySchema = z.enum(['info', 'warning', 'critical'])
export type EventSeverity = z.infer<typeof eventSeveritySchema>

/** One entry of the event stream (protocol §7.12). */
export const eventItemSchema = z.looseObject({
  event_id: z.string(),
  event_type: eventTypeSchema,
  severity: eventSeveritySchema,
  request_id: z.string().nullish(),
  rule_id: z.string().nullish(),
  rule_name: z.string().nullish(),
  domain: z.string().nullish(),
  validation_id: z.string().nullish(),
  validation_hash: z.string().nullish(),
  action: z.string().nullish(),
  actor: z.string().nullish(),
  value: z.number().nullish(),
  allowed: z.boolean().nullish(),
  reason: z.string(),
  blocked_by: z.string().nullish(),
  usage: usageSchema.optional(),
  risk_score: z.number().nullish(),
  warnings: z.array(z.string()).nullish(),
  mode: z.string().nullish(),
  intelligence: intelligenceSchema.optional(),
  max_percentage: z.number().nullish(),
  duration: z.string().nullish(),
  human_review: z.boolean().nullish(),
  gate_version: z.string().nullish(),
  recommendation: z.string().nullish(),
  recommendation_confidence: z.string().nullish(),
  enforcement_mode: z.string().nullish(),
  enforced_verdict: z.string().nullish(),
  decision_intelligence: decisionIntelligenceSchema.optional(),
  recommendation_followed: z.boolean().nullish(),
  outcome_status: z.string().nullish(),
  outcome_reported_at: z.string().nullish(),
  created_at: z.string(),
})
export type EventItem = z.infer<typeof eventItemSchema>

/** Comes before every event: following begins with the oldest one. */
export const BEFORE_FIRST_EVENT = 'evt_0'

export const eventListSchema = z.looseObject({
  events: z.array(eventItemSchema),
  total: z.int().nullish(),
  limit: z.int(),
  offset: z.int(),
})
export type EventList = z.infer<typeof eventListSchema>

export const listEventsQuerySchema = z.object({
  /** Either spelling, `action_allowed` or `rule.updated`. */
  event_type: nameSchema.optional(),
  severity: eventSeveritySchema.optional(),
  rule_id: nameSchema.optional(),
  limit: limitSchema.optional(),
  offset: offsetSchema.optional(),
})
export type ListEventsQuery = z.input<typeof listEventsQuerySchema>

const verdictCountsSchema = z.looseObject({
  total: z.int(),
  allowed: z.int(),
  blocked: z.int(),
  requires_approval: z.int(),
})
export const eventStatsSchema = z.looseObject({
  today: verdictCountsSchema,
  total: verdictCountsSchema,
  by_type: z.record(z.string(), z.int()),
})
export type EventStats = z.infer<typeof eventStatsSchema>
