import { BighubError } from './bighub-error.ts'

/** The organisation has used up what it may have. A server answers 429 with `retry-after`. */
export class PlanLimitError extends BighubError {
  declare readonly code: 'plan_limit'
  /** Seconds until there is more; at least 1. */
  readonly retryAfterSeconds: number

  constructor(message: string, retryAfterSeconds: number) {
    super('plan_limit', message)
    this.retryAfterSeconds = retryAfterSeconds
  }
}
