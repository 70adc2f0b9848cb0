import { BighubError, InvalidInputError, type RequestOptions, type Route } from '../protocol/index.ts'
import { buildRequest } from './build-request.ts'
import { isHeaderText, type ResolvedClientOptions } from './client-options.ts'
import { NetworkError } from './errors/network-error.ts'
import { TimeoutError } from './errors/timeout-error.ts'
import { Interruption, type TimeLimit } from './interruption.ts'
import { parseRetryAfter, retryDelayMs } from './retry.ts'
import { type AskedRoute, toApiError } from './to-api-error.ts'
import type { TransportRequest, TransportResponse } from './transport.ts'

/** One call of a route's method. */
export interface RouteCall {
  readonly route: Route
  readonly parameters: readonly unknown[]
  readonly input: unknown
  readonly options: RequestOptions
}

/**
 * Sends a call until it is answered, refused for good, or out of attempts or time.
 *
 * @returns the answer's JSON of whatever kind; `{}` where a success has none (protocol §1.4).
 * @throws ApiError, TimeoutError or NetworkError; InvalidInputError before anything is sent; the signal's reason once it aborts.
 */
export async function sendRequest(call: RouteCall, settings: ResolvedClientOptions): Promise<unknown> {
  const { signal } = call.options
  const request = toTransportRequest(call, settings)
  const waitMs = longPollMs(call)
  const deadline = settings.now() + settings.deadlineMs + waitMs
  for (let retry = 1; ; retry++) {
    signal?.throwIfAborted()
    let retryAfter: number | null = null
    try {
      const response = await attempt(call, request, settings, { deadline, waitMs })
      if (response.status >= 200 && response.status < 300) return readJson(response)
      retryAfter = parseRetryAfter(response.header('retry-after'))
      throw toApiError(call, response, settings.secret)
    } catch (error) {
      signal?.throwIfAborted()
      const pauseMs = pauseAfter(error, retry, retryAfter, settings)
      // A pause that ends after the deadline is not begun: what is known now is the answer.
      if (pauseMs === null || settings.now() + pauseMs >= deadline) throw error
      await settings.delay(pauseMs, signal)
    }
  }
}

function pauseAfter(
  error: unknown,
  retry: number,
  retryAfterSeconds: number | null,
  settings: ResolvedClientOptions,
): number | null {
  if (retry > settings.maxRetries || !BighubError.isInstance(error) || !error.isRetryable) return null
  const retryAfterMs = settings.honourRetryAfter && retryAfterSeconds !== null ? retryAfterSeconds * 1000 : null
  return retryDelayMs({ retry, random: settings.random(), retryAfterMs })
}

/** One attempt, from the connection to the last byte, within its time and the deadline. */
async function attempt(
  call: RouteCall,
  request: Omit<TransportRequest, 'signal'>,
  settings: ResolvedClientOptions,
  limits: { readonly deadline: number; readonly waitMs: number },
): Promise<TransportResponse> {
  const interruption = new Interruption(call.options.signal)
  try {
    const answer = settings.transport.request({ ...request, signal: interruption.signal })
    return await interruption.race(answer, timeoutOf(call.route, settings, limits))
  } catch (error) {
    if (interruption.signal.aborted) throw interruption.signal.reason
    throw BighubError.isInstance(error) ? error : toNetworkError(call.route, settings.baseUrl.origin, error)
  } finally {
    interruption.end()
  }
}

function timeoutOf(
  route: Route,
  settings: ResolvedClientOptions,
  { deadline, waitMs }: { readonly deadline: number; readonly waitMs: number },
): TimeLimit {
  const name = `${route.verb} ${route.path}`
  const perAttemptMs = settings.timeoutMs + waitMs
  const leftMs = Math.max(0, deadline - settings.now())
  return perAttemptMs <= leftMs
    ? { ms: perAttemptMs, error: new TimeoutError(name, 'timeoutMs', perAttemptMs) }
    : { ms: leftMs, error: new TimeoutError(name, 'deadlineMs', settings.deadlineMs + waitMs) }
}

/** How long the server was asked to hold its answer back, which is not slowness. */
function longPollMs({ route, input }: RouteCall): number {
  if (!route.query || typeof input !== 'object' || input === null || !('wait_s' in input)) return 0
  return typeof input.wait_s === 'number' && input.wait_s > 0 ? Math.ceil(input.wait_s * 1000) : 0
}

function toTransportRequest(call: RouteCall, settings: ResolvedClientOptions): Omit<TransportRequest, 'signal'> {
  const { route, parameters, input, options } = call
  const { path, body } = buildRequest(route, parameters, input)
  const idempotencyKey = options.idempotencyKey || freshKey(route, settings)
  return {
    method: route.verb,
    url: settings.baseUrl.prefix + path,
    headers: {
      ...settings.headers,
      ...(body === null ? {} : { 'content-type': 'application/json' }),
      ...toHeader('idempotency-key', 'idempotencyKey', idempotencyKey),
      ...toHeader('if-match', 'ifMatch', options.ifMatch),
    },
    body,
    maxAnswerBytes: settings.maxAnswerBytes,
  }
}

/** A write that may be sent twice has a key, the same on each attempt, so that it is done once. */
function freshKey(route: Route, settings: ResolvedClientOptions): string | undefined {
  if (route.verb === 'GET' || settings.maxRetries === 0) return undefined
  // `randomUUID` is missing in a page that was not loaded over TLS.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Nothing where there is no value. @throws InvalidInputError if it cannot stand in a header. */
export function toHeader(name: string, option: string, value: string | undefined): Record<string, string> {
  if (value === undefined || value === '') return {}
  if (!isHeaderText(value)) throw new InvalidInputError(option, 'needs to be text of printable ASCII characters')
  return { [name]: value }
}

function readJson(response: TransportResponse): unknown {
  if (!response.header('content-type')?.includes('application/json')) return {}
  try {
    return JSON.parse(response.text) as unknown
  } catch {
    return {}
  }
}

/** What a transport threw, in words that say what was asked for. */
export function toNetworkError(route: AskedRoute['route'], origin: string, cause: unknown): NetworkError {
  return new NetworkError(
    'connection_failed',
    `${route.verb} ${route.path} had no whole answer from ${origin}: ${reasonOf(cause)}. Check that the server runs and that baseUrl is right.`,
    { cause },
  )
}

/** The innermost words: `fetch` says only that it failed and keeps the reason as its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.cause !== undefined) return reasonOf(error.cause)
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : undefined
  return inner === undefined ? error.message : reasonOf(inner)
}
