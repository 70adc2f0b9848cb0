import { ConfigurationError } from '../protocol/index.ts'
import { type BaseUrl, parseBaseUrl } from './base-url.ts'
import { createFetchTransport, type Fetch } from './fetch-transport.ts'
import type { ClientPlatform, Transport } from './transport.ts'
import { VERSION } from './version.ts'

export interface ClientOptions {
  /** The server. Without TLS only `localhost` and `127.0.0.1`; see `allowInsecureHttp`. @defaultValue 'https://api.bighub.io' */
  readonly baseUrl?: string
  /** Sent as `X-API-Key`; wins over `bearerToken`. @defaultValue none */
  readonly apiKey?: string
  /** A user's access token, sent as `Authorization: Bearer …`. @defaultValue none */
  readonly bearerToken?: string
  /** For one attempt, from the connection to the last byte; a long poll has its waiting time besides, a stream only its head. @defaultValue 15000 */
  readonly timeoutMs?: number
  /** For all attempts of a call and the waits between them. @defaultValue none */
  readonly deadlineMs?: number
  /** Further attempts after the first. @defaultValue 2 */
  readonly maxRetries?: number
  /** Wait at least as long as `Retry-After` says. @defaultValue true */
  readonly honourRetryAfter?: boolean
  /** Answers with more bytes are given up, as are a stream’s events with more characters. @defaultValue 67108864 (64 MiB) */
  readonly maxAnswerBytes?: number
  /** Also plain HTTP to private addresses and `.local` names. @defaultValue on Node what BIGHUB_ALLOW_INSECURE_HTTP says, else false */
  readonly allowInsecureHttp?: boolean
  /** @defaultValue 'bighub-js/<version>' */
  readonly userAgent?: string
  /** Sent with every request, such as what a proxy wants; the client's own headers win. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>>
  /** Carries the requests. @defaultValue on Node a pool of kept connections, elsewhere the runtime's `fetch` */
  readonly fetch?: Fetch
  /** Milliseconds since the epoch. @defaultValue Date.now */
  readonly now?: () => number
  /** In [0, 1); spreads retries. @defaultValue Math.random */
  readonly random?: () => number
  /** Waits between attempts; returns early when the signal aborts. @defaultValue a timer */
  readonly delay?: (ms: number, signal: AbortSignal | undefined) => Promise<void>
  /** Starts the timer of a heartbeat and returns what stops it. @defaultValue a timer that does not keep a process alive */
  readonly schedule?: (task: () => void, ms: number) => () => void
}

export interface ResolvedClientOptions {
  readonly baseUrl: BaseUrl
  readonly transport: Transport
  /** Of every request, by lower-case name, the credential among them. */
  readonly headers: Readonly<Record<string, string>>
  /** What must never be shown; null: none. */
  readonly secret: string | null
  readonly timeoutMs: number
  /** Infinity: none. */
  readonly deadlineMs: number
  readonly maxRetries: number
  readonly honourRetryAfter: boolean
  readonly maxAnswerBytes: number
  readonly now: () => number
  readonly random: () => number
  readonly delay: (ms: number, signal: AbortSignal | undefined) => Promise<void>
  readonly schedule: (task: () => void, ms: number) => () => void
}

/**
 * All defaults of a client, in one place.
 *
 * @throws ConfigurationError naming the option whose value cannot work.
 */
export function resolveClientOptions(options: ClientOptions, platform: ClientPlatform): ResolvedClientOptions {
  assertKnownOptions(options)
  const baseUrl = parseBaseUrl(
    options.baseUrl ?? 'https://api.bighub.io',
    flag('allowInsecureHttp', options.allowInsecureHttp ?? platform.allowsInsecureHttp()),
  )
  const timeoutMs = within('timeoutMs', options.timeoutMs ?? 15_000, 1, MAX_TIMER_MS)
  // An empty key is none, as one that comes from an unset variable.
  const apiKey = options.apiKey === undefined ? '' : headerText('apiKey', options.apiKey)
  const bearerToken = options.bearerToken === undefined ? '' : headerText('bearerToken', options.bearerToken)
  return {
    baseUrl,
    transport: options.fetch
      ? createFetchTransport(options.fetch)
      : platform.createTransport({ origin: baseUrl.origin, timeoutMs }),
    headers: {
      ...ownHeaders(options.headers ?? {}),
      accept: 'application/json',
      'user-agent': headerText('userAgent', options.userAgent ?? `bighub-js/${VERSION}`),
      ...credentialHeader(apiKey, bearerToken),
    },
    secret: apiKey || bearerToken || null,
    timeoutMs,
    deadlineMs:
      options.deadlineMs === undefined
        ? Number.POSITIVE_INFINITY
        : within('deadlineMs', options.deadlineMs, 1, MAX_TIMER_MS),
    maxRetries: within('maxRetries', options.maxRetries ?? 2, 0, 100),
    honourRetryAfter: flag('honourRetryAfter', options.honourRetryAfter ?? true),
    maxAnswerBytes: within('maxAnswerBytes', options.maxAnswerBytes ?? 64 * 1024 * 1024, 1, Number.MAX_SAFE_INTEGER),
    now: options.now ?? Date.now,
    random: options.random ?? Math.random,
    delay: options.delay ?? delay,
    schedule: options.schedule ?? schedule,
  }
}

/** Beyond it `setTimeout` fires at once. */
const MAX_TIMER_MS = 2_147_483_647

const KNOWN = [
  'baseUrl',
  'apiKey',
  'bearerToken',
  'timeoutMs',
  'deadlineMs',
  'maxRetries',
  'honourRetryAfter',
  'maxAnswerBytes',
  'allowInsecureHttp',
  'userAgent',
  'headers',
  'fetch',
  'now',
  'random',
  'delay',
  'schedule',
] as const satisfies readonly (keyof ClientOptions)[]

/** A misspelt option must not be ignored: without its deadline or its key a client does something else than was meant. */
function assertKnownOptions(options: ClientOptions): void {
  if (typeof options !== 'object' || options === null)
    throw new ConfigurationError('options', 'the client takes an object, such as { baseUrl, apiKey }')
  for (const name of Object.keys(options))
    if (!(KNOWN as readonly string[]).includes(name))
      throw new ConfigurationError(name, `is not an option; there are ${KNOWN.join(', ')}`)
}

function credentialHeader(apiKey: string, bearerToken: string): Record<string, string> {
  if (apiKey !== '') return { 'x-api-key': apiKey }
  return bearerToken === '' ? {} : { authorization: `Bearer ${bearerToken}` }
}

function ownHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name))
        throw new ConfigurationError('headers', `${JSON.stringify(name)} is no name`)
      return [name.toLowerCase(), headerText(`headers.${name}`, value)]
    }),
  )
}

/** Text that may stand in a header. The value itself is never shown: it may be a key. */
function headerText(option: string, value: string): string {
  if (typeof value !== 'string' || !isHeaderText(value))
    throw new ConfigurationError(
      option,
      'needs to be text of printable ASCII characters, without a line break or space at an end',
    )
  return value
}

/** Printable ASCII, no space at either end. */
export function isHeaderText(value: string): boolean {
  return /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/.test(value)
}

/** The text `false` counts as true wherever it is not refused. */
function flag(option: string, value: boolean): boolean {
  if (typeof value !== 'boolean') throw new ConfigurationError(option, `${JSON.stringify(value)} is not true or false`)
  return value
}

function within(option: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new ConfigurationError(option, `${String(value)} is not a whole number from ${least} to ${most}`)
  return value
}

function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
    function done(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
  })
}

function schedule(task: () => void, ms: number): () => void {
  const timer = setTimeout(task, ms)
  // Node's timers are objects and would keep the process alive; the web's are numbers, whose prototype has no `unref`.
  ;(timer as { unref?: () => void }).unref?.()
  return () => clearTimeout(timer)
}
