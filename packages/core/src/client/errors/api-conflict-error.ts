import { ConflictError } from '../../protocol/index.ts'
import { API_FAILURE, type ApiFailure } from './api-failure.ts'

/** A {@link ConflictError} with what the server said. A closed approval is answered with 422, another version with 409. */
export class ApiConflictError extends ConflictError implements ApiFailure {
  readonly [API_FAILURE] = true
  declare readonly route: string
  declare readonly statusCode: number
  declare readonly requestId: string | null
  declare readonly detail: unknown
  declare readonly responseBody: unknown

  /** @param currentVersion - The version that the thing has now; null if the server did not say. */
  constructor(code: ConflictError['code'], message: string, failure: ApiFailure, currentVersion: number | null) {
    super(code, message, currentVersion === null ? {} : { currentVersion })
    Object.assign(this, failure)
  }
}
