import type { GuardedCall } from '@bighub/core'
import type { HookedTool } from './hooked-tool.ts'
import { readRun } from './run-facts.ts'

/** A call as one of the SDK's hooks sees it. */
export interface HookedCall {
  /** The run's context; tools that are called by hand may have none. */
  readonly context: object | undefined
  readonly callId: string | undefined
  readonly arguments: unknown
  readonly signal?: AbortSignal | undefined
}

/** A tool call in the guard's terms. */
export function toGuardedCall({ name, options }: HookedTool, call: HookedCall): GuardedCall {
  const run = call.context ? readRun(call.context) : undefined
  return {
    tool: name,
    arguments: call.arguments,
    // An empty id is none: it would make all such calls of a run one call.
    callId: call.callId || undefined,
    conversation: run?.conversation,
    signal: call.signal,
    options,
    userText: run?.userText ?? [],
  }
}
