import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ApiError,
  AuthError,
  BighubClient,
  type ClientOptions,
  EvaluatorError,
  type EventItem,
  NetworkError,
  type SubscribeOptions,
  ValidationError,
} from '@bighub/core'
import type { DecisionHost } from '@bighub/core/protocol'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createServer, type Logger, listen, type StartedServer, startServer } from '../src/index.ts'
import { openServer, type TestServer } from './support/test-server.ts'

const NEVER = new AbortController().signal
const FROM_THE_FIRST: SubscribeOptions = { after: 'evt_0', signal: NEVER }

/** A client that is closed when the test ends. */
function connect(baseUrl: string, options: ClientOptions = {}): BighubClient {
  const client = new BighubClient({ baseUrl, random: () => 0, ...options })
  onTestFinished(() => client.close())
  return client
}

/** The next events of a subscription, by what was done. */
async function take(events: AsyncGenerator<EventItem>, count: number): Promise<(string | null | undefined)[]> {
  const actions: (string | null | undefined)[] = []
  while (actions.length < count) {
    const { done, value } = await events.next()
    if (done) throw new Error(`the stream ended after ${actions.join(', ')}`)
    actions.push(value.action)
  }
  return actions
}

/** Waits of a client, which go on when they are told to. */
class Pauses {
  readonly waits: number[] = []
  #begun = Promise.withResolvers<void>()
  #over = Promise.withResolvers<void>()
  readonly delay = async (ms: number): Promise<void> => {
    this.waits.push(ms)
    this.#begun.resolve()
    await this.#over.promise
  }

  /** Resolves when the client waits for the first time. */
  get begun(): Promise<void> {
    return this.#begun.promise
  }

  end(): void {
    this.#over.resolve()
  }
}

/** A server over the store in a folder, which tells when a stream was opened. */
async function start(dataDir: string, port: number): Promise<StartedServer & { readonly opened: Promise<void> }> {
  const { promise: opened, resolve } = Promise.withResolvers<void>()
  const logger: Logger = {
    log: (_level, _message, fields) => {
      if (fields?.['route'] === '/stream') resolve()
    },
  }
  const server = await startServer({ dataDir, port, logger })
  onTestFinished(() => server.close())
  return { ...server, opened }
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bighub-stream-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A server that tells when it opened a stream and when that stream's client had gone. */
async function openWatched(): Promise<{ served: TestServer; url: string; opened: Promise<void>; gone: Promise<void> }> {
  const served = await openServer()
  const opened = Promise.withResolvers<void>()
  const gone = Promise.withResolvers<void>()
  const host: DecisionHost = Object.create(served.host, {
    subscribe: {
      value: (organisation: string, options: SubscribeOptions) => {
        opened.resolve()
        options.signal.addEventListener('abort', () => gone.resolve())
        return served.host.subscribe(organisation, options)
      },
    },
    // Private members are those of the object itself.
    authenticate: { value: served.host.authenticate.bind(served.host) },
    api: { value: served.host.api.bind(served.host) },
  }) as DecisionHost
  const listener = await listen(createServer({ host }), { port: 0 })
  onTestFinished(() => listener.close())
  return { served, url: listener.url, opened: opened.promise, gone: gone.promise }
}

/** Something that answers as it likes; `index` counts requests from 0. */
async function answering(answer: (response: ServerResponse, index: number, lastEventId: unknown) => void) {
  let count = 0
  const http = createHttpServer((request, response) => answer(response, count++, request.headers['last-event-id']))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(() => {
    http.close()
    http.closeAllConnections()
  })
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
}

const streaming = (text: string) => (response: ServerResponse) =>
  void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text)

function eventText(id: string): string {
  return `id: ${id}\nevent: action_allowed\ndata: ${JSON.stringify({ event_id: id, event_type: 'action_allowed', action: id })}\n\n`
}

describe.each<[string, ClientOptions]>([
  ['a pool', {}],
  ['fetch', { fetch: (url, init) => fetch(url, init) }],
])('a client that follows events over %s', (_, transport) => {
  it('gets them in order, each once, across a server that ends and comes back', async () => {
    const folder = newFolder()
    const first = await start(folder, 0)
    const pauses = new Pauses()
    const client = connect(first.url, { apiKey: first.adminKey ?? '', delay: pauses.delay, ...transport })
    const events = client.subscribe(FROM_THE_FIRST)
    await client.evaluate({ action: 'one' })
    await client.evaluate({ action: 'two' })
    expect(await take(events, 2)).toEqual(['one', 'two'])
    const rest = take(events, 3)
    await client.evaluate({ action: 'three' })
    await first.close()
    await pauses.begun
    const second = await start(folder, Number(new URL(first.url).port))
    await client.evaluate({ action: 'four' })
    pauses.end()
    await second.opened
    await client.evaluate({ action: 'five' })
    expect(await rest).toEqual(['three', 'four', 'five'])
    // The server asked for two seconds (`retry`).
    expect(pauses.waits).toEqual([2250])
  })

  it('from now on misses nothing either, although no event had come before the connection broke', async () => {
    const folder = newFolder()
    const first = await start(folder, 0)
    const pauses = new Pauses()
    const client = connect(first.url, { apiKey: first.adminKey ?? '', delay: pauses.delay, ...transport })
    await client.evaluate({ action: 'before' })
    await client.evaluate({ action: 'before too' })
    const next = take(client.subscribe({ after: null, signal: NEVER }), 1)
    await first.opened
    await first.close()
    await pauses.begun
    await start(folder, Number(new URL(first.url).port))
    await client.evaluate({ action: 'meanwhile' })
    pauses.end()
    expect(await next).toEqual(['meanwhile'])
  })

  it('ends when the signal aborts, also while it waits, and frees the connection', async () => {
    const { served, url, opened, gone } = await openWatched()
    const client = connect(url, { apiKey: served.key, ...transport })
    const abort = new AbortController()
    const next = client.subscribe({ after: null, signal: abort.signal }).next()
    await opened
    abort.abort(new Error('enough'))
    expect(await next).toEqual({ done: true, value: undefined })
    await expect(gone).resolves.toBeUndefined()
  })

  it('frees the connection when nobody reads on', async () => {
    const { served, url, gone } = await openWatched()
    const client = connect(url, { apiKey: served.key, ...transport })
    await client.evaluate({ action: 'one' })
    for await (const event of client.subscribe(FROM_THE_FIRST)) {
      expect(event.action).toBe('one')
      break
    }
    await expect(gone).resolves.toBeUndefined()
    const events = client.subscribe(FROM_THE_FIRST)
    await events.next()
    await expect(events.throw(new Error('the reader’s own'))).rejects.toThrow('the reader’s own')
  })

  it('ends when the client is closed, also while an event is looked at, and takes no new one', async () => {
    const { served, url, gone } = await openWatched()
    const client = connect(url, { apiKey: served.key, ...transport })
    await client.evaluate({ action: 'one' })
    const events = client.subscribe(FROM_THE_FIRST)
    expect(await take(events, 1)).toEqual(['one'])
    await client.close()
    await gone
    expect(await events.next()).toEqual({ done: true, value: undefined })
    await expect(client.subscribe(FROM_THE_FIRST).next()).rejects.toMatchObject({ code: 'client_closed' })
  })

  it('throws what the server refuses, at once', async () => {
    const { served, url } = await openWatched()
    const ask = (apiKey: string, after: string | null): Promise<unknown> =>
      connect(url, { apiKey, delay: () => Promise.reject(new Error('waited')), ...transport })
        .subscribe({ after, signal: NEVER })
        .next()
        .catch((error: unknown) => error)
    const narrow = await served.newKey(['rules:read'])
    for (const after of [null, 'evt_0']) {
      expect(await ask('wrong-key', after)).toBeInstanceOf(AuthError)
      expect(await ask('wrong-key', after)).toMatchObject({ statusCode: 401, code: 'unauthenticated' })
      expect(await ask(narrow, after)).toMatchObject({
        statusCode: 403,
        message: expect.stringContaining('events:read'),
      })
    }
    const error = await ask(served.key, 'act_1')
    expect(error).toBeInstanceOf(ValidationError)
    expect(error).toMatchObject({ statusCode: 422, route: 'GET /stream' })
    expect(await ask(served.key, '')).toMatchObject({ code: 'invalid_input', field: 'after' })
  })

  it('takes a connection that is silent for dead', async () => {
    const url = await answering((response, index) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(eventText(`evt_${index + 1}`))
    })
    const client = connect(url, { delay: async () => undefined, ...transport })
    const events = client.subscribe(FROM_THE_FIRST)
    expect(await take(events, 1)).toEqual(['evt_1'])
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const next = take(events, 1)
    await vi.advanceTimersByTimeAsync(45_000)
    vi.useRealTimers()
    expect(await next).toEqual(['evt_2'])
  })

  it.each([
    ['a page', (response: ServerResponse) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>')],
    ['no JSON', streaming('id: evt_2\ndata: {"event_id":\n\n')],
    ['no object', streaming('id: evt_2\ndata: null\n\n')],
    ['no id', streaming('data: {"event_id":"evt_2"}\n\n')],
    ['an empty id', streaming('id:\ndata: {"event_id":""}\n\n')],
    ['two ids', streaming('id: evt_2\ndata: {"event_id":"evt_3"}\n\n')],
  ])('refuses %s instead of events, and does not ask again', async (_, answer) => {
    let count = 0
    const url = await answering((response) => {
      count++
      answer(response)
    })
    const client = connect(url, { delay: async () => undefined, ...transport })
    const error = await take(client.subscribe(FROM_THE_FIRST), 1).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(EvaluatorError)
    expect(error).toMatchObject({ failure: 'answer_invalid', message: expect.stringContaining('GET /stream') })
    expect(count).toBe(1)
  })

  it('gets what came before the malformed, unknown fields and half events aside', async () => {
    const begin = `: hello\nunknown: 1\n${eventText('evt_1')}${eventText('evt_2').replaceAll('\n', '\r\n')}`
    const url = await answering((response, index) =>
      streaming(index === 0 ? `${begin}id: evt_3\nda` : 'data: 1\n\n')(response),
    )
    const client = connect(url, { delay: async () => undefined, ...transport })
    const events = client.subscribe(FROM_THE_FIRST)
    expect(await take(events, 2)).toEqual(['evt_1', 'evt_2'])
    await expect(events.next()).rejects.toThrow('after the event evt_2')
  })

  it('gives up an event that is too large, whether or not it ever ends', async () => {
    const url = await answering((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`data: ${'x'.repeat(5000)}`)
    })
    const client = connect(url, { maxAnswerBytes: 4000, ...transport })
    const error = await take(client.subscribe(FROM_THE_FIRST), 1).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ code: 'answer_too_large', isRetryable: false })
  })

  it('asks again after the last event, ever more slowly, until there is another one', async () => {
    const asked: unknown[] = []
    const url = await answering((response, index, lastEventId) => {
      asked.push(lastEventId)
      if (index === 0) streaming(`retry: 100\n\n${eventText('evt_7')}`)(response)
      else if (index === 1) response.destroy()
      else if (index === 2) response.writeHead(503, { 'retry-after': '3' }).end()
      else if (index === 3) streaming('retry: 999999999999\n\n')(response)
      else streaming(eventText('evt_8'))(response)
    })
    const waits: number[] = []
    const client = connect(url, { maxRetries: 0, delay: async (ms) => void waits.push(ms), ...transport })
    expect(await take(client.subscribe(FROM_THE_FIRST), 2)).toEqual(['evt_7', 'evt_8'])
    expect(asked).toEqual(['evt_0', 'evt_7', 'evt_7', 'evt_7', 'evt_7'])
    // What was asked for, at most a minute, and the client's own 0.25 s, 0.5 s, 1 s, 2 s.
    expect(waits).toEqual([350, 600, 4000, 62_000])
  })

  it('gives up after the usual retries where there never was a connection', async () => {
    const url = await answering((response) => void response.destroy())
    const waits: number[] = []
    const client = connect(url, { delay: async (ms) => void waits.push(ms), ...transport })
    const error = await take(client.subscribe(FROM_THE_FIRST), 1).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'connection_failed', message: expect.stringMatching(/^GET \/stream /) })
    expect(waits).toEqual([250, 500])
    const missing = connect(await answering((response) => void response.writeHead(404).end()), transport)
    await expect(missing.subscribe(FROM_THE_FIRST).next()).rejects.toBeInstanceOf(ApiError)
  })
})

afterEach(() => void vi.useRealTimers())
