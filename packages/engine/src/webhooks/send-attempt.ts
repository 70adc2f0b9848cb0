import type { NetworkList } from '../network-list.ts'
import type { WebhookRow } from '../storage/tables.ts'
import type { PostWebhook } from './post-webhook.ts'
import { type ResolveName, resolveReceiver } from './receiver-address.ts'
import { DEFAULT_TIMEOUT_SECONDS, type StoredDelivery } from './webhook-row.ts'
import { signWebhook } from './webhook-signature.ts'

/** Calls back after a time in milliseconds, unless it is taken back by what it returns. */
export type Schedule = (callback: () => void, milliseconds: number) => () => void

/** What reaches out into the world. */
export interface SendingTools {
  readonly now: () => number
  readonly schedule: Schedule
  readonly post: PostWebhook
  readonly resolve: ResolveName
  /** Addresses that may be reached though they are not public. */
  readonly allowed: NetworkList
}

export interface AttemptResult {
  /** Status of the answer; null if there was none. */
  readonly status: number | null
  /** What went wrong, for the webhook's owner; null if it was delivered. */
  readonly error: string | null
}

/** One try to hand a delivery over: signed anew, to an address checked anew. Never rejects; `signal` gives up. */
export async function sendAttempt(
  webhook: WebhookRow,
  delivery: StoredDelivery,
  { now, schedule, post, resolve, allowed }: SendingTools,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const timeoutSeconds = webhook.timeout_seconds ?? DEFAULT_TIMEOUT_SECONDS
  const deadline = new AbortController()
  const late = new Error(`no answer within ${timeoutSeconds} s`)
  const cancel = schedule(() => deadline.abort(late), timeoutSeconds * 1000)
  const either = AbortSignal.any([deadline.signal, signal])
  try {
    const url = new URL(webhook.url)
    const addresses = await unlessAborted(resolveReceiver(url, resolve, allowed), either)
    const body = delivery.payload
    const headers = headersOf(webhook.secret, delivery, Math.floor(now() / 1000))
    return judge(await post({ url, addresses, headers, body, signal: either }))
  } catch (error) {
    return { status: null, error: either.aborted ? textOf(either.reason) : textOf(error) }
  } finally {
    cancel()
  }
}

function headersOf(secret: string, delivery: StoredDelivery, timestamp: number): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': 'bighub-webhooks/1',
    'x-bighub-event': delivery.event_type,
    'x-bighub-delivery': String(delivery.delivery_id),
    'x-bighub-timestamp': String(timestamp),
    'x-bighub-signature': signWebhook(secret, timestamp, delivery.payload),
  }
}

function judge(status: number): AttemptResult {
  if (status >= 200 && status < 300) return { status, error: null }
  const isRedirect = status >= 300 && status < 400
  return { status, error: `answered ${status}${isRedirect ? '; redirects are not followed' : ''}` }
}

/** A name's look-up cannot be called off, but need not be waited for. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Longest text that is kept of an error. */
const MOST_TEXT = 500

function textOf(error: unknown): string {
  // Where several addresses were tried, only the code says something.
  const { message, code } = error as NodeJS.ErrnoException
  return (message || code || 'could not be sent').slice(0, MOST_TEXT)
}
