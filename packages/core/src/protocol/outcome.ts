import * as z from 'zod'
import { findOutcomeStatus, OUTCOME_TAXONOMY } from './outcome-taxonomy.ts'
import { timeSchema } from './paging.ts'

const statusSchema = z.string().transform((status, context) => {
  const definition = findOutcomeStatus(status)
  if (definition) return definition.status
  const known = OUTCOME_TAXONOMY.map((each) => each.status).join(', ')
  context.addIssue({
    code: 'custom',
    message: `${JSON.stringify(status.slice(0, 60))} is not an outcome status; use one of ${known}`,
  })
  return z.NEVER
})

/** Everything that a report says of an outcome, whatever names the decision. */
export const outcomeReportRequestFields = {
  status: statusSchema,
  description: z.string().max(10_000).optional(),
  details: z.record(z.string(), z.unknown()).optional(),
  actual_impact: z.record(z.string(), z.unknown()).optional(),
  correction_needed: z.boolean().optional(),
  correction_description: z.string().max(10_000).optional(),
  correction_cost: z.number().nullish(),
  time_to_detect_s: z.number().nullish(),
  time_to_resolve_s: z.number().nullish(),
  rollback_performed: z.boolean().optional(),
  revenue_impact: z.number().nullish(),
  customer_impact_count: z.int().min(0).optional(),
  support_tickets_created: z.int().min(0).optional(),
  observed_at: timeSchema.optional(),
  reported_by: z.string().max(500).optional(),
  tags: z.array(z.string()).optional(),
} as const

/** Body of `POST /outcomes/report` (protocol §7.2). At least one of the three ids is needed. */
export const outcomeReportRequestSchema = z
  .looseObject({
    ...outcomeReportRequestFields,
    request_id: z.string().optional(),
    case_id: z.string().optional(),
    validation_id: z.string().optional(),
  })
  .refine((body) => body.request_id || body.case_id || body.validation_id, {
    message: 'one of request_id, case_id or validation_id is needed to find the decision',
    path: ['request_id'],
  })
export type OutcomeReportRequest = z.input<typeof outcomeReportRequestSchema>

/** An outcome as it is stored and read back (protocol §6.3). */
export const outcomeReportSchema = z.looseObject({
  outcome_id: z.string(),
  org_id: z.string(),
  request_id: z.string(),
  case_id: z.string(),
  validation_id: z.string().optional(),
  status: z.string(),
  category: z.enum(['positive', 'neutral', 'negative']),
  severity: z.number().min(0).max(1),
  reported_at: z.string(),
  reported_by: z.string(),
  report_source: z.string(),
  description: z.string(),
  decision_context: z.looseObject({
    domain: z.string().nullable(),
    tool: z.string().nullable(),
    action: z.string(),
    actor_type: z.string(),
    verdict_was: z.string(),
    risk_score_was: z.number(),
  }),
  decision_at: z.string().nullable(),
  observed_at: z.string().nullable(),
  /** Seconds from decision to observation. */
  time_to_outcome_s: z.number().nullable(),
  details: z.record(z.string(), z.unknown()),
  actual_impact: z.record(z.string(), z.unknown()),
  correction: z.looseObject({
    needed: z.boolean(),
    description: z.string(),
    cost: z.number().nullable(),
    time_to_detect_s: z.number().nullable(),
    time_to_resolve_s: z.number().nullable(),
  }),
  rollback: z.looseObject({ performed: z.boolean() }),
  business_impact: z.looseObject({
    revenue_impact: z.number().nullable(),
    customer_impact_count: z.int(),
    support_tickets_created: z.int(),
  }),
  calibration: z.looseObject({
    /** risk_score_was minus what happened (1 negative, 0 positive); null for a neutral outcome. */
    error: z.number().nullable(),
    prediction_correct: z.boolean().nullable(),
  }),
  tags: z.array(z.string()),
  recommendation_followed: z.boolean().nullable(),
})
export type OutcomeReport = z.infer<typeof outcomeReportSchema>
