import type { Generated } from 'kysely'

/**
 * Tables beside the log, the same in every store. `organisation` is the organisation's number and part of every key; times are
 * milliseconds since the epoch; objects are JSON text; truth values are 0 and 1.
 *
 * The first group are projections: pure functions of the log's records, rebuilt from them if need be. The second group is what
 * no record tells: who may come in, what is to be sent, what is under way.
 */
export interface Tables {
  approvals: ApprovalRow
  projection_cursors: ProjectionCursorRow
  decisions: DecisionRow
  events: EventRow
  memory_events: MemoryEventRow
  lifecycles: LifecycleRow
  lifecycle_keys: LifecycleKeyRow
  feature_snapshots: FeatureSnapshotRow
  observations: ObservationRow

  jobs: JobRow
  live_connections: LiveConnectionRow
  webhooks: WebhookRow
  webhook_deliveries: WebhookDeliveryRow
  api_keys: ApiKeyRow
  users: UserRow
  refresh_tokens: RefreshTokenRow
  idempotency: IdempotencyRow
  settings: SettingRow
}

/** Written with the log, in the same transaction. */
export interface ApprovalRow {
  organisation: number
  request_id: string
  status: string
  created_at: string
  /** The whole ApprovalItem as JSON. */
  item: string
}

/** How far the projections of an organisation have come. */
export interface ProjectionCursorRow {
  organisation: number
  seq: number
}

/** One decision as it stands: evaluated here, or made elsewhere and told to us. */
export interface DecisionRow {
  organisation: number
  request_id: string
  case_id: string
  /** Number of its first record; newer decisions have larger ones. */
  seq: number
  source: 'evaluation' | 'case' | 'ingest' | 'index'
  at: number
  action: string
  /** Words, null once they were erased. */
  tool: string | null
  actor: string | null
  target: string | null
  domain: string | null
  value: number | null
  trajectory_id: string | null
  recommendation: string
  recommendation_confidence: string | null
  result: 'allowed' | 'requires_approval' | 'blocked'
  /** The verdict that was told of a decision of elsewhere, else the result in the words of verdicts. */
  verdict: string
  blocked_by: string | null
  shadow: number
  risk: number
  policy_version: number
  /** The losses drawn at evaluation; null where nothing was drawn. */
  simulation: string | null
  approval_status: string | null
  effect_state: string | null
  outcome_status: string | null
  outcome_category: 'positive' | 'neutral' | 'negative' | null
  outcome_severity: number | null
  /** When the newest outcome was reported. */
  outcome_at: number | null
  /** Whether the recommendation was followed; null if unclear. */
  followed: number | null
  /** The newest outcome as it is read back. */
  outcome: string | null
  /** What a case says beyond a decision. */
  details: string | null
  /** What else it is compared with others by: a `Likeness`. */
  likeness: string
}

/** The newest prediction of elsewhere about a case, with what came of it. */
export interface ObservationRow {
  organisation: number
  case_id: string
  seq: number
  at: number
  risk: number
  /** 1 negative, 0 positive, null neutral. */
  label: 0 | 1 | null
  domain: string | null
  /** Words, null once they were erased. */
  tool: string | null
  action: string | null
  actor: string | null
}

/** Where an event is, and what it is looked for by; what it says is read off its record. */
export interface EventRow {
  organisation: number
  /** Number of the record times 8, plus the event's place within it. */
  place: number
  event_type: string
  severity: string
  rule_id: string | null
  request_id: string | null
  at: number
}

export interface MemoryEventRow {
  organisation: number
  /** Number of its record. */
  seq: number
  event_id: string
  at: number
  source: string
  tool: string | null
  domain: string | null
  actor: string | null
  status: string | null
  blocked_by: string | null
  risk: number | null
  body: string
}

export interface LifecycleRow {
  organisation: number
  lifecycle_id: string
  status: string
  request_id: string | null
  domain: string | null
  adapter: string | null
  created_at: number
  updated_at: number
  /** Number of the newest record about it. */
  seq: number
  body: string
}

export interface LifecycleKeyRow {
  organisation: number
  key_name: string
  key_value: string
  lifecycle_id: string
}

export interface FeatureSnapshotRow {
  organisation: number
  snapshot_id: string
  seq: number
  case_id: string
  tag: string | null
  created_at: number
  body: string
}

export interface JobRow {
  organisation: number
  job_id: string
  kind: string
  status: string
  created_at: number
  /** Who works on it, and until when that counts. */
  owner: string | null
  lease_until: number | null
  body: string
}

export interface LiveConnectionRow {
  organisation: number
  connection_id: string
  actor: string
  connected_at: number
  expires_at: number
  context: string
}

export interface WebhookRow {
  organisation: number
  webhook_id: string
  url: string
  label: string
  /** JSON list of types; empty: all. */
  events: string
  is_active: number
  secret: string
  timeout_seconds: number | null
  max_retries: number | null
  retry_delay_seconds: number | null
  created_at: number
  updated_at: number
  last_delivery_at: number | null
  failure_count: number
  /** Since when every delivery failed. */
  failing_since: number | null
  extra: string
}

export interface WebhookDeliveryRow {
  delivery_id: Generated<number>
  organisation: number
  webhook_id: string
  /** With the webhook: sent once, however often the log is read. */
  event_id: string
  event_type: string
  status: 'pending' | 'delivered' | 'failed'
  attempts: number
  response_status: number | null
  error: string | null
  payload: string
  created_at: number
  delivered_at: number | null
  next_retry_at: number | null
  /** Until when a sender has it. */
  lease_until: number | null
}

export interface ApiKeyRow {
  organisation: number
  key_id: string
  /** SHA-256 of the key, lower-case hex. */
  digest: string
  key_prefix: string
  label: string
  scopes: string
  rate_limit_per_minute: number | null
  ip_whitelist: string
  created_at: number
  created_by: string
  expires_at: number | null
  last_used_at: number | null
  revoked_at: number | null
  revoke_reason: string | null
}

export interface UserRow {
  user_id: Generated<number>
  organisation: number
  /** Lower case; unique over all organisations. */
  email: string
  /** scrypt with its parameters and salt. */
  password: string
  role: string
  created_at: number
}

export interface RefreshTokenRow {
  /** SHA-256 of the token. */
  digest: string
  user_id: number
  /** Tokens that come from one login; a used one that comes again ends them all. */
  family: string
  created_at: number
  expires_at: number
  used_at: number | null
}

export interface IdempotencyRow {
  organisation: number
  /** Digest over caller, verb, path and key. */
  scope: string
  request_digest: string
  /** Null while it is being worked on. */
  status: number | null
  body: string | null
  created_at: number
  expires_at: number
}

/** What belongs to the whole store, such as the key that signs tokens. */
export interface SettingRow {
  name: string
  value: string
}
