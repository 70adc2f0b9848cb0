import { BighubError } from '@bighub/core/protocol'

export interface RequestErrorFacts {
  /** Where the fault is, for answers with a list: `['body']`, `['header', 'idempotency-key']`. */
  readonly location?: readonly (string | number)[]
  readonly headers?: Readonly<Record<string, string>>
}

/** A request that no method can be asked about: its answer is decided before one is called. */
export class RequestError extends BighubError {
  readonly status: number
  readonly location: readonly (string | number)[]
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, message: string, facts: RequestErrorFacts = {}) {
    super(code, message)
    this.status = status
    this.location = facts.location ?? []
    this.headers = facts.headers ?? {}
  }
}
