import { InvalidInputError } from '../../protocol/index.ts'
import { API_FAILURE, type ApiFailure } from './api-failure.ts'

/** One field that the server refused (protocol §3.1). */
export interface FieldError {
  /** Path, such as `['body', 'value']`. */
  readonly loc?: readonly (string | number)[]
  readonly msg?: string
  readonly type?: string
}

/** 422: the server refused the input. `code` is `invalid_input`, as in process; `field` is the first of the refused ones. */
export class ValidationError extends InvalidInputError implements ApiFailure {
  readonly [API_FAILURE] = true
  declare readonly route: string
  declare readonly statusCode: number
  declare readonly requestId: string | null
  declare readonly detail: unknown
  declare readonly responseBody: unknown
  readonly validationErrors: readonly FieldError[]

  constructor(message: string, failure: ApiFailure, validationErrors: readonly FieldError[]) {
    super(fieldOf(validationErrors[0]), message)
    Object.assign(this, failure)
    this.validationErrors = validationErrors
  }
}

/** The path without the part of the request that it is in. */
function fieldOf(error: FieldError | undefined): string {
  const [first, ...rest] = Array.isArray(error?.loc) ? error.loc : []
  const path = first === 'body' || first === 'query' || first === 'path' ? rest : [first, ...rest]
  return path.filter((part) => part !== undefined).join('.')
}
