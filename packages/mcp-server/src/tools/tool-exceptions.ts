import { type ApplyPatchRequest, InvalidInputError, ROUTES, type RouteName } from '@bighub/core/protocol'
import * as z from 'zod'
import type { MethodCall, ToolInputs } from './tool.ts'

/** In what a tool differs from its route. */
export interface ToolException {
  /** The tool's name after the resource. @defaultValue the method's name in snake_case */
  readonly method?: string
  /** @defaultValue the route's summary */
  readonly description?: string
  /** The whole body is the one input `payload`. @defaultValue false: each of its fields is an input */
  readonly isPayload?: boolean
  /** Inputs that the route does not have, or has in another form. */
  readonly inputs?: Readonly<Record<string, z.ZodType>>
  /** Fields of the route that are no inputs. */
  readonly without?: readonly string[]
  /** Applied, and shown in the input schema. */
  readonly defaults?: ToolInputs
  /** Last change of the call before it is made. */
  readonly toCall?: (call: MethodCall) => MethodCall
  /** It stores nothing, although its route does. @defaultValue false */
  readonly isReading?: boolean
  /** Form of the answer where it is not the route's. */
  readonly output?: z.ZodType
}

const ANY_ACTOR = { actor_type: 'AI_AGENT' } as const
const REPORT = { correction_needed: false, rollback_performed: false } as const
const STRATEGY = { ...ANY_ACTOR, strategy: 'balanced' } as const
const LEARNING = { domain: '', action_family: '', force: false, limit: 5000, async_mode: true } as const
const FIRST_PAGE = { limit: 50 } as const
const optionalToken = { refresh_token: z.string().max(2000).optional() } as const
const switchInputs = {
  reason: z.string().min(1).max(10_000),
  scope: z.enum(['global', 'domain']),
  domain: z.string().max(500).optional(),
  rule_id: z.string().optional(),
} as const
const operations = ROUTES.constraints.applyPatch.body.shape.patch

/** Names, inputs and defaults of the reference's tools where they are not those of the route. */
export const TOOL_EXCEPTIONS: Readonly<Partial<Record<RouteName, ToolException>>> = {
  'actions.evaluate': { defaults: { actor: 'AI_AGENT' }, without: ['dry_run'] },
  'actions.connect': { method: 'live_connect', defaults: { actor: 'AI_AGENT' } },
  'actions.heartbeat': { method: 'live_heartbeat' },
  'actions.disconnect': { method: 'live_disconnect' },
  'actions.ingestMemory': {
    method: 'memory_ingest',
    defaults: { source: 'adapter', redact: true, redaction_policy: 'default' },
  },
  'actions.memoryContext': { defaults: { window_hours: 24, limit_recent: 25 } },
  'actions.refreshMemoryAggregates': {
    method: 'memory_refresh_aggregates',
    defaults: { concurrent: false, window_hours: 24 },
  },
  'actions.memoryRecommendations': {
    defaults: {
      window_hours: 24,
      min_events: 20,
      min_blocked_rate: 0.15,
      min_approval_rate: 0.1,
      min_tool_error_rate: 0.05,
      limit_recommendations: 10,
      include_examples: true,
      auto_apply: false,
    },
  },
  'outcomes.report': { defaults: { ...REPORT, customer_impact_count: 0, support_tickets_created: 0 } },
  'outcomes.reportBatch': {
    description: 'Reports up to 100 outcomes, each with the fields of bighub_outcomes_report.',
  },
  'outcomes.pending': { defaults: FIRST_PAGE },
  'cases.create': { defaults: ANY_ACTOR },
  'cases.list': { defaults: { ...FIRST_PAGE, offset: 0 } },
  'cases.reportOutcome': { defaults: REPORT },
  'cases.precedents': { defaults: { min_similarity: 0.5, limit: 20 } },
  'precedents.query': { defaults: ANY_ACTOR },
  'precedents.signals': { defaults: ANY_ACTOR },
  'calibration.breakdown': { defaults: { by: 'domain' } },
  'calibration.qualityHistory': { defaults: { days: 30 } },
  'retrieval.query': { defaults: STRATEGY, toCall: withStrategyName },
  'retrieval.queryExplained': { defaults: STRATEGY, toCall: withStrategyName },
  'retrieval.indexCase': { defaults: { ...ANY_ACTOR, risk_score: 0, verdict: 'ALLOWED' } },
  'retrieval.compare': {
    defaults: {
      domain: '',
      tool: '',
      action: '',
      actor_type: '',
      risk_score: 0,
      intent: '',
      strategy_a: 'balanced',
      strategy_b: 'consequence-focused',
    },
  },
  'insights.advise': { defaults: ANY_ACTOR },
  'simulations.list': { defaults: FIRST_PAGE },
  'learning.runs': { defaults: FIRST_PAGE },
  'learning.recompute': { defaults: LEARNING },
  'learning.backfill': { defaults: LEARNING },
  'ingest.event': {
    defaults: {
      event_type: 'OUTCOME_OBSERVED',
      request_id: '',
      case_id: '',
      validation_id: '',
      external_ref: '',
      tenant_ref: '',
      entity_id: '',
      session_id: '',
      adapter: 'generic_webhook',
      domain: '',
    },
  },
  'ingest.batch': {
    description: 'Takes up to 500 events, each with the fields of bighub_ingest_event.',
    defaults: { adapter: 'generic_webhook', domain: '' },
  },
  'ingest.lifecycles': { defaults: FIRST_PAGE },
  'ingest.pending': { defaults: FIRST_PAGE },
  'ingest.stale': { defaults: { ...FIRST_PAGE, stale_after_days: 7 } },
  'constraints.create': { isPayload: true },
  'constraints.update': { isPayload: true },
  'constraints.dryRun': { isPayload: true },
  'constraints.validate': { isPayload: true },
  'constraints.validateDryRun': { isPayload: true },
  'constraints.purgeIdempotency': { defaults: { only_expired: true } },
  'constraints.applyPatch': {
    inputs: {
      patch: z.union([operations, z.looseObject({ ops: operations })]),
      if_match: z.string().max(500).optional(),
    },
    defaults: { preview: true },
    toCall: toPatchCall,
  },
  'approvals.list': {
    without: ['status'],
    inputs: { status_filter: ROUTES.approvals.list.query.shape.status },
    defaults: { status_filter: 'pending' },
    toCall: (call) => ({ ...call, input: renamed(call.input, 'status_filter', 'status') }),
  },
  'webhooks.create': { isPayload: true },
  'webhooks.list': { defaults: { include_inactive: false } },
  'webhooks.update': { isPayload: true },
  'webhooks.test': { defaults: { event_type: 'signal.new' } },
  'webhooks.verifySignature': { inputs: { payload: z.string() } },
  'webhooks.replayFailedDelivery': { inputs: { delivery_id: z.int().min(0) } },
  'apiKeys.create': { isPayload: true },
  'apiKeys.list': { defaults: { include_revoked: false } },
  'apiKeys.delete': { toCall: withoutEmptyReason },
  'auth.signup': { isPayload: true },
  'auth.login': { isPayload: true },
  'auth.refresh': { inputs: optionalToken },
  'auth.logout': { inputs: optionalToken },
  'features.compute': {
    inputs: { org_id: z.union([z.string(), z.number()]), case_data: z.record(z.string(), z.unknown()) },
  },
  'features.compare': { defaults: { changed_only: true } },
  'features.explain': {
    description: 'Features of a case, where they come from and what they say: all of them, or the one of feature_key.',
    inputs: { feature_key: z.string().min(1).max(500).optional() },
    output: z.union([ROUTES.features.explain.response, ROUTES.features.explainOne.response]),
    toCall: toExplainCall,
  },
  'killSwitch.activate': { inputs: switchInputs, defaults: { scope: 'global' } },
  'killSwitch.deactivate': { inputs: switchInputs, defaults: { scope: 'global' } },
}

/** Routes whose work another tool does. */
export const ROUTES_WITHOUT_TOOL: ReadonlySet<RouteName> = new Set<RouteName>(['features.explainOne'])

/** Second tools of a route (the reference's aliases that are tools). */
export const SECOND_TOOLS: readonly { readonly route: RouteName; readonly exception: ToolException }[] = [
  {
    route: 'actions.evaluate',
    exception: {
      method: 'evaluate_payload',
      description: 'Judges one action, given as a whole request, and records the decision.',
      isPayload: true,
    },
  },
  {
    route: 'actions.evaluate',
    exception: {
      method: 'dry_run',
      description: 'Judges one action, given as a whole request, without storing or counting anything.',
      isPayload: true,
      isReading: true,
      toCall: (call) => ({ ...call, input: { ...fields(call.input), dry_run: true } }),
    },
  },
]

/** The reference sends both names with one value. */
function withStrategyName(call: MethodCall): MethodCall {
  const { strategy, strategy_name, ...rest } = fields(call.input)
  const name = strategy_name ?? strategy
  return { ...call, input: { ...rest, strategy: name, strategy_name: name } }
}

function toPatchCall(call: MethodCall): MethodCall {
  const { patch, if_match, ...rest } = fields(call.input)
  const list = Array.isArray(patch) ? patch : fields(patch)['ops']
  const input = { ...rest, patch: list as ApplyPatchRequest['patch'] }
  return typeof if_match === 'string'
    ? { ...call, input, options: { ...call.options, ifMatch: if_match } }
    : { ...call, input }
}

function toExplainCall(call: MethodCall): MethodCall {
  const { feature_key } = fields(call.input)
  if (typeof feature_key !== 'string') return { ...call, input: undefined }
  return { ...call, route: 'features.explainOne', parameters: [...call.parameters, feature_key], input: undefined }
}

function withoutEmptyReason(call: MethodCall): MethodCall {
  return fields(call.input)['reason'] ? call : { ...call, input: undefined }
}

function renamed(input: unknown, from: string, to: string): ToolInputs {
  const { [from]: value, ...rest } = fields(input)
  return { ...rest, [to]: value }
}

function fields(input: unknown): ToolInputs {
  if (typeof input !== 'object' || input === null) throw new InvalidInputError('', 'needs to be an object')
  return input as ToolInputs
}
