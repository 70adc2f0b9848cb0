import { BighubError, type BighubErrorOptions } from './bighub-error.ts'

/** The thing was changed by somebody else, or is no longer in a state that allows the change. */
export class ConflictError extends BighubError {
  declare readonly code: 'version_conflict' | 'approval_closed'

  constructor(code: ConflictError['code'], message: string, options: BighubErrorOptions = {}) {
    super(code, message, { isRetryable: code === 'version_conflict', ...options })
  }
}
