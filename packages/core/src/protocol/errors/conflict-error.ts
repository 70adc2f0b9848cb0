import { BighubError, type BighubErrorOptions } from './bighub-error.ts'

export interface ConflictErrorOptions extends BighubErrorOptions {
  /** The version that the thing has now. */
  readonly currentVersion?: number
}

/** The thing was changed by somebody else, or is no longer in a state that allows the change. */
export class ConflictError extends BighubError {
  declare readonly code: 'version_conflict' | 'approval_closed' | 'effect_settled'
  /** Null where versions are not what it is about. */
  readonly currentVersion: number | null

  constructor(code: ConflictError['code'], message: string, options: ConflictErrorOptions = {}) {
    super(code, message, { isRetryable: code === 'version_conflict', ...options })
    this.currentVersion = options.currentVersion ?? null
  }
}
