import * as z from 'zod'
import { limitSchema, nameSchema, timeSchema } from './paging.ts'

export const INGEST_EVENT_TYPES = [
  'ACTION_PROPOSED',
  'ACTION_EXECUTED',
  'ACTION_BLOCKED',
  'HUMAN_OVERRIDE',
  'HUMAN_APPROVAL',
  'HUMAN_REJECTION',
  'OUTCOME_OBSERVED',
  'OUTCOME_UPDATED',
  'ROLLBACK_PERFORMED',
  'CORRECTION_APPLIED',
  'ESCALATION_TRIGGERED',
  'FRAUD_DETECTED',
  'CHURN_SIGNAL',
  'TICKET_REOPENED',
  'REFUND_COMPLETED',
  'PRICING_CORRECTION',
] as const
export const ingestEventTypeSchema = z.enum(INGEST_EVENT_TYPES)
export type IngestEventType = z.infer<typeof ingestEventTypeSchema>

/** Keys by which an event finds the lifecycle that it belongs to, first match first. Empty text counts as absent. */
export const CORRELATION_KEYS = [
  'request_id',
  'case_id',
  'validation_id',
  'external_ref',
  'tenant_ref',
  'entity_id',
] as const
export type CorrelationKey = (typeof CORRELATION_KEYS)[number]

const key = z.string().max(500).nullish()
const record = z.record(z.string(), z.unknown()).nullish()

/** Body of `POST /ingest` (protocol §7.10): something that happened in another runtime. */
export const ingestEventSchema = z.looseObject({
  event_type: ingestEventTypeSchema,
  /** An event with a known id is not taken twice. */
  event_id: z.string().max(500).optional(),
  timestamp: timeSchema.nullish(),
  request_id: key,
  case_id: key,
  validation_id: key,
  external_ref: key,
  tenant_ref: key,
  entity_id: key,
  session_id: key,
  action: record,
  context: record,
  execution: record,
  outcome: record,
  human_feedback: record,
  intent: record,
  adapter: nameSchema.nullish(),
  domain: nameSchema.nullish(),
  tags: z.array(z.string()).nullish(),
})
export type IngestEvent = z.input<typeof ingestEventSchema>

export const lifecycleStatusSchema = z.enum(['active', 'awaiting_outcome', 'reconciled', 'stale', 'closed'])
export type LifecycleStatus = z.infer<typeof lifecycleStatusSchema>

export const ingestResultSchema = z.looseObject({
  accepted: z.boolean(),
  event_id: z.string(),
  event_type: ingestEventTypeSchema,
  lifecycle_id: z.string(),
  lifecycle_status: lifecycleStatusSchema,
  correlation: z.looseObject({
    matched: z.boolean(),
    key_name: z.string().nullable(),
    key_value: z.string().nullable(),
  }),
  outcome_id: z.string().nullable(),
})
export type IngestResult = z.infer<typeof ingestResultSchema>

/** Body of `POST /ingest/batch`. */
export const ingestBatchRequestSchema = z.looseObject({
  // Items are read one by one, so that a wrong one does not refuse the others.
  events: z.array(z.looseObject({})).max(500),
  adapter: nameSchema.nullish(),
  domain: nameSchema.nullish(),
})
export type IngestBatchRequest = {
  readonly events: readonly IngestEvent[]
  readonly adapter?: string
  readonly domain?: string
}
export const ingestBatchResponseSchema = z.looseObject({
  accepted: z.int(),
  rejected: z.int(),
  results: z.array(
    z.union([
      ingestResultSchema,
      z.looseObject({ index: z.int(), error: z.looseObject({ code: z.string(), message: z.string() }) }),
    ]),
  ),
})
export type IngestBatchResponse = z.infer<typeof ingestBatchResponseSchema>

/** Body of `POST /ingest/reconcile`. `outcome` is an event with an outcome, or a bare outcome. */
export const reconcileRequestSchema = z.looseObject({
  key_name: z.enum(CORRELATION_KEYS),
  key_value: z.string().min(1).max(500),
  outcome: z.record(z.string(), z.unknown()),
})
export type ReconcileRequest = z.input<typeof reconcileRequestSchema>
export const reconcileResponseSchema = z.looseObject({
  status: z.literal('reconciled'),
  lifecycle_id: z.string(),
  key_name: z.string(),
  key_value: z.string(),
  outcome_id: z.string().nullable(),
  matched: z.boolean(),
})
export type ReconcileResponse = z.infer<typeof reconcileResponseSchema>

/** The events about one action of another runtime, from proposal to outcome. */
export const lifecycleSchema = z.looseObject({
  lifecycle_id: z.string(),
  status: lifecycleStatusSchema,
  request_id: z.string().nullable(),
  case_id: z.string().nullable(),
  validation_id: z.string().nullable(),
  external_ref: z.string().nullable(),
  tenant_ref: z.string().nullable(),
  entity_id: z.string().nullable(),
  domain: z.string().nullable(),
  adapter: z.string().nullable(),
  events: z.array(z.record(z.string(), z.unknown())),
  outcome: z.record(z.string(), z.unknown()).nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  age_days: z.number(),
})
export type Lifecycle = z.infer<typeof lifecycleSchema>

export const lifecyclesQuerySchema = z.object({
  status_filter: lifecycleStatusSchema.optional(),
  limit: limitSchema.optional(),
})
export const lifecycleListSchema = z.looseObject({
  lifecycles: z.array(lifecycleSchema),
  total: z.int(),
  limit: z.int(),
})
export type LifecycleList = z.infer<typeof lifecycleListSchema>

export const lifecycleQuerySchema = z.object({
  request_id: z.string().optional(),
  case_id: z.string().optional(),
  external_ref: z.string().optional(),
  tenant_ref: z.string().optional(),
  entity_id: z.string().optional(),
})
export type LifecycleQuery = z.input<typeof lifecycleQuerySchema>

export const pendingLifecyclesQuerySchema = z.object({ limit: limitSchema.optional() })
export const staleLifecyclesQuerySchema = z.object({
  /** @defaultValue 7 */
  stale_after_days: z.number().min(0).max(3650).optional(),
  limit: limitSchema.optional(),
})
export const staleLifecycleListSchema = lifecycleListSchema.extend({ stale_after_days: z.number() })

export const ingestStatsSchema = z.looseObject({
  total_events: z.int(),
  by_type: z.record(z.string(), z.int()),
  by_adapter: z.record(z.string(), z.int()),
  lifecycles: z.looseObject({ total: z.int(), by_status: z.record(z.string(), z.int()) }),
  reconciled_rate: z.number().min(0).max(1).nullable(),
})
export type IngestStats = z.infer<typeof ingestStatsSchema>

export const ingestAdaptersSchema = z.looseObject({
  adapters: z.array(z.looseObject({ name: z.string(), description: z.string() })),
  normalizers: z.array(z.looseObject({ domain: z.string(), description: z.string() })),
})
export type IngestAdapters = z.infer<typeof ingestAdaptersSchema>
