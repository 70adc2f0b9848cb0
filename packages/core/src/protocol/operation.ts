import * as z from 'zod'
import { constraintInputSchema } from './constraint.ts'
import { jobFields } from './job.ts'
import { nameSchema, timeSchema } from './paging.ts'
import { policyUpdateSchema } from './policy.ts'

/** Body of `POST /backtests`: the organisation's own log again, under other rules or another policy. */
export const backtestRequestSchema = z.looseObject({
  /** The newest decisions that are replayed; those before them only teach. @defaultValue 10000 */
  decisions: z.int().min(1).max(10_000_000).optional(),
  /** Fields of the policy that would be different. */
  policy: policyUpdateSchema.optional(),
  /** Rules that would hold besides. */
  constraints: z.array(constraintInputSchema).max(100).optional(),
  /** Rules that would not hold. */
  without_constraints: z.array(z.string()).max(1000).optional(),
})
export type BacktestRequest = z.input<typeof backtestRequestSchema>

const side = z.looseObject({
  by_recommendation: z.record(z.string(), z.int()),
  /** Calls that would have been held for a person. */
  held: z.int(),
  blocked: z.int(),
  /** Known bad outcomes among the calls that would have been held or blocked. */
  harm_stopped: z.int(),
  /** Sum of the values of those calls. */
  value_stopped: z.number(),
  /** Known good outcomes among the calls that would have been blocked. */
  good_blocked: z.int(),
})
export const backtestResultSchema = z.looseObject({
  decisions: z.int(),
  with_outcome: z.int(),
  /** As it was decided. */
  base: side,
  /** As it would have been. */
  changed: side,
  /** Decisions whose recommendation differs. */
  differing: z.int(),
})
export const backtestJobSchema = z.looseObject({
  ...jobFields,
  kind: z.literal('backtest'),
  request: z.record(z.string(), z.unknown()),
  result: backtestResultSchema.nullable(),
})
export type BacktestJob = z.infer<typeof backtestJobSchema>

/** Body of `POST /ops/erase`: whose words are erased. At least one is needed; all given must hold. */
export const eraseRequestSchema = z
  .looseObject({
    actor: nameSchema.optional(),
    target: z.string().max(4000).optional(),
    request_ids: z.array(z.string()).max(10_000).optional(),
    before: timeSchema.optional(),
    reason: z.string().min(1).max(1000),
    /** Off: the answer is the finished job. @defaultValue true */
    async_mode: z.boolean().optional(),
  })
  .refine((body) => body.actor || body.target || body.request_ids?.length || body.before, {
    message: 'name an actor, a target, request_ids or a time before which everything is erased',
    path: ['actor'],
  })
export type EraseRequest = z.input<typeof eraseRequestSchema>
export const eraseJobSchema = z.looseObject({
  ...jobFields,
  kind: z.literal('erase'),
  /** Records whose words are gone. */
  erased: z.int(),
})
export type EraseJob = z.infer<typeof eraseJobSchema>

/** What an engine elsewhere needs to decide alone: the fold's state as base64 of its serialised form. */
export const stateSnapshotSchema = z.looseObject({
  format: z.int(),
  seq: z.int(),
  hash: z.string(),
  state: z.string(),
})
export type StateSnapshot = z.infer<typeof stateSnapshotSchema>
