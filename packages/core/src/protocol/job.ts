import * as z from 'zod'
import { limitSchema, nameSchema } from './paging.ts'

export const jobStatusSchema = z.enum(['queued', 'running', 'completed', 'failed', 'cancelled'])
export type JobStatus = z.infer<typeof jobStatusSchema>

/** Fields that every job has. */
export const jobFields = {
  job_id: z.string(),
  kind: z.string(),
  status: jobStatusSchema,
  /** Records done so far. */
  processed: z.int(),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  error: z.string().nullable(),
} as const

/** Body of `POST /ops/learning/recompute` and `…/backfill`. */
export const learningRequestSchema = z.looseObject({
  /** Empty: everything. Narrows which artefacts beside the model are rebuilt. */
  domain: nameSchema.optional(),
  action_family: nameSchema.optional(),
  force: z.boolean().optional(),
  /** Records between two marks of progress; never a cut. @defaultValue 5000 */
  limit: z.int().min(1).max(1_000_000).optional(),
  /** Off: the answer is the finished run. @defaultValue true */
  async_mode: z.boolean().optional(),
})
export type LearningRequest = z.input<typeof learningRequestSchema>

export const learningRunSchema = z.looseObject({
  ...jobFields,
  kind: z.enum(['recompute', 'backfill']),
  domain: z.string(),
  action_family: z.string(),
  force: z.boolean(),
  limit: z.int(),
  async_mode: z.boolean(),
  /** Whether the folded state equals the live one, once completed. */
  equal: z.boolean().nullable(),
})
export type LearningRun = z.infer<typeof learningRunSchema>

export const learningRunsQuerySchema = z.object({ limit: limitSchema.optional() })
export const learningRunListSchema = z.looseObject({ runs: z.array(learningRunSchema), total: z.int() })

export const learningStrategySchema = z.looseObject({
  strategy_version: z.string(),
  name: z.string(),
  config: z.record(z.string(), z.unknown()),
  updated_at: z.string().nullable(),
})
export type LearningStrategy = z.infer<typeof learningStrategySchema>
