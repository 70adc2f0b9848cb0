import { BighubError, type BighubErrorOptions } from './bighub-error.ts'

/** Why no usable evaluation could be had. */
export type EvaluatorFailure = 'failed' | 'timed_out' | 'circuit_open' | 'answer_invalid'

/** No usable evaluation could be had; the guard's fail mode says what happens to the call. */
export class EvaluatorError extends BighubError {
  readonly failure: EvaluatorFailure

  constructor(failure: EvaluatorFailure, message: string, options: BighubErrorOptions = {}) {
    super(`evaluator_${failure}`, message, { isRetryable: failure !== 'answer_invalid', ...options })
    this.failure = failure
  }
}
