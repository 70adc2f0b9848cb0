import * as z from 'zod'
import { provenanceLabelSchema } from './action.ts'
import { precedentReferenceSchema } from './evaluation.ts'
import { limitSchema } from './paging.ts'

export const approvalStatusSchema = z.enum(['pending', 'approved', 'denied', 'expired', 'cancelled'])
/** Starts as `pending`, ends as one of the others. Unanswered is not denied. */
export type ApprovalStatus = z.infer<typeof approvalStatusSchema>

/** What a person should look at before answering. Evidence is never authority. */
export const approvalEvidenceSchema = z.looseObject({
  risk_interval: z.tuple([z.number(), z.number()]).optional(),
  positive: precedentReferenceSchema.nullish(),
  negative: precedentReferenceSchema.nullish(),
  /** The value at stake in the action's own unit, where one is known. */
  stake: z.number().nullish(),
})
export type ApprovalEvidence = z.infer<typeof approvalEvidenceSchema>

/** One person's approval among those that are needed. */
export const approvalVoteSchema = z.looseObject({
  by: z.string(),
  at: z.string(),
  comment: z.string().nullish(),
})
export type ApprovalVote = z.infer<typeof approvalVoteSchema>

/** One request to a person and its answer (protocol §7.13). `request_id` is that of the evaluation. */
export const approvalItemSchema = z.looseObject({
  request_id: z.string(),
  rule_id: z.string().nullish(),
  validation_id: z.string().nullish(),
  action: z.string(),
  actor: z.string(),
  value: z.number().nullish(),
  target: z.string().nullish(),
  domain: z.string().nullish(),
  tool: z.string().nullish(),
  status: approvalStatusSchema,
  risk_score: z.number(),
  reason: z.string(),
  resolution: z.enum(['approved', 'denied']).nullish(),
  comment: z.string().nullish(),
  resolved_at: z.string().nullish(),
  resolved_by: z.string().nullish(),
  created_at: z.string(),
  /** Masked. */
  arguments: z.record(z.string(), z.unknown()).optional(),
  /** The exact action that the answer is for; an answer is good for no other. */
  arguments_digest: z.string(),
  /** The call's own id, the run it belongs to, the key it will be claimed under: with them any process can take it up. */
  call_id: z.string().nullish(),
  trajectory_id: z.string().nullish(),
  effect_key: z.string().nullish(),
  /** Version of the target that the answer is for, where the tool gives one. */
  target_version: z.string().nullish(),
  provenance: z.record(z.string(), provenanceLabelSchema).optional(),
  expires_at: z.string(),
  /** Different people who have to approve. @defaultValue 1 */
  approvals_needed: z.int().min(1).optional(),
  /** Those who have, in order. */
  approvals_given: z.array(approvalVoteSchema).optional(),
  /** Who asked, as authentication tells; null in process. */
  requested_by: z.string().nullish(),
  /** When it was put before more people, since nobody had answered. */
  escalated_at: z.string().nullish(),
  /** When the one permitted run was taken. */
  consumed_at: z.string().nullish(),
  /** Why it was cancelled. */
  cancel_reason: z.string().nullish(),
  /** The decision about the call as a reviewer changed it, which took this one's place. */
  superseded_by: z.string().nullish(),
  evidence: approvalEvidenceSchema.optional(),
})
export type ApprovalItem = z.infer<typeof approvalItemSchema>

/** Body of `POST /approvals/{request_id}/resolve`. */
export const resolveApprovalRequestSchema = z.looseObject({
  resolution: z.enum(['approved', 'denied', 'rejected']).transform((word) => (word === 'rejected' ? 'denied' : word)),
  comment: z.string().max(10_000).nullish(),
  /**
   * With `approved`: run it with these arguments instead. They are judged as a new call with a decision of its own, which this
   * answer approves unless it is stricter; the present one ends `cancelled`, with `superseded_by`.
   */
  arguments: z.record(z.string(), z.unknown()).optional(),
})
export type ResolveApprovalRequest = z.input<typeof resolveApprovalRequestSchema>

/** Body of `POST /approvals/{request_id}/consume` (protocol §12). */
export const consumeApprovalRequestSchema = z.looseObject({
  arguments_digest: z.string().min(1),
  effect_key: z.string().min(1),
})
export type ConsumeApprovalRequest = z.input<typeof consumeApprovalRequestSchema>

/** Whether the approved call may run now, exactly once. A refusal says why in words for the operator. */
export const consumeApprovalResponseSchema = z.union([
  z.looseObject({ consumed: z.literal(true), effect_id: z.string() }),
  z.looseObject({
    consumed: z.literal(false),
    reason: z.enum([
      'not_approved',
      'already_consumed',
      'expired',
      'digest_mismatch',
      'kill_switch',
      'constraint',
      'effect_claimed',
    ]),
    message: z.string(),
  }),
])
export type ConsumeApprovalResponse = z.infer<typeof consumeApprovalResponseSchema>

/** Body of `POST /approvals/{request_id}/cancel`. */
export const cancelApprovalRequestSchema = z.looseObject({ reason: z.string().max(1000).optional() })
export type CancelApprovalRequest = z.input<typeof cancelApprovalRequestSchema>

export const listApprovalsQuerySchema = z.object({
  /** @defaultValue 'pending' */
  status: z.enum([...approvalStatusSchema.options, 'all']).optional(),
  limit: limitSchema.optional(),
})
export type ListApprovalsQuery = z.input<typeof listApprovalsQuerySchema>

export const getApprovalQuerySchema = z.object({
  /** Seconds to wait while it is pending. @defaultValue 0 */
  wait_s: z.number().min(0).max(30).optional(),
})
