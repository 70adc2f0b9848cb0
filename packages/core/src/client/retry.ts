/** Statuses after which the same request may succeed (protocol §2.1). */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 409 || status === 425 || status === 429 || (status >= 500 && status <= 599)
}

/** First wait, and the longest one, in milliseconds. */
const BASE_MS = 250
const CAP_MS = 2500
/** At most this much is added at random, and never more than half of the wait. */
const MAX_JITTER_MS = 250
/** A server that wants a longer pause is not waited for: the caller can do something better meanwhile. */
export const MAX_RETRY_AFTER_MS = 60_000

export interface RetryDelayOptions {
  /** 1 for the wait after the first attempt. */
  readonly retry: number
  /** In [0, 1). */
  readonly random: number
  /** What the server asked for, or null. */
  readonly retryAfterMs: number | null
}

/**
 * Milliseconds before a retry: d = min(2500, 250 · 2^(retry−1)), plus random · min(250, d/2); at least `retryAfterMs`.
 *
 * @returns null if the server wants a pause above {@link MAX_RETRY_AFTER_MS}.
 * @see protocol §2.1, the delays of the reference SDK.
 */
export function retryDelayMs({ retry, random, retryAfterMs }: RetryDelayOptions): number | null {
  if (retryAfterMs !== null && retryAfterMs > MAX_RETRY_AFTER_MS) return null
  return Math.max(backoffMs(retry, random), retryAfterMs ?? 0)
}

/** The wait before a retry where the server asked for none. */
export function backoffMs(retry: number, random: number): number {
  const wait = Math.min(CAP_MS, BASE_MS * 2 ** (retry - 1))
  return wait + random * Math.min(MAX_JITTER_MS, wait / 2)
}

/** `Retry-After` in seconds; null where it is absent or a date (protocol §3.2). */
export function parseRetryAfter(header: string | null): number | null {
  return header !== null && /^\s*\d+(?:\.\d+)?\s*$/.test(header) ? Number(header) : null
}
