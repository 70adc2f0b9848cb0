import type { DecisionHost, EventItem } from '@bighub/core/protocol'
import type { Answer } from '../http/answer.ts'
import { RequestError } from '../http/request-error.ts'
import type { Drain } from '../middleware/drain.ts'

export interface StreamParts {
  readonly host: DecisionHost
  readonly drain: Drain
  readonly request: Request
  readonly organisation: string
  /** Hears why a stream broke off that should not have. */
  readonly onError: (error: unknown) => void
}

/** A line is sent this often while nothing happens, so that nobody on the way takes the connection for dead. */
const BEAT_MS = 15_000
/** How long a client should wait before it connects again. */
const RETRY_MS = 2_000
/** The second one keeps a common proxy from collecting events. */
export const STREAM_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream',
  'x-accel-buffering': 'no',
}
const EVENT_ID = /^evt_\d{1,15}$/

/**
 * Server-sent events (protocol §12): `id` is the event's, which `Last-Event-ID` may give back to go on after it; `event` is its type,
 * `data` the event as `GET /events` lists it. Ends when the client goes or the server closes.
 *
 * @throws RequestError 422 if `Last-Event-ID` is the id of no event.
 */
export function openStream({ host, drain, request, organisation, onError }: StreamParts): Answer<ReadableStream> {
  const after = request.headers.get('last-event-id') || null
  if (after !== null && !EVENT_ID.test(after))
    throw new RequestError('invalid_input', 'Last-Event-ID is the id of no event', {
      location: ['header', 'last-event-id'],
    })
  const wait = drain.startWait(request.signal)
  const events = host.subscribe(organisation, { after, signal: wait.signal })[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  let beat: NodeJS.Timeout | undefined
  let isGone = false
  const end = (): void => {
    clearInterval(beat)
    wait.end()
  }
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`))
      beat = setInterval(() => controller.enqueue(encoder.encode(':\n\n')), BEAT_MS)
    },
    async pull(controller) {
      try {
        const { done, value } = await events.next()
        if (isGone) return
        if (!done) {
          controller.enqueue(encoder.encode(toText(value)))
          return
        }
      } catch (error) {
        onError(error)
      }
      end()
      controller.close()
    },
    async cancel() {
      isGone = true
      wait.abort()
      end()
      await events.return?.()
    },
  })
  return { status: 200, body, headers: STREAM_HEADERS }
}

function toText(event: EventItem): string {
  // JSON has no line break outside of its strings' escapes, so that the data are one line.
  return `id: ${event.event_id}\nevent: ${event.event_type}\ndata: ${JSON.stringify(event)}\n\n`
}
