import * as z from 'zod'
import { outcomeReportRequestFields, outcomeReportSchema } from './outcome.ts'
import { limitSchema, nameSchema, offsetSchema } from './paging.ts'
import { axesSchema } from './precedent.ts'

const share = z.number().min(0).max(1)
const text = z.string().max(10_000)

export const CASE_VERDICTS = ['ALLOWED', 'BLOCKED', 'APPROVAL_REQUIRED', 'LIMITED', 'DRY_RUN'] as const
export const caseVerdictSchema = z.enum(CASE_VERDICTS)
export type CaseVerdict = z.infer<typeof caseVerdictSchema>

/** Body of `POST /cases` (protocol §7.3): a decision that somebody else made, or more about one of ours. */
export const createCaseRequestSchema = z.looseObject({
  domain: nameSchema,
  action: z.looseObject({
    tool: nameSchema.nullish(),
    action: nameSchema.nullish(),
    arguments: z.record(z.string(), z.unknown()).nullish(),
    value: z.number().nullish(),
    target: z.string().max(4000).nullish(),
    domain: nameSchema.nullish(),
  }),
  verdict: z.looseObject({
    verdict: caseVerdictSchema.nullish(),
    mode: nameSchema.nullish(),
    reasons: z.array(z.unknown()).nullish(),
    risk_score: share.nullish(),
    confidence: share.nullish(),
  }),
  context: z.looseObject({ axes: axesSchema.nullish(), risk_score: share.nullish() }).nullish(),
  simulation: z.record(z.string(), z.unknown()).nullish(),
  goal_summary: text.optional(),
  trigger_source: text.optional(),
  actor_type: nameSchema.optional(),
  actor_id: nameSchema.optional(),
  agent_model: nameSchema.optional(),
  /** `request_id` or `validation_id` link the case to a recorded decision. */
  refs: z.record(z.string(), z.unknown()).nullish(),
  tags: z.array(z.string()).nullish(),
})
export type CreateCaseRequest = z.input<typeof createCaseRequestSchema>

export const caseSchema = z.looseObject({
  case_id: z.string(),
  org_id: z.string(),
  domain: z.string().nullable(),
  action: z.record(z.string(), z.unknown()),
  verdict: z.record(z.string(), z.unknown()),
  context: z.record(z.string(), z.unknown()),
  simulation: z.record(z.string(), z.unknown()).nullable(),
  goal_summary: z.string(),
  trigger_source: z.string(),
  actor_type: z.string(),
  actor_id: z.string(),
  agent_model: z.string(),
  refs: z.record(z.string(), z.unknown()),
  tags: z.array(z.string()),
  recommendation: z.string().nullable(),
  risk_score: z.number().nullable(),
  request_id: z.string().nullable(),
  validation_id: z.string().nullable(),
  outcome: outcomeReportSchema.nullable(),
  outcome_status: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
})
export type Case = z.infer<typeof caseSchema>

export const listCasesQuerySchema = z.object({
  domain: nameSchema.optional(),
  tool: nameSchema.optional(),
  action: nameSchema.optional(),
  verdict: nameSchema.optional(),
  outcome_status: nameSchema.optional(),
  has_outcome: z.boolean().optional(),
  min_risk_score: share.optional(),
  max_risk_score: share.optional(),
  limit: limitSchema.optional(),
  offset: offsetSchema.optional(),
})
export type ListCasesQuery = z.input<typeof listCasesQuerySchema>

export const caseListSchema = z.looseObject({
  /** Newest first. */
  cases: z.array(caseSchema),
  total: z.int(),
  limit: z.int(),
  offset: z.int(),
})
export type CaseList = z.infer<typeof caseListSchema>

/** Body of `POST /cases/{case_id}/outcome`: an outcome report without ids. */
export const caseOutcomeRequestSchema = z.looseObject(outcomeReportRequestFields)
export type CaseOutcomeRequest = z.input<typeof caseOutcomeRequestSchema>

/** Body of `POST /cases/precedents`. */
export const casePrecedentsRequestSchema = z.looseObject({
  domain: nameSchema.optional(),
  action: z.looseObject({
    action: nameSchema,
    tool: nameSchema.nullish(),
    action_type: nameSchema.nullish(),
    arguments: z.record(z.string(), z.unknown()).nullish(),
    value: z.number().nullish(),
    target: z.string().max(4000).nullish(),
  }),
  context: z
    .looseObject({
      axes: axesSchema.nullish(),
      axes_risk_score: share.nullish(),
      intent: z.string().max(4000).nullish(),
      irreversibility: share.nullish(),
    })
    .nullish(),
  min_similarity: share.optional(),
  limit: z.int().min(1).max(100).optional(),
})
export type CasePrecedentsRequest = z.input<typeof casePrecedentsRequestSchema>
