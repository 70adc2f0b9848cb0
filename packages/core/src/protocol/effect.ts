import * as z from 'zod'
import { limitSchema } from './paging.ts'

export const effectStateSchema = z.enum(['claimed', 'succeeded', 'failed', 'aborted', 'not_run', 'unknown'])
/** One run of a tool: claimed once, then settled. `unknown`: the process that claimed it is gone. */
export type EffectState = z.infer<typeof effectStateSchema>

export const effectSchema = z.looseObject({
  effect_id: z.string(),
  effect_key: z.string(),
  request_id: z.string(),
  arguments_digest: z.string(),
  /** What the call was, as far as its words are still on record; arguments are masked. */
  action: z.string().nullish(),
  tool: z.string().nullish(),
  target: z.string().nullish(),
  value: z.number().nullish(),
  arguments: z.record(z.string(), z.unknown()).nullish(),
  state: effectStateSchema,
  claimed_at: z.string(),
  settled_at: z.string().nullish(),
  summary: z.string().nullish(),
})
export type Effect = z.infer<typeof effectSchema>

/** Body of `POST /effects/claim` (protocol §12). */
export const claimEffectRequestSchema = z.looseObject({
  effect_key: z.string().min(1).max(1000),
  request_id: z.string().min(1),
  arguments_digest: z.string().min(1),
})
export type ClaimEffectRequest = z.input<typeof claimEffectRequestSchema>

export const claimEffectResponseSchema = z.looseObject({
  effect_id: z.string(),
  /** False: somebody claimed it before; `state` says what came of that. */
  claimed: z.boolean(),
  state: effectStateSchema,
})
export type ClaimEffectResponse = z.infer<typeof claimEffectResponseSchema>

/** Body of `POST /effects/{effect_id}/settle`; idempotent. */
export const settleEffectRequestSchema = z.looseObject({
  state: z.enum(['succeeded', 'failed', 'aborted', 'not_run']),
  summary: z.string().max(2000).optional(),
})
export type SettleEffectRequest = z.input<typeof settleEffectRequestSchema>

export const listEffectsQuerySchema = z.object({ state: effectStateSchema.optional(), limit: limitSchema.optional() })
export type ListEffectsQuery = z.input<typeof listEffectsQuerySchema>
export const effectListSchema = z.looseObject({ effects: z.array(effectSchema), total: z.int(), limit: z.int() })
export type EffectList = z.infer<typeof effectListSchema>

/** Body of `POST /effects/{effect_id}/resolve`: what an unknown run came to, as a person or the real system says. */
export const resolveEffectRequestSchema = z.looseObject({
  state: z.enum(['succeeded', 'failed', 'not_run']),
  summary: z.string().max(2000).optional(),
})
export type ResolveEffectRequest = z.input<typeof resolveEffectRequestSchema>
