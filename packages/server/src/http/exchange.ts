import type { Principal } from '@bighub/core/protocol'
import type { Endpoint } from '../routes/endpoint.ts'

/** What is known of a connection and not of the request itself. */
export interface ConnectionInfo {
  /** The peer's address; null where there is none, as in a call within the process. */
  readonly address: string | null
}

/** One request and what its stages found out, until it is answered. */
export interface Exchange {
  readonly request: Request
  readonly address: string | null
  /** Names the request in errors, logs and the header `X-Request-Id`. */
  readonly requestId: string
  /** Path of the route with its parameters' names; never what the client wrote in their place. Null: no route. */
  readonly path: string | null
  /** The route of the table; null for those of operation, and where there is none. */
  readonly endpoint: Endpoint | null
  readonly startedAt: number
  /** Set by authentication. */
  principal: Principal | null
  /** Headers of the answer, whatever it will be. */
  readonly headers: Record<string, string>
}
