import { BighubError, type BighubErrorOptions } from '../../protocol/index.ts'

/** Why there was no answer that could be read. */
export type NetworkFailure = 'connection_failed' | 'answer_too_large' | 'client_closed'

/** No answer could be had or read: refused, reset or half-sent connections, an answer beyond the limit, a closed client. */
export class NetworkError extends BighubError {
  declare readonly code: NetworkFailure

  constructor(failure: NetworkFailure, message: string, options: BighubErrorOptions = {}) {
    super(failure, message, { isRetryable: failure === 'connection_failed', ...options })
  }
}
