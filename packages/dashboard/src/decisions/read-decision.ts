import type { CallContext, Decision, EvaluateRequest, EvaluateResponse, RunContext } from '@bighub/core'

/** The answer as it was recorded; null once its words were erased, or where the decision was made elsewhere. */
export function responseOf({ response }: Decision): EvaluateResponse | null {
  // Recorded by the evaluation itself, whose form this is.
  return response === null ? null : (response as unknown as EvaluateResponse)
}

/** The question as it was recorded. */
export function requestOf({ request }: Decision): EvaluateRequest | null {
  // Recorded by the evaluation itself, whose form this is.
  return request === null ? null : (request as unknown as EvaluateRequest)
}

/** What the guard knew of the call. */
export function callOf(decision: Decision): CallContext {
  return requestOf(decision)?.context?.call ?? {}
}

export function runOf(decision: Decision): RunContext {
  return requestOf(decision)?.context?.run ?? {}
}
