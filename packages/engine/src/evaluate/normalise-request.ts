import {
  type CallContext,
  canonicalJson,
  DEFAULT_ACTOR,
  type EvaluateRequest,
  evaluateRequestSchema,
  InvalidInputError,
  type RunContext,
} from '@bighub/core/protocol'

/** Longest request that is recorded, in characters of canonical JSON. The guard's own stay far below. */
export const MAX_REQUEST_LENGTH = 1_000_000

/** A request with its defaults, its metadata merged, and the guard's part apart from the application's. */
export interface NormalisedRequest {
  readonly action: string
  readonly actor: string
  readonly value: number | null
  readonly target: string | null
  readonly domain: string | null
  readonly isDryRun: boolean
  readonly trajectoryId: string | null
  readonly call: CallContext
  readonly run: RunContext
  /** The application's own context fields. */
  readonly context: Readonly<Record<string, unknown>>
  /** Everything, as it is recorded. */
  readonly recorded: Readonly<Record<string, unknown>>
  /** Its canonical JSON. */
  readonly canonical: string
}

/** Context keys that mean something to the engine; all others are application data (protocol §7.1). */
const RESERVED: ReadonlySet<string> = new Set(['session_id', 'trajectory_id', 'call', 'run'])

/**
 * Stage 1: reads a request (protocol §7.1).
 *
 * @throws InvalidInputError naming the field, if it has the wrong form, refers to itself, nests too deep or is too long.
 */
export function normaliseRequest(input: EvaluateRequest): NormalisedRequest {
  const parsed = evaluateRequestSchema.safeParse(input)
  if (!parsed.success) throw InvalidInputError.fromZod('an action', parsed.error)
  const { metadata, context, dry_run: isDryRun, ...request } = parsed.data
  const merged: Record<string, unknown> = { ...metadata, ...context }
  const recorded = { ...request, context: merged }
  const canonical = canonicalJson(recorded)
  if (canonical.length > MAX_REQUEST_LENGTH)
    throw new InvalidInputError(
      'context',
      `makes the request ${canonical.length} characters long; at most ${MAX_REQUEST_LENGTH} are recorded`,
    )
  return {
    action: request.action,
    actor: request.actor || DEFAULT_ACTOR,
    value: request.value ?? null,
    target: request.target || null,
    domain: request.domain || null,
    isDryRun: isDryRun ?? false,
    trajectoryId: context?.trajectory_id ?? context?.session_id ?? null,
    call: context?.call ?? {},
    run: context?.run ?? {},
    context: Object.fromEntries(Object.entries(merged).filter(([key]) => !RESERVED.has(key))),
    recorded,
    canonical,
  }
}
