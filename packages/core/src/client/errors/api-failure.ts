/** Marks errors that a server's answer led to, also those that extend an error of the engine's. Survives two copies of this package. */
export const API_FAILURE: unique symbol = Symbol.for('bighub.api-failure')

/** What a server answered instead of what was asked for. */
export interface ApiFailure {
  /** Verb and path of the table, such as `GET /rules/{rule_id}`: parameters may be private. */
  readonly route: string
  /** HTTP status; 0 in a browser that hides the status of a redirect. */
  readonly statusCode: number
  /** Names this request in the server's logs; null if the answer named none. */
  readonly requestId: string | null
  /** `detail` of the body as it came: text, an object with `code`, or a list of field errors; null if there is none. */
  readonly detail: unknown
  /** The whole body if it was JSON, else null. */
  readonly responseBody: unknown
}
