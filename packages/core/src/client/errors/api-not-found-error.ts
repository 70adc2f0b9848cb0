import { NotFoundError } from '../../protocol/index.ts'
import { API_FAILURE, type ApiFailure } from './api-failure.ts'

/** 404 for a thing, not for a route: a {@link NotFoundError} with what the server said. `id` is empty where the path names none. */
export class ApiNotFoundError extends NotFoundError implements ApiFailure {
  readonly [API_FAILURE] = true
  declare readonly route: string
  declare readonly statusCode: number
  declare readonly requestId: string | null
  declare readonly detail: unknown
  declare readonly responseBody: unknown

  constructor(kind: string, id: string, message: string, failure: ApiFailure) {
    super(kind, id, message)
    Object.assign(this, failure)
  }
}
