import { BighubError, type BighubErrorOptions } from '../../protocol/index.ts'
import { API_FAILURE, type ApiFailure } from './api-failure.ts'

/**
 * The server answered with something else than success.
 *
 * `isInstance` and `instanceof` also hold for {@link AuthError}, {@link ValidationError}, {@link ApiNotFoundError} and
 * {@link ApiConflictError}, which extend the engine's errors so that code works the same in process and over HTTP.
 */
export class ApiError extends BighubError implements ApiFailure {
  readonly [API_FAILURE] = true
  declare readonly route: string
  declare readonly statusCode: number
  declare readonly requestId: string | null
  declare readonly detail: unknown
  declare readonly responseBody: unknown

  constructor(code: string, message: string, failure: ApiFailure, options: BighubErrorOptions = {}) {
    super(code, message, options)
    Object.assign(this, failure)
  }

  static override isInstance(error: unknown): error is ApiError {
    return typeof error === 'object' && error !== null && API_FAILURE in error
  }

  /** A class extends one other; this makes `instanceof ApiError` true for all errors that carry an answer. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return this === ApiError ? ApiError.isInstance(value) : Function.prototype[Symbol.hasInstance].call(this, value)
  }
}
