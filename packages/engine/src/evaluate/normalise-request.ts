import {
  type CallContext,
  canonicalJson,
  DEFAULT_ACTOR,
  type EvaluateRequest,
  type EvaluationContext,
  evaluateRequestSchema,
  evaluationContextSchema,
  InvalidInputError,
  type RunContext,
} from '@bighub/core/protocol'
import type * as z from 'zod'
import { sha256 } from '../storage/chain.ts'

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
  /** The live connection that the call must come over; empty text names none. Null: it needs none. */
  readonly neededConnection: string | null
  /** The application's own context fields. */
  readonly context: Readonly<Record<string, unknown>>
  /** Everything, as it is recorded. */
  readonly recorded: Readonly<Record<string, unknown>>
  /** Its canonical JSON. */
  readonly canonical: string
}

/**
 * Stage 1: reads a request (protocol §7.1).
 *
 * @throws InvalidInputError naming the field, if it has the wrong form, refers to itself, nests too deep or is too long.
 */
export function normaliseRequest(input: EvaluateRequest): NormalisedRequest {
  const parsed = evaluateRequestSchema.safeParse(input)
  if (!parsed.success) throw InvalidInputError.fromZod('an action', parsed.error)
  // Recorded is what was given, not what zod read of it: zod leaves out keys named __proto__, and so two calls could be one.
  const { metadata, context, dry_run: isDryRun, ...request } = { ...parsed.data, ...input }
  const merged: Record<string, unknown> = { ...metadata, ...context }
  if (metadata) assertContext(merged)
  const canonical = canonicalJson({ ...request, context: merged })
  if (canonical.length > MAX_REQUEST_LENGTH)
    throw new InvalidInputError(
      'context',
      `makes the request ${canonical.length} characters long; at most ${MAX_REQUEST_LENGTH} are recorded`,
    )
  // Judged is what is recorded, so that a replay of the log sees the same: dates, maps and −0 as JSON has them.
  const recorded = JSON.parse(canonical) as Recorded
  const {
    session_id: sessionId,
    trajectory_id: trajectoryId,
    connection_mode: _mode,
    connection_id: connectionId,
    require_live_connection: needsConnection,
    call,
    run,
    ...own
  } = recorded.context
  return {
    action: recorded.action,
    actor: recorded.actor || DEFAULT_ACTOR,
    value: recorded.value ?? null,
    target: recorded.target || null,
    domain: recorded.domain || null,
    isDryRun: isDryRun ?? false,
    trajectoryId: trajectoryId ?? sessionId ?? null,
    call: call ?? {},
    run: run ?? {},
    neededConnection: needsConnection === true ? (typeof connectionId === 'string' ? connectionId : '') : null,
    context: own,
    recorded,
    canonical,
  }
}

/** What the schema let through, after it went through JSON. */
type Recorded = Pick<z.output<typeof evaluateRequestSchema>, 'action' | 'actor' | 'value' | 'target' | 'domain'> & {
  readonly context: EvaluationContext
}

/** Keys with a meaning may also come in by way of `metadata`, which the request's schema does not look into. */
function assertContext(merged: Readonly<Record<string, unknown>>): void {
  const parsed = evaluationContextSchema.safeParse(merged)
  if (parsed.success) return
  const [issue] = parsed.error.issues
  const field = ['metadata', ...(issue?.path ?? [])].map(String).join('.')
  throw new InvalidInputError(field, `${issue?.message} (while reading an action)`, { cause: parsed.error })
}

/**
 * What an approval is good for where no guard has given a digest: SHA-256 over the action, what it acts on and its facts, without
 * the run and the connection that it came by.
 */
export function digestOfRequest(request: NormalisedRequest): string {
  const { action, actor, value, target, domain, context, call } = request
  const { tool, arguments: args, target_version } = call
  return sha256(canonicalJson({ action, actor, value, target, domain, context, tool, arguments: args, target_version }))
}
