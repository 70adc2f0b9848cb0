import { ApiError } from './api-error.ts'
import type { ApiFailure } from './api-failure.ts'

/** 429: too many requests, or a limit of the plan (`plan_limit`), which does not pass while one waits. */
export class RateLimitError extends ApiError {
  /** Seconds to wait before the next request, as the server says; null if it does not say. */
  readonly retryAfterSeconds: number | null

  constructor(code: string, message: string, failure: ApiFailure, retryAfterSeconds: number | null) {
    super(code, message, failure, { isRetryable: code !== 'plan_limit' })
    this.retryAfterSeconds = retryAfterSeconds
  }
}
