import { DEFAULT_ACTOR, InvalidInputError, type RouteName } from '../protocol/index.ts'

/** Turns what a method was given into what the reference sends for it. */
export type Shape = (input: unknown) => unknown

/** Routes whose input does not go out as it was given (protocol §7: what is sent always, unless absent, or unless empty). */
export const SHAPES: Readonly<Partial<Record<RouteName, Shape>>> = {
  'actions.evaluate': toEvaluation,
  'actions.connect': (input) => ({ actor: DEFAULT_ACTOR, context: {}, ...present(toObject(input)) }),
  'actions.heartbeat': (input) => ({ context: {}, ...present(toObject(input)) }),
  'actions.disconnect': (input) => ({ context: {}, ...present(toObject(input)) }),
  'outcomes.report': toOutcomeReport,
  'cases.reportOutcome': toOutcomeReport,
  'constraints.applyPatch': toPatchRequest,
}

/** `evaluate`: who acts is always said, what is absent is left out, `metadata` goes under `context` and is never sent itself. */
function toEvaluation(input: unknown): unknown {
  const { actor, value, target, domain, ...request } = toObject(input)
  const { context, ...rest } = mergeMetadata(request)
  return {
    ...rest,
    actor: actor ?? DEFAULT_ACTOR,
    ...present({ value, target, domain }),
    ...(isEmpty(context) ? {} : { context }),
  }
}

/** `evaluatePayload`: the caller's object as it is, but for `metadata`. */
export function toEvaluationPayload(input: unknown): unknown {
  return mergeMetadata(toObject(input))
}

/** `dryRun`: the same, and nothing is stored, whatever the caller's `dry_run` says. */
export function toDryRun(input: unknown): unknown {
  return { ...mergeMetadata(toObject(input)), dry_run: true }
}

function mergeMetadata(request: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { metadata, ...rest } = request
  const { context } = rest
  // A context of the wrong kind goes out as it is, so that it is refused.
  if (!isObject(metadata) || !(isObject(context) || context === undefined || context === null)) return rest
  return { ...rest, context: { ...metadata, ...context } }
}

/** Fields of a report that say nothing while they are empty. Of a cost 0 says something. */
const SENT_UNLESS_EMPTY: ReadonlySet<string> = new Set([
  'request_id',
  'case_id',
  'validation_id',
  'description',
  'details',
  'actual_impact',
  'correction_needed',
  'correction_description',
  'rollback_performed',
  'customer_impact_count',
  'support_tickets_created',
  'observed_at',
  'reported_by',
  'tags',
])

function toOutcomeReport(input: unknown): unknown {
  const fields = Object.entries(present(toObject(input)))
  return Object.fromEntries(fields.filter(([name, value]) => !SENT_UNLESS_EMPTY.has(name) || !isEmpty(value)))
}

/** A patch may come as a list or as `memoryRecommendations` gives it; only the list goes on the wire. */
function toPatchRequest(input: unknown): unknown {
  const { patch, preview, reason, if_match_version, ...rest } = toObject(input)
  const operations = isObject(patch) && patch['format'] === 'json_patch' ? patch['ops'] : patch
  if (!Array.isArray(operations))
    throw new InvalidInputError('patch', "needs a list of operations, or { format: 'json_patch', ops: […] }")
  return { ...rest, patch: operations, preview: preview ?? true, ...present({ reason, if_match_version }) }
}

function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null))
}

function isEmpty(value: unknown): boolean {
  if (!value) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function toObject(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {}
}
