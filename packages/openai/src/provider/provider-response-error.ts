import { BighubError } from '@bighub/core'
import type { ToolExecutionEvent } from '../calls/tool-execution-event.ts'

/** Why the provider gave no answer that ends the run. */
export type ProviderFailure = 'failed' | 'circuit_open' | 'rounds_exhausted' | 'answer_invalid'

/** The provider failed, or the model never came to an end. What tools did until then stays done. */
export class ProviderResponseError extends BighubError {
  readonly failure: ProviderFailure
  /** The tool calls of the run so far, in order. */
  readonly events: readonly ToolExecutionEvent[]

  constructor(
    failure: ProviderFailure,
    message: string,
    facts: { readonly cause?: unknown; readonly events?: readonly ToolExecutionEvent[] } = {},
  ) {
    super(`provider_${failure}`, message, facts.cause === undefined ? {} : { cause: facts.cause })
    this.failure = failure
    this.events = facts.events ?? []
  }
}
