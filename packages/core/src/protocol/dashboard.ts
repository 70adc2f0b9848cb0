import * as z from 'zod'
import { enforcementModeSchema } from './evaluation.ts'

/** Whether a recorded decision is still what was answered (protocol §7.1). */
export const validationVerifySchema = z.looseObject({
  valid: z.boolean(),
  validation_id: z.string(),
  validation_hash: z.string().nullable(),
  computed_hash: z.string().nullable(),
  validated_at: z.string().nullable(),
  allowed: z.boolean().nullable(),
  result: z.string().nullable(),
  message: z.string(),
})
export type ValidationVerify = z.infer<typeof validationVerifySchema>

export const valueProtectedHistorySchema = z.looseObject({
  data: z.array(z.looseObject({ date: z.string(), value_protected: z.number(), blocked_count: z.int() })),
  total_value_protected: z.number(),
  total_blocked: z.int(),
  period_days: z.int(),
})
export type ValueProtectedHistory = z.infer<typeof valueProtectedHistorySchema>

/** Counts of one period. */
export const periodCountsSchema = z.looseObject({
  total: z.int(),
  allowed: z.int(),
  blocked: z.int(),
  requires_approval: z.int(),
  /** Sum of the values of blocked and denied calls. */
  value_protected: z.number(),
  /** Null where nothing was evaluated. */
  avg_risk_score: z.number().nullable(),
})
export type PeriodCounts = z.infer<typeof periodCountsSchema>

/**
 * `automation_health_score`: 100 · (share of executed calls without a negative outcome) · (share of calls that needed no
 * person), over the last 30 days; null before the first call.
 */
const automationHealth = z.int().min(0).max(100).nullable()

export const dashboardSummarySchema = z.looseObject({
  total_validations_this_month: z.int(),
  allowed_this_month: z.int(),
  blocked_this_month: z.int(),
  approvals_resolved: z.int(),
  pending_approvals: z.int(),
  automation_health_score: automationHealth,
  value_protected: z.number(),
  today: periodCountsSchema,
  week: periodCountsSchema,
  insight: z.string(),
})
export type DashboardSummary = z.infer<typeof dashboardSummarySchema>

export const observerStatsSchema = z.looseObject({
  insight: z.string(),
  today: periodCountsSchema,
  week: periodCountsSchema,
  month: periodCountsSchema,
  all_time: periodCountsSchema,
  top_blocked_by: z.array(z.looseObject({ blocked_by: z.string(), count: z.int() })),
  automation_health_score: automationHealth,
})
export type ObserverStats = z.infer<typeof observerStatsSchema>

export const serviceStatusSchema = z.looseObject({
  ok: z.boolean(),
  status: z.string(),
  service: z.string(),
  version: z.string(),
  time: z.string(),
  enforcement_mode: enforcementModeSchema,
  kill_switch_active: z.boolean(),
})
export type ServiceStatus = z.infer<typeof serviceStatusSchema>
