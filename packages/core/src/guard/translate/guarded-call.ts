import type { ToolOptions } from '../tool-options.ts'

/** A framework's tool call, as an adapter hands it to the guard. */
export interface GuardedCall {
  /** The tool's name. */
  readonly tool: string
  /** As the tool will get them. Anything but a plain object is shown to the evaluator as `{ input: … }`. */
  readonly arguments: unknown
  /** The framework's id of this call. Without one, every call counts as new. */
  readonly callId?: string | undefined
  /** Thread, conversation or run. @defaultValue the run around this code (`guard.withRun`), else the conversation's, else one of the guard's own */
  readonly runId?: string | undefined
  /**
   * Text that tells this conversation from others, such as its first message; names the run where nothing else does.
   * Frameworks without a thread have nothing better. Only its digest is kept.
   */
  readonly conversation?: string | undefined
  /** Stops waiting and prevents the run; a tool that has begun is the framework's to stop. */
  readonly signal?: AbortSignal | undefined
  readonly options?: ToolOptions | undefined
  /**
   * Whether `execute` runs the arguments that it is handed, which a reviewer may have changed. Without it a changed call is
   * refused, since the original would run. @defaultValue false
   */
  readonly takesEdits?: boolean | undefined
  /** What the user said so far, as far as the adapter knows. Repetitions are recognised. */
  readonly userText?: readonly string[] | undefined
}

/** What the record of a held call does not hold, for `guard.resume`. */
export interface ResumedCall {
  /** As the tool will get them. @defaultValue the record's, which serve only where nothing in them was masked or cut */
  readonly arguments?: unknown
  /** The same options that the call was begun with. */
  readonly options?: ToolOptions | undefined
  readonly signal?: AbortSignal | undefined
  readonly takesEdits?: boolean | undefined
}
