import { ConfigurationError } from '@bighub/core/protocol'
import type { Answer } from '../http/answer.ts'
import { jsonAnswer } from '../http/answer.ts'

/** Seconds for which a browser need not ask again. */
const PREFLIGHT_SECONDS = '600'
const ASKED_HEADERS = 'authorization, content-type, idempotency-key, if-match, last-event-id, x-api-key, x-request-id'
const SHOWN_HEADERS =
  'etag, idempotency-replayed, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, x-request-id'

/** Which pages of other origins may ask. Cookies play no part here, so credentials are never allowed. */
export class Cors {
  readonly #origins: ReadonlySet<string>

  /** @throws ConfigurationError if an entry is not an origin. */
  constructor(origins: readonly string[]) {
    for (const origin of origins) assertOrigin(origin)
    this.#origins = new Set(origins)
  }

  /** The answer to a browser that asks whether it may ask; null for every other request. */
  preflight(request: Request): Answer | null {
    if (request.method !== 'OPTIONS' || !this.#allowedOrigin(request)) return null
    if (!request.headers.has('access-control-request-method')) return null
    return jsonAnswer(
      200,
      {},
      {
        'access-control-allow-methods': 'GET, POST, PATCH, DELETE',
        'access-control-allow-headers': ASKED_HEADERS,
        'access-control-max-age': PREFLIGHT_SECONDS,
      },
    )
  }

  headersFor(request: Request): Readonly<Record<string, string>> | undefined {
    if (this.#origins.size === 0) return undefined
    const origin = this.#allowedOrigin(request)
    if (!origin) return { vary: 'origin' }
    return { vary: 'origin', 'access-control-allow-origin': origin, 'access-control-expose-headers': SHOWN_HEADERS }
  }

  #allowedOrigin(request: Request): string | null {
    if (this.#origins.size === 0) return null
    const origin = request.headers.get('origin')
    return origin !== null && this.#origins.has(origin) ? origin : null
  }
}

function assertOrigin(origin: string): void {
  if (!URL.canParse(origin) || new URL(origin).origin !== origin)
    throw new ConfigurationError('cors', `${JSON.stringify(origin)} is not an origin, such as https://app.example`)
}
