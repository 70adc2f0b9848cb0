import type { Principal } from '@bighub/core/protocol'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Exchange } from '../http/exchange.ts'
import { RequestError } from '../http/request-error.ts'

/** Requests are counted in windows of this length. */
const WINDOW_SECONDS = 60
/**
 * Requests a minute of one address to the routes that need no key, if the server's own limit is not lower. A login costs the server a
 * tenth of a second, and guessing passwords has to be slow.
 */
const OPEN_PER_MINUTE = 300

/** How many requests whoever asks may make a minute, counted in this process. */
export class RateLimiter {
  readonly #perMinute: number | null
  readonly #openPerMinute: number | null
  /** One for each limit there is, since keys may have limits of their own. */
  readonly #limiters = new Map<number, RateLimiterMemory>()

  /** @param perMinute - Null: no limit but that of a key itself. */
  constructor(perMinute: number | null) {
    this.#perMinute = perMinute
    this.#openPerMinute = perMinute === null ? null : Math.min(perMinute, OPEN_PER_MINUTE)
  }

  /**
   * Counts a request of a principal; without one, of its address.
   *
   * @returns the headers that say how much is left.
   * @throws RequestError 429 with `retry-after`.
   */
  async take({ principal, address }: Exchange): Promise<Readonly<Record<string, string>>> {
    const limit = principal ? (principal.rateLimitPerMinute ?? this.#perMinute) : this.#openPerMinute
    if (limit === null) return {}
    const spent = await this.#consume(limit, principal ? keyOf(principal) : `address ${address}`)
    const { isOver, remaining, resetSeconds } = spent
    const headers = {
      'ratelimit-limit': String(limit),
      'ratelimit-remaining': String(remaining),
      'ratelimit-reset': String(resetSeconds),
    }
    if (!isOver) return headers
    const message = `more than ${limit} requests in a minute; wait ${resetSeconds} s`
    throw new RequestError('rate_limited', message, {
      headers: { ...headers, 'retry-after': String(resetSeconds) },
    })
  }

  async #consume(limit: number, key: string) {
    try {
      return toSpent(await this.#limiterOf(limit).consume(key), false)
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return toSpent(refusal, true)
      throw refusal
    }
  }

  #limiterOf(limit: number): RateLimiterMemory {
    const known = this.#limiters.get(limit)
    if (known) return known
    const made = new RateLimiterMemory({ points: limit, duration: WINDOW_SECONDS })
    this.#limiters.set(limit, made)
    return made
  }
}

function keyOf({ organisation, by }: Principal): string {
  return `${organisation} ${by}`
}

function toSpent({ remainingPoints, msBeforeNext }: RateLimiterRes, isOver: boolean) {
  return { isOver, remaining: remainingPoints, resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)) }
}
