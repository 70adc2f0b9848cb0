import * as z from 'zod'
import { limitSchema } from './paging.ts'

const urlSchema = z
  .string()
  .max(2000)
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'expected an http or https address')

const settings = {
  label: z.string().max(200).optional(),
  /** Types of events that are sent; empty or absent: all. */
  events: z.array(z.string().max(100)).max(100).optional(),
  /** Stored and echoed; they mean nothing here. */
  symbols: z.array(z.unknown()).max(100).optional(),
  intervals: z.array(z.unknown()).max(100).optional(),
  /** Time for one attempt. @defaultValue 15 */
  timeout_seconds: z.int().min(1).max(60).nullish(),
  /** Further attempts after the first; given or not, `failed` after the last. */
  max_retries: z.int().min(0).max(20).nullish(),
  /** Delay before attempt n is n times this. */
  retry_delay_seconds: z.int().min(1).max(86_400).nullish(),
} as const

/** Body of `POST /webhooks`. */
export const createWebhookRequestSchema = z.looseObject({ url: urlSchema, ...settings })
export type CreateWebhookRequest = z.input<typeof createWebhookRequestSchema>

/** Body of `PATCH /webhooks/{webhook_id}`. */
export const updateWebhookRequestSchema = z.looseObject({
  url: urlSchema.optional(),
  ...settings,
  is_active: z.boolean().optional(),
})
export type UpdateWebhookRequest = z.input<typeof updateWebhookRequestSchema>

const info = {
  webhook_id: z.string(),
  url: z.string(),
  label: z.string(),
  events: z.array(z.string()),
  symbols: z.array(z.unknown()),
  intervals: z.array(z.unknown()),
  is_active: z.boolean(),
  timeout_seconds: z.int(),
  max_retries: z.int().nullable(),
  retry_delay_seconds: z.int().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  last_delivery_at: z.string().nullable(),
  /** Deliveries that failed in a row. */
  failure_count: z.int(),
} as const

export const webhookInfoSchema = z.looseObject(info)
export type WebhookInfo = z.infer<typeof webhookInfoSchema>
/** The secret is shown here and nowhere else. */
export const createdWebhookSchema = z.looseObject({ ...info, secret: z.string() })
export type CreatedWebhook = z.infer<typeof createdWebhookSchema>
export const updatedWebhookSchema = z.looseObject({ ...info, status: z.literal('updated') })
export const deletedWebhookSchema = z.looseObject({ webhook_id: z.string(), status: z.literal('deleted') })

export const listWebhooksQuerySchema = z.object({ include_inactive: z.boolean().optional() })

export const webhookDeliverySchema = z.looseObject({
  delivery_id: z.int(),
  webhook_id: z.string(),
  event_id: z.string(),
  event_type: z.string(),
  status: z.enum(['pending', 'delivered', 'failed']),
  attempts: z.int(),
  response_status: z.int().nullable(),
  error: z.string().nullable(),
  payload: z.record(z.string(), z.unknown()),
  created_at: z.string(),
  delivered_at: z.string().nullable(),
  next_retry_at: z.string().nullable(),
})
export type WebhookDelivery = z.infer<typeof webhookDeliverySchema>
export const deliveriesQuerySchema = z.object({ limit: limitSchema.optional() })

export const testWebhookRequestSchema = z.looseObject({ event_type: z.string().max(100).optional() })
export const testWebhookResponseSchema = z.looseObject({
  status: z.enum(['delivered', 'failed']),
  delivery_id: z.int(),
  error: z.string().nullish(),
})
export type TestWebhookResponse = z.infer<typeof testWebhookResponseSchema>

export const webhookEventsSchema = z.looseObject({ events: z.array(z.string()) })

/** Body of `POST /webhooks/verify-signature`. Prefer the local helper: this one sends the secret over the wire. */
export const verifySignatureRequestSchema = z.looseObject({
  payload: z.union([z.string(), z.record(z.string(), z.unknown()), z.array(z.unknown())]),
  signature: z.string().max(500),
  secret: z.string().max(500),
  /** Unix seconds. */
  timestamp: z.int(),
})
export type VerifySignatureRequest = z.input<typeof verifySignatureRequestSchema>
export const verifySignatureResponseSchema = z.looseObject({ valid: z.boolean() })

export const replayDeliveryResponseSchema = z.looseObject({
  replayed: z.boolean(),
  delivery_id: z.int(),
  status: z.string(),
})
