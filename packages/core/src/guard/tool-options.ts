import type { Effect, OutcomeStatus, ToolAnnotations } from '../protocol/index.ts'
import type { FailMode } from './guard-options.ts'

/** The arguments of a tool call as the framework hands them over. */
export type ToolArguments = Readonly<Record<string, unknown>>

/** An outcome that a user's mapping gives for a call that ran. */
export interface MappedOutcome {
  readonly status: OutcomeStatus
  readonly details?: Readonly<Record<string, unknown>>
}

/**
 * What the guard should know about one tool. Everything is optional; functions get the arguments as the tool gets them.
 * A function that throws or returns something of the wrong type is treated as a failed evaluation of this call.
 */
// A method would be bivariant; `any` as the default lets one record hold options for tools with different arguments.
// oxlint-disable-next-line typescript/no-explicit-any
export interface ToolOptions<Args = any> {
  /** Money or size at stake. @defaultValue the first number among the arguments `value`, `amount`, `price`, `total` */
  readonly value?: number | ((args: Args) => number | null | undefined)
  /** What the call acts on. @defaultValue the argument `target`, if it is text or a number */
  readonly target?: string | ((args: Args) => string | null | undefined)
  /** Version of the target; an approval is good for this version only. */
  readonly targetVersion?: (args: Args) => string | null | undefined
  /** @defaultValue the guard's */
  readonly actor?: string
  /** @defaultValue the guard's */
  readonly domain?: string
  /** Name that policy and learning see. @defaultValue the tool's name */
  readonly action?: string
  /** Facts from your application that the evaluator may use; they can never replace the guard's own. */
  readonly metadata?: Readonly<Record<string, unknown>> | ((args: Args) => Readonly<Record<string, unknown>>)
  /** Whether it changes something. @defaultValue from the tool's read-only annotation, else unknown */
  readonly mutating?: boolean
  /** 0 = cannot be undone, 1 = undone at no cost. @defaultValue unknown */
  readonly reversibility?: number
  /** Whether this tool's output is your own data rather than text from outside. @defaultValue unknown */
  readonly trusted?: boolean
  /** @defaultValue the guard's */
  readonly failMode?: FailMode
  /**
   * What a result means. Only for calls that ran; undefined is the default (returned: SUCCESS, error: FAILURE). Null says that only time
   * will tell, as with a refund that may be charged back: the decision stays open, and nothing is learned of it, until you report
   * what came of it (`outcomes.report` with the decision's `request_id`).
   */
  readonly outcome?: (result: CallEnd<Args>) => OutcomeStatus | MappedOutcome | null | undefined
  /**
   * Asks the real system what became of a call whose process ended, or that was aborted, before anybody could say: by its
   * `effect_key` if the tool handed that over as an idempotency key, else by target, value and (masked) arguments. Asked by
   * `guard.reconcile`; `unknown` leaves it as it is.
   */
  readonly reconcile?: (effect: Effect) => Promise<ReconciledState>
  /** Claims by the tool's author, such as MCP annotations; adapters fill this in. */
  readonly annotations?: ToolAnnotations
}

/** What a real system says of a call. */
export type ReconciledState = 'succeeded' | 'failed' | 'not_run' | 'unknown'

/** How a call that ran came to its end. */
export type CallEnd<Args = ToolArguments> =
  | { readonly status: 'returned'; readonly args: Args; readonly value: unknown }
  | { readonly status: 'threw'; readonly args: Args; readonly error: unknown }

/** Options for several tools by name. */
export type ToolOptionsByName = Readonly<Record<string, ToolOptions>>

/** The options of a tool, looked up by own property, since the name may come from a model. */
export function toolOptionsFor(options: ToolOptionsByName | undefined, tool: string): ToolOptions {
  return (options && Object.hasOwn(options, tool) ? options[tool] : undefined) ?? {}
}
