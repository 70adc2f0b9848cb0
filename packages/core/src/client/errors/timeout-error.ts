import { BighubError } from '../../protocol/index.ts'

/** No whole answer came in time, or a stream fell silent. Whether the server did what was asked is not known; a write's idempotency key makes it safe to ask again. */
export class TimeoutError extends BighubError {
  /** Verb and path of the table. */
  readonly route: string
  /** The time that ran out. */
  readonly timeoutMs: number
  /** Which: that of one attempt, the deadline of all, or how long a stream may be silent. */
  readonly limit: 'timeoutMs' | 'deadlineMs' | 'silence'

  constructor(route: string, limit: TimeoutError['limit'], timeoutMs: number) {
    super('timed_out', `${route} had no whole answer within ${timeoutMs} ms (${limit}). ${ADVICE[limit]}`, {
      isRetryable: true,
    })
    this.route = route
    this.timeoutMs = timeoutMs
    this.limit = limit
  }
}

const ADVICE = {
  timeoutMs: 'Check that the server is well, or raise the option.',
  deadlineMs: 'Raise the option if the caller can wait longer.',
  silence: 'The connection is taken for dead and made again.',
} as const
