import type {
  ApprovalItem,
  EvaluateRequest,
  IngestEvent,
  OutcomeReportRequest,
  SettleEffectRequest,
} from '../../protocol/index.ts'
import type { EvaluatorAnswer } from '../disposition/evaluator-answer.ts'
import type { Refusal } from '../disposition/refusal.ts'
import type { ResolvedDisposition } from '../disposition/resolve-disposition.ts'
import type { FailMode } from '../guard-options.ts'

interface CallFacts {
  readonly tool: string
  readonly callId: string | null
  readonly runId: string
  /** Tells the events of one call from those of others, also where it has no id. */
  readonly callKey: string
}

/** Everything a guard tells its listeners. Unlike what the model reads, events hold the whole record. */
export interface GuardEvents {
  'evaluation-start': CallFacts & { readonly request: EvaluateRequest }
  'evaluation-end': CallFacts & {
    readonly request: EvaluateRequest
    /** Null when no evaluation could be had. */
    readonly answer: EvaluatorAnswer | null
    readonly error: unknown
    readonly resolved: ResolvedDisposition
    readonly durationMs: number
  }
  /** No evaluation could be had: what the fail mode made of it. */
  'fail-mode': CallFacts & { readonly failMode: FailMode; readonly error: unknown }
  'approval-request': CallFacts & { readonly approval: ApprovalItem }
  'approval-answer': CallFacts & { readonly approval: ApprovalItem }
  'execution-start': CallFacts & { readonly answer: EvaluatorAnswer | null }
  'execution-end': CallFacts & {
    readonly status: 'returned' | 'threw' | 'aborted'
    readonly value?: unknown
    readonly error?: unknown
    readonly durationMs: number
  }
  'call-refuse': CallFacts & { readonly refusal: Refusal; readonly answer: EvaluatorAnswer | null }
  'outcome-report': {
    readonly tool: string
    readonly outcome: OutcomeReportRequest | null
    readonly settlement: SettleEffectRequest | null
    /** What was told of a call that ran while the evaluator was away. */
    readonly late: IngestEvent | null
  }
  /** A settlement or an outcome could not be delivered. */
  'report-fail': { readonly tool: string; readonly outcome: OutcomeReportRequest | null; readonly error: unknown }
  /** A tool was seen that cannot be guarded. */
  'coverage-gap': { readonly tool: string; readonly reason: string }
}

export type GuardEventName = keyof GuardEvents
export type GuardListener<Name extends GuardEventName> = (event: GuardEvents[Name]) => void
export type GuardEmitter = <Name extends GuardEventName>(name: Name, event: GuardEvents[Name]) => void

/** Typed events; a listener that throws changes nothing. */
export class GuardEventHub {
  readonly #listeners = new Map<GuardEventName, Set<(event: never) => void>>()

  /** Returns a function that stops listening. */
  on<Name extends GuardEventName>(name: Name, listener: GuardListener<Name>): () => void {
    const set = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, set.add(listener))
    return () => void set.delete(listener)
  }

  readonly emit: GuardEmitter = (name, event) => {
    for (const listener of this.#listeners.get(name) ?? []) notify(() => listener(event as never))
  }
}

/** Calls a user's function; neither an exception nor a rejected promise gets through. */
function notify(call: () => unknown): void {
  try {
    const result = call()
    if (result instanceof Promise) result.catch(() => undefined)
  } catch {
    // The listener's own affair: enforcement and learning go on.
  }
}
