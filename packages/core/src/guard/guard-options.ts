import { ConfigurationError, type EnforcementMode, type Evaluator, isLedger, type Ledger } from '../protocol/index.ts'
import type { ApprovalAnswer, ApprovalRequest } from './approval/approval-request.ts'
import { createMemoryLedger, type MemoryLedger } from './approval/memory-ledger.ts'
import type { OnFullOutbox, OutboxOptions, OutboxStore } from './outbox/outbox-store.ts'

/** How far advice binds; `shadow` runs everything and records what would have happened. */
export type GuardMode = 'shadow' | EnforcementMode
/** What happens to a call when no evaluation can be had. */
export type FailMode = 'closed' | 'open' | 'local'
export type OnCaution = 'run_with_note' | 'run' | 'review'
export type ModelView = 'safe' | 'full'

export interface GuardOptions {
  /** Who judges: `createEngine(…)` in this process, or anything else with `evaluate` and `reportOutcome`. */
  readonly evaluator: Evaluator
  /** The agent's identity. @defaultValue 'AI_AGENT' */
  readonly actor?: string
  /** The business area, such as `customer_transactions`. @defaultValue none */
  readonly domain?: string
  /** @defaultValue follow the answer's `enforcement_mode` */
  readonly mode?: GuardMode
  /** @defaultValue 'closed' */
  readonly failMode?: FailMode
  /** Who judges in fail mode `local`, which needs it. */
  readonly fallback?: Evaluator
  /** @defaultValue 'run_with_note' */
  readonly onCaution?: OnCaution
  readonly evaluation?: EvaluationOptions
  readonly approvals?: ApprovalOptions
  /** What the model reads of a refusal: a short sentence, or the whole record. @defaultValue 'safe' */
  readonly modelView?: ModelView
  /** Mask secrets before anything leaves the guard. @defaultValue true */
  readonly redaction?: boolean
  /** Send user words and tool outputs (masked, cut) with evaluations; off: only labels. @defaultValue true */
  readonly storeText?: boolean
  /** Where reports wait that could not be delivered yet. */
  readonly outbox?: OutboxOptions
  /** Report what became of calls. Off, nothing is learned; effects are settled all the same. @defaultValue true */
  readonly reportOutcomes?: boolean
}

export interface EvaluationOptions {
  /** For all attempts together. @defaultValue 5000 */
  readonly deadlineMs?: number
  /** Further attempts within the deadline. @defaultValue 2 */
  readonly retries?: number
  /** The wait before a retry in milliseconds; `retry` counts from 0. @defaultValue 50, 200, then 500 */
  readonly backoffMs?: (retry: number) => number
  /** Failures in a row that open the circuit breaker. @defaultValue 5 */
  readonly breakerFailures?: number
  /** How long it stays open before one probe is let through. @defaultValue 10000 */
  readonly breakerResetMs?: number
}

export interface ApprovalOptions {
  /**
   * Asked for each held call. Return the person's answer, or undefined if it will be given some other way
   * (`engine.resolveApproval`). Without it the call waits.
   */
  readonly onRequest?: (
    request: ApprovalRequest,
  ) => ApprovalAnswer | undefined | void | Promise<ApprovalAnswer | undefined | void>
  /** How long a held call waits in this process for its answer. @defaultValue 300000 */
  readonly waitMs?: number
}

export interface ResolvedGuardOptions {
  readonly evaluator: Evaluator
  readonly ledger: Ledger
  /** Where holds live that the evaluator opened no approval for. */
  readonly memory: MemoryLedger
  readonly actor: string
  readonly domain: string | null
  readonly mode: GuardMode | null
  readonly failMode: FailMode
  readonly fallback: Evaluator | null
  readonly onCaution: OnCaution
  readonly evaluation: Required<EvaluationOptions>
  readonly approvals: { readonly onRequest: ApprovalOptions['onRequest'] | null; readonly waitMs: number }
  readonly modelView: ModelView
  readonly redaction: boolean
  readonly storeText: boolean
  readonly reportOutcomes: boolean
  readonly outbox: { readonly store: OutboxStore | null; readonly capacity: number; readonly onFull: OnFullOutbox }
  /** What this configuration cannot promise, in words; shown by `coverage()`. */
  readonly limits: readonly string[]
}

/**
 * All defaults of a guard, in one place.
 *
 * @throws ConfigurationError naming the option whose value cannot work.
 */
export function resolveGuardOptions(options: GuardOptions, now: () => number): ResolvedGuardOptions {
  assertKnownOptions(options)
  assertEvaluator('evaluator', options.evaluator)
  if (options.fallback !== undefined) assertEvaluator('fallback', options.fallback)
  const failMode = oneOf('failMode', options.failMode ?? 'closed', FAIL_MODES)
  if (failMode === 'local' && !options.fallback)
    throw new ConfigurationError('fallback', 'fail mode "local" needs an evaluator to fall back to')
  const memory = createMemoryLedger(now)
  const hasLedger = isLedger(options.evaluator)
  return {
    evaluator: options.evaluator,
    ledger: hasLedger ? options.evaluator : memory,
    memory,
    actor: text('actor', options.actor) ?? 'AI_AGENT',
    domain: text('domain', options.domain) ?? null,
    mode: options.mode === undefined ? null : oneOf('mode', options.mode, MODES),
    failMode,
    fallback: options.fallback ?? null,
    onCaution: oneOf('onCaution', options.onCaution ?? 'run_with_note', ON_CAUTION),
    evaluation: {
      deadlineMs: atLeast('evaluation.deadlineMs', options.evaluation?.deadlineMs ?? 5000, 1),
      retries: atLeast('evaluation.retries', options.evaluation?.retries ?? 2, 0),
      backoffMs: options.evaluation?.backoffMs ?? shortBackoff,
      breakerFailures: atLeast('evaluation.breakerFailures', options.evaluation?.breakerFailures ?? 5, 1),
      breakerResetMs: atLeast('evaluation.breakerResetMs', options.evaluation?.breakerResetMs ?? 10_000, 0),
    },
    approvals: {
      onRequest: options.approvals?.onRequest ?? null,
      waitMs: atLeast('approvals.waitMs', options.approvals?.waitMs ?? 300_000, 0),
    },
    modelView: oneOf('modelView', options.modelView ?? 'safe', ['safe', 'full']),
    redaction: options.redaction ?? true,
    storeText: options.storeText ?? true,
    reportOutcomes: options.reportOutcomes ?? true,
    outbox: {
      store: options.outbox?.store ?? null,
      capacity: atLeast('outbox.capacity', options.outbox?.capacity ?? 10_000, 1),
      onFull: oneOf('outbox.onFull', options.outbox?.onFull ?? 'refuse', ['refuse', 'run']),
    },
    limits: [
      ...(hasLedger
        ? []
        : ['the evaluator keeps no ledger: approvals and claims live in this process and end with it']),
      ...(options.evaluator.isRemote && !options.outbox?.store
        ? ['reports that cannot be delivered wait in memory alone and end with this process']
        : []),
    ],
  }
}

/** Short, since the whole budget is seconds. */
function shortBackoff(retry: number): number {
  return [50, 200][retry] ?? 500
}

const MODES = ['shadow', 'advisory', 'review', 'enforced'] as const
const FAIL_MODES = ['closed', 'open', 'local'] as const
const ON_CAUTION = ['run_with_note', 'run', 'review'] as const
const KNOWN = {
  '': [
    'evaluator',
    'actor',
    'domain',
    'mode',
    'failMode',
    'fallback',
    'onCaution',
    'evaluation',
    'approvals',
    'modelView',
    'redaction',
    'storeText',
    'outbox',
    'reportOutcomes',
  ],
  evaluation: ['deadlineMs', 'retries', 'backoffMs', 'breakerFailures', 'breakerResetMs'],
  approvals: ['onRequest', 'waitMs'],
  outbox: ['store', 'file', 'capacity', 'onFull'],
} as const

/** A misspelt safety option must not be ignored. */
function assertKnownOptions(options: GuardOptions): void {
  if (typeof options !== 'object' || options === null)
    throw new ConfigurationError('options', 'createGuard takes an object with at least an evaluator')
  refuseUnknown('', options, KNOWN[''])
  refuseUnknown('evaluation.', options.evaluation ?? {}, KNOWN.evaluation)
  refuseUnknown('approvals.', options.approvals ?? {}, KNOWN.approvals)
  refuseUnknown('outbox.', options.outbox ?? {}, KNOWN.outbox)
  if (options.outbox?.file !== undefined && !options.outbox.store)
    throw new ConfigurationError('outbox.file', 'needs Node; elsewhere hand in a store')
}

function refuseUnknown(prefix: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given))
    if (!known.includes(name))
      throw new ConfigurationError(`${prefix}${name}`, `is not an option; there are ${known.join(', ')}`)
}

function assertEvaluator(option: string, value: unknown): asserts value is Evaluator {
  const evaluator = value as Partial<Evaluator> | null | undefined
  if (typeof evaluator?.evaluate !== 'function' || typeof evaluator.reportOutcome !== 'function')
    throw new ConfigurationError(option, 'needs an object with evaluate() and reportOutcome(), such as createEngine(…)')
}

function oneOf<T extends string>(option: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value))
    throw new ConfigurationError(option, `${JSON.stringify(value)} is not one of ${allowed.join(', ')}`)
  return value
}

function atLeast(option: string, value: number, least: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least)
    throw new ConfigurationError(option, `${String(value)} is not a number of at least ${least}`)
  return value
}

function text(option: string, value: string | undefined): string | undefined {
  if (value !== undefined && (typeof value !== 'string' || value === ''))
    throw new ConfigurationError(option, 'needs to be text that is not empty')
  return value
}
