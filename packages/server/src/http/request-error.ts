import { BighubError } from '@bighub/core/protocol'

/** Why a request never gets to a method, and the status that says so. */
export const REQUEST_STATUSES = {
  bad_request: 400,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  idempotency_in_progress: 409,
  body_too_large: 413,
  unsupported_media_type: 415,
  invalid_input: 422,
  json_invalid: 422,
  json_too_deep: 422,
  idempotency_key_invalid: 422,
  idempotency_key_reuse: 422,
  rate_limited: 429,
  headers_too_large: 431,
  // Nobody reads it; the status tells logs and metrics from a failure of ours.
  client_closed_request: 499,
  not_ready: 503,
  shutting_down: 503,
} as const

export type RequestFault = keyof typeof REQUEST_STATUSES

export interface RequestErrorFacts {
  /** Where the fault is, for answers with a list: `['body']`, `['header', 'idempotency-key']`. */
  readonly location?: readonly (string | number)[]
  readonly headers?: Readonly<Record<string, string>>
}

/** A request that no method can be asked about: its answer is decided before one is called. */
export class RequestError extends BighubError {
  declare readonly code: RequestFault
  readonly status: number
  readonly location: readonly (string | number)[]
  readonly headers: Readonly<Record<string, string>>

  constructor(code: RequestFault, message: string, facts: RequestErrorFacts = {}) {
    super(code, message)
    this.status = REQUEST_STATUSES[code]
    this.location = facts.location ?? []
    this.headers = facts.headers ?? {}
  }
}
