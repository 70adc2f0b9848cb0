import { createParser, type EventSourceMessage } from 'eventsource-parser'
import {
  BEFORE_FIRST_EVENT,
  BighubError,
  EvaluatorError,
  type EventItem,
  InvalidInputError,
  SERVICE_ROUTES,
  type SubscribeOptions,
} from '../protocol/index.ts'
import type { ResolvedClientOptions } from './client-options.ts'
import { NetworkError } from './errors/network-error.ts'
import { TimeoutError } from './errors/timeout-error.ts'
import { Interruption, type TimeLimit } from './interruption.ts'
import { backoffMs, MAX_RETRY_AFTER_MS, parseRetryAfter } from './retry.ts'
import { toHeader, toNetworkError } from './send-request.ts'
import { toApiError } from './to-api-error.ts'
import { readText, type TransportStream } from './transport.ts'

const { stream: ROUTE } = SERVICE_ROUTES
const NAME = `${ROUTE.verb} ${ROUTE.path}`
/** A connection that is silent this long is taken for dead: three times as long as the server lets one be. */
const SILENCE_MS = 45_000

/** What is known from one connection to the next. */
interface Progress {
  lastEventId: string
  /** What the server asked for, in its stream (`retry`) and with its last refusal (`Retry-After`). */
  retryMs: number
  retryAfterMs: number
  /** Connections in a row that brought no event. */
  failures: number
  /** Whether there ever was a connection: an address that never answered may be a wrong one. */
  wasOpen: boolean
}

export interface FollowParts extends SubscribeOptions {
  readonly settings: ResolvedClientOptions
  /** Id of the newest event there is; null: there is none. */
  readonly newestEventId: () => Promise<string | null>
}

/**
 * Events as they happen, oldest first and each once, over as many connections as it takes, until the signal aborts.
 *
 * A connection that breaks is made again after the last event that came: until there was a first one, as often as `maxRetries` says;
 * after that without end.
 *
 * @throws ApiError where the server refuses, EvaluatorError (`answer_invalid`) where what it sends cannot be read.
 */
export async function* followStream(parts: FollowParts): AsyncGenerator<EventItem, void, void> {
  const { signal, settings } = parts
  try {
    const lastEventId = await placeToBegin(parts)
    const progress: Progress = { lastEventId, retryMs: 0, retryAfterMs: 0, failures: 0, wasOpen: false }
    while (!signal.aborted) {
      try {
        yield* readConnection(progress, signal, settings)
      } catch (error) {
        const isOver = !progress.wasOpen && progress.failures >= settings.maxRetries
        if (signal.aborted || isOver || !BighubError.isInstance(error) || !error.isRetryable) throw error
      }
      progress.failures++
      await settings.delay(pauseMs(progress, settings.random()), signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** "From now on" is a place in the log too: without it, what happens before the second connection would be missed. */
async function placeToBegin({ after, signal, newestEventId }: FollowParts): Promise<string> {
  signal.throwIfAborted()
  if (after === '') throw new InvalidInputError('after', '"" is the id of no event')
  return after ?? (await newestEventId()) ?? BEFORE_FIRST_EVENT
}

/** The pause of a retry on top of what the server asked for, so that not all who lost it come back in the same moment. */
function pauseMs({ failures, retryMs, retryAfterMs }: Progress, random: number): number {
  return Math.min(MAX_RETRY_AFTER_MS, Math.max(retryMs, retryAfterMs)) + backoffMs(failures, random)
}

/** One connection, from its request to its end. */
async function* readConnection(
  progress: Progress,
  signal: AbortSignal,
  settings: ResolvedClientOptions,
): AsyncGenerator<EventItem, void, void> {
  const interruption = new Interruption(signal)
  const reading = { progress, interruption, settings }
  try {
    for await (const message of readMessages(await open(reading), reading)) {
      const event = toEvent(message, progress)
      progress.lastEventId = event.event_id
      progress.failures = 0
      yield event
      if (signal.aborted) return
    }
  } finally {
    interruption.abort()
    interruption.end()
  }
}

interface Reading {
  readonly progress: Progress
  readonly interruption: Interruption
  readonly settings: ResolvedClientOptions
}

async function open(reading: Reading): Promise<TransportStream> {
  const { progress, interruption, settings } = reading
  const { transport, baseUrl, headers, timeoutMs, maxAnswerBytes, honourRetryAfter, secret } = settings
  const limit = { ms: timeoutMs, error: new TimeoutError(NAME, 'timeoutMs', timeoutMs) }
  const request = {
    method: ROUTE.verb,
    url: baseUrl.prefix + ROUTE.path,
    headers: {
      ...headers,
      accept: ROUTE.mediaType,
      ...toHeader('last-event-id', 'after', progress.lastEventId),
    },
    body: null,
    signal: interruption.signal,
  }
  progress.retryAfterMs = 0
  const stream = await reach(transport.stream(request), limit, reading)
  const { status, header } = stream
  if (status !== 200) {
    const seconds = honourRetryAfter ? parseRetryAfter(header('retry-after')) : null
    progress.retryAfterMs = (seconds ?? 0) * 1000
    const text = await reach(readText(stream, maxAnswerBytes), limit, reading)
    throw toApiError({ route: ROUTE, parameters: [] }, { status, header, text }, secret)
  }
  if (!header('content-type')?.startsWith(ROUTE.mediaType)) throw unreadable('the answer is no event stream')
  progress.wasOpen = true
  return stream
}

/** What the network brings, or what it failed with in the words of this client. */
async function reach<T>(work: Promise<T>, limit: TimeLimit, { interruption, settings }: Reading): Promise<T> {
  try {
    return await interruption.race(work, limit)
  } catch (error) {
    if (interruption.signal.aborted) throw interruption.signal.reason
    throw BighubError.isInstance(error) ? error : toNetworkError(ROUTE, settings.baseUrl.origin, error)
  }
}

async function* readMessages(
  stream: TransportStream,
  reading: Reading,
): AsyncGenerator<EventSourceMessage, void, void> {
  const { progress, settings } = reading
  const limit = { ms: SILENCE_MS, error: new TimeoutError(NAME, 'silence', SILENCE_MS) }
  const messages: EventSourceMessage[] = []
  let isTooLarge = false
  const parser = createParser({
    maxBufferSize: settings.maxAnswerBytes,
    onEvent: (message) => void messages.push(message),
    onRetry: (ms) => (progress.retryMs = ms),
    // Fields that are unknown are to be passed over.
    onError: ({ type }) => (isTooLarge ||= type === 'max-buffer-size-exceeded'),
  })
  const decoder = new TextDecoder()
  const chunks = stream.chunks[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = await reach(chunks.next(), limit, reading)
      if (done) return
      parser.feed(decoder.decode(value, { stream: true }))
      yield* messages.splice(0)
      if (isTooLarge) throw tooLarge(settings.maxAnswerBytes)
    }
  } finally {
    // Not waited for: it may hang behind a read that does not heed the signal.
    chunks.return?.().catch(() => undefined)
  }
}

/** Only what makes it an event of ours: a newer server may know types and fields that this version does not. */
function toEvent({ id, data }: EventSourceMessage, { lastEventId }: Progress): EventItem {
  const event = parseObject(data)
  if (event && typeof event['event_id'] === 'string' && event['event_id'] === id && event['event_id'] !== '')
    return event as EventItem
  throw unreadable(`what came after the event ${lastEventId} is no event with an id`)
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' ? (value as Readonly<Record<string, unknown>> | null) : null
  } catch {
    return null
  }
}

function unreadable(what: string): EvaluatorError {
  return new EvaluatorError(
    'answer_invalid',
    `${NAME} cannot be read: ${what}. Check that baseUrl is a server of this protocol.`,
  )
}

function tooLarge(maxBytes: number): NetworkError {
  return new NetworkError(
    'answer_too_large',
    `${NAME} sent an event of more than ${maxBytes} characters (maxAnswerBytes). Raise the option if events may be that large.`,
  )
}
