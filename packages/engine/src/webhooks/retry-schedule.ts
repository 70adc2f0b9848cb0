/** Delays before the attempts after the first, in seconds (protocol §8). */
const DELAYS_SECONDS: readonly number[] = [5, 300, 1800, 7200, 18_000, 36_000, 36_000]
/** Delay for each attempt made so far where a webhook says how often to retry but not when, in seconds. */
const DEFAULT_DELAY_SECONDS = 5

/** What a webhook says of retries; null: nothing. */
export interface RetrySettings {
  readonly max_retries: number | null
  readonly retry_delay_seconds: number | null
}

/**
 * Milliseconds until the next attempt; null if there is none.
 *
 * A webhook without settings gets the schedule of the protocol. One with either setting is retried `max_retries` times (as often
 * as the schedule if not given), after its delay times the attempts made.
 *
 * @param attempts - Made so far, at least 1.
 */
export function retryDelayMs(attempts: number, { max_retries, retry_delay_seconds }: RetrySettings): number | null {
  if (max_retries === null && retry_delay_seconds === null) {
    const delay = DELAYS_SECONDS[attempts - 1]
    return delay === undefined ? null : delay * 1000
  }
  if (attempts > (max_retries ?? DELAYS_SECONDS.length)) return null
  return (retry_delay_seconds ?? DEFAULT_DELAY_SECONDS) * attempts * 1000
}
