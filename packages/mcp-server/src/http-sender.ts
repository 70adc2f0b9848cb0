import { BighubError, InvalidInputError, type RequestOptions } from '@bighub/core/protocol'
import type { HttpRequest, SendHttpRequest } from './tools/http-request-tool.ts'

export interface HttpSenderOptions {
  /** Checked before (`BighubClient`). */
  readonly baseUrl: string
  readonly apiKey: string | null
  readonly bearerToken: string | null
  readonly userAgent: string
  readonly timeoutMs: number
}

/** Longest answer that is read, in bytes. A model cannot use a fraction of it. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/**
 * Sends requests to any path below the base URL, with the client's credential, once each: of an unknown endpoint nobody knows
 * whether it may be asked twice.
 */
export function createHttpSender(options: HttpSenderOptions): SendHttpRequest {
  const base = new URL(options.baseUrl)
  const prefix = base.origin + base.pathname.replace(/\/+$/, '')
  return async (request, { idempotencyKey, signal }) => {
    const url = toUrl(prefix, request)
    const timeout = AbortSignal.timeout(options.timeoutMs)
    const { response, text } = await send(url, {
      method: request.method,
      headers: toHeaders(options, request, idempotencyKey),
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    })
    if (response.ok) return parseAnswer(text)
    throw new HttpAnswerError(
      request,
      response,
      parseAnswer(withoutSecret(text, options.apiKey ?? options.bearerToken)),
    )
  }
}

/** The endpoint answered with something else than success. Its facts have the names of the client's `ApiError`. */
class HttpAnswerError extends BighubError {
  readonly statusCode: number
  readonly requestId: string | null
  readonly detail: unknown

  constructor({ method, path }: HttpRequest, { status, headers }: Response, answer: unknown) {
    const { detail, error, request_id } = toRecord(answer)
    const codes = [toRecord(detail)['code'], toRecord(error)['code'], `http_${status}`]
    super(
      codes.find((code): code is string => typeof code === 'string') ?? '',
      `${method} ${path} was answered with ${status}${status >= 300 && status < 400 ? '; redirects are not followed' : ''}`,
      { isRetryable: status === 429 || status >= 500 },
    )
    this.statusCode = status
    const ids = [request_id, toRecord(error)['request_id'], headers.get('x-request-id')]
    this.requestId = ids.find((id): id is string => typeof id === 'string' && id !== '') ?? null
    this.detail = detail ?? null
  }
}

/** @throws InvalidInputError if the path leads out of the base URL. */
function toUrl(prefix: string, { path, query }: HttpRequest): URL {
  // A URL parser resolves `/../`, percent-encoded too, so the address that comes of it is what has to lie below the base URL.
  const url = URL.canParse(prefix + path) ? new URL(prefix + path) : null
  if (!path.startsWith('/') || url === null || !url.href.startsWith(`${prefix}/`))
    throw new InvalidInputError(
      'path',
      `${JSON.stringify(path)} is not a path below the base URL; begin it with a slash`,
    )
  if (url.hash !== '') throw new InvalidInputError('path', 'has a fragment, which is never sent')
  for (const [name, value] of Object.entries(query))
    for (const text of toTexts(name, value)) url.searchParams.append(name, text)
  return url
}

/** Null and undefined are left out, a list repeats its name (the reference's form). */
function toTexts(name: string, value: unknown): string[] {
  if (value === null || value === undefined) return []
  if (Array.isArray(value)) return value.flatMap((each) => toTexts(name, each))
  if (typeof value === 'string') return [value]
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)]
  throw new InvalidInputError(`query.${name}`, `${typeof value} cannot be written in a query`)
}

function toHeaders(
  { apiKey, bearerToken, userAgent }: HttpSenderOptions,
  { headers, body }: HttpRequest,
  idempotencyKey: RequestOptions['idempotencyKey'],
): Headers {
  try {
    const all = new Headers({ ...headers })
    all.set('accept', 'application/json')
    all.set('user-agent', userAgent)
    if (body !== undefined) all.set('content-type', 'application/json')
    if (idempotencyKey !== undefined) all.set('idempotency-key', idempotencyKey)
    if (apiKey !== null) all.set('x-api-key', apiKey)
    else if (bearerToken !== null) all.set('authorization', `Bearer ${bearerToken}`)
    return all
  } catch (error) {
    throw new InvalidInputError('headers', 'a name or a value has characters that a header cannot have', {
      cause: error,
    })
  }
}

async function send(url: URL, init: RequestInit): Promise<{ readonly response: Response; readonly text: string }> {
  try {
    const response = await fetch(url, init)
    return { response, text: await readText(response) }
  } catch (error) {
    if (BighubError.isInstance(error)) throw error
    const isTimeout = error instanceof DOMException && error.name === 'TimeoutError'
    throw new BighubError(
      isTimeout ? 'timed_out' : 'connection_failed',
      isTimeout
        ? `${url.origin} gave no whole answer in time; set BIGHUB_TIMEOUT_MS to wait longer`
        : `no whole answer from ${url.origin}; check that the server runs and that BIGHUB_BASE_URL is right`,
      { cause: error, isRetryable: true },
    )
  }
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let [text, bytes] = ['', 0]
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MAX_ANSWER_BYTES)
      throw new BighubError('answer_too_large', `the answer has more than ${MAX_ANSWER_BYTES} bytes; ask for less`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** A refusal may repeat the key that it refuses. Shorter ones (`test`, `dev`) are words that an answer has for other reasons. */
function withoutSecret(text: string, secret: string | null): string {
  return secret === null || secret.length < 8 ? text : text.replaceAll(secret, '[secret]')
}

/** JSON of whatever kind; other text as `{ text }`, nothing as `{}` (protocol §1.4). */
function parseAnswer(text: string): unknown {
  if (text === '') return {}
  try {
    return JSON.parse(text) as unknown
  } catch {
    return { text }
  }
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}
