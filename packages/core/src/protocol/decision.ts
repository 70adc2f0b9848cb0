import * as z from 'zod'
import { approvalItemSchema } from './approval.ts'
import { effectSchema } from './effect.ts'
import { outcomeReportSchema } from './outcome.ts'
import { limitSchema, nameSchema, timeSchema } from './paging.ts'

/** Query of `GET /decisions`. `q` is looked for in action, target, actor and the decision's id. */
export const listDecisionsQuerySchema = z.object({
  q: z.string().max(200).optional(),
  action: nameSchema.optional(),
  actor: nameSchema.optional(),
  domain: nameSchema.optional(),
  recommendation: nameSchema.optional(),
  result: nameSchema.optional(),
  outcome_category: z.enum(['positive', 'neutral', 'negative', 'none']).optional(),
  trajectory_id: z.string().max(500).optional(),
  min_risk_score: z.number().min(0).max(1).optional(),
  since: timeSchema.optional(),
  until: timeSchema.optional(),
  limit: limitSchema.optional(),
  /** `next_cursor` of the page before. */
  cursor: z.string().max(200).optional(),
})
export type ListDecisionsQuery = z.input<typeof listDecisionsQuerySchema>

export const decisionSummarySchema = z.looseObject({
  request_id: z.string(),
  case_id: z.string(),
  validation_id: z.string(),
  action: z.string(),
  tool: z.string().nullable(),
  actor: z.string(),
  target: z.string().nullable(),
  value: z.number().nullable(),
  domain: z.string().nullable(),
  trajectory_id: z.string().nullable(),
  recommendation: z.string(),
  result: z.string(),
  blocked_by: z.string().nullable(),
  risk_score: z.number(),
  approval_status: z.string().nullable(),
  effect_state: z.string().nullable(),
  outcome_status: z.string().nullable(),
  outcome_category: z.string().nullable(),
  created_at: z.string(),
})
export type DecisionSummary = z.infer<typeof decisionSummarySchema>

export const decisionListSchema = z.looseObject({
  /** Newest first. A search may answer fewer than `limit`, even none, and still have more: it looks through a part of the log at a time. */
  decisions: z.array(decisionSummarySchema),
  /** Null once the whole log was looked through. */
  next_cursor: z.string().nullable(),
  limit: z.int(),
})
export type DecisionList = z.infer<typeof decisionListSchema>

/** One decision with its whole story. `request` and `response` are null once they were erased. */
export const decisionSchema = decisionSummarySchema.extend({
  request: z.record(z.string(), z.unknown()).nullable(),
  response: z.record(z.string(), z.unknown()).nullable(),
  approval: approvalItemSchema.nullable(),
  effect: effectSchema.nullable(),
  /** Oldest first; the last one counts. */
  outcomes: z.array(outcomeReportSchema),
  /** The records of the log, with the hashes that prove them. */
  records: z.array(
    z.looseObject({ seq: z.int(), type: z.string(), at: z.string(), hash: z.string(), is_erased: z.boolean() }),
  ),
})
export type Decision = z.infer<typeof decisionSchema>
