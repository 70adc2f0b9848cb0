import { AccessError } from '../../protocol/index.ts'
import { API_FAILURE, type ApiFailure } from './api-failure.ts'

/** 401 (`unauthenticated`): nobody is signed in, or the key is not good. 403 (`forbidden`): the key is good, but not for this. */
export class AuthError extends AccessError implements ApiFailure {
  readonly [API_FAILURE] = true
  declare readonly route: string
  declare readonly statusCode: number
  declare readonly requestId: string | null
  declare readonly detail: unknown
  declare readonly responseBody: unknown

  constructor(message: string, failure: ApiFailure) {
    super(failure.statusCode === 401 ? 'unauthenticated' : 'forbidden', message)
    Object.assign(this, failure)
  }
}
