import { describe, expect, it } from 'vitest'
import { type ClientOptions } from '../../src/index.ts'
import { BighubClient, TimeoutError } from '../../src/node/index.ts'
import { type Answer, inOrder, ok, startServer, status } from './support/test-server.ts'

/** A clock that only moves when somebody waits. */
function createClock() {
  const waits: number[] = []
  let time = 1_000_000
  const options = {
    now: () => time,
    random: () => 0,
    async delay(ms: number) {
      waits.push(ms)
      time += ms
    },
  } satisfies ClientOptions
  return { waits, options }
}

async function run(answer: Answer, options: ClientOptions = {}) {
  const clock = createClock()
  await using server = await startServer(answer)
  await using client = new BighubClient({ baseUrl: server.url, ...clock.options, ...options })
  const result = await client.evaluate({ action: 'pay' }).catch((error: unknown) => error)
  return { result, waits: clock.waits, requests: server.requests }
}

describe('a retry', () => {
  it.each([408, 409, 425, 429, 500, 501, 503, 599])('follows status %i', async (code) => {
    const { result, requests } = await run(inOrder(status(code), ok({ request_id: 'req_1' })))
    expect(result).toEqual({ request_id: 'req_1' })
    expect(requests).toHaveLength(2)
  })

  it.each([301, 307, 400, 401, 403, 404, 410, 412, 422, 423, 428])('does not follow status %i', async (code) => {
    const { result, requests } = await run(status(code))
    expect(result).toMatchObject({ statusCode: code, isRetryable: false })
    expect(requests).toHaveLength(1)
  })

  it('follows a connection that was closed without an answer', async () => {
    const { result } = await run(inOrder((response) => response.destroy(), ok({ a: 1 })))
    expect(result).toEqual({ a: 1 })
  })

  it('follows a timeout', async () => {
    const { result } = await run(
      inOrder(() => undefined, ok({ a: 1 })),
      { timeoutMs: 200 },
    )
    expect(result).toEqual({ a: 1 })
  })

  it('comes twice by default, then the error is thrown', async () => {
    const { result, requests } = await run(status(503, { request_id: 'req_9' }))
    expect(result).toMatchObject({ statusCode: 503, requestId: 'req_9', isRetryable: true })
    expect(requests).toHaveLength(3)
  })

  it('waits 0.25 s, twice as long each time, at most 2.5 s (protocol §2.1)', async () => {
    const { waits } = await run(status(503), { maxRetries: 6 })
    expect(waits).toEqual([250, 500, 1000, 2000, 2500, 2500])
  })

  it('is spread by up to half the wait, at most 0.25 s', async () => {
    const { waits } = await run(status(503), { maxRetries: 5, random: () => 0.999_999 })
    expect(waits.map(Math.round)).toEqual([375, 750, 1250, 2250, 2750])
  })

  it('does not come with maxRetries 0', async () => {
    const { requests } = await run(status(503), { maxRetries: 0 })
    expect(requests).toHaveLength(1)
  })
})

describe('Retry-After', () => {
  const busy = (value: string): Answer => status(429, {}, { 'retry-after': value })

  it('is waited for at least', async () => {
    expect((await run(inOrder(busy('3'), ok({})))).waits).toEqual([3000])
    expect((await run(inOrder(busy('0.1'), ok({})))).waits).toEqual([250])
  })

  it('is reported, not waited for, where that is switched off', async () => {
    const { result, waits } = await run(busy('3'), { honourRetryAfter: false })
    expect(waits).toEqual([250, 500])
    expect(result).toMatchObject({ retryAfterSeconds: 3 })
  })

  it.each(['Wed, 21 Oct 2026 07:28:00 GMT', 'soon', ''])(
    'counts as absent where it is no number: %j',
    async (value) => {
      const { result, waits } = await run(busy(value))
      expect(waits).toEqual([250, 500])
      expect(result).toMatchObject({ retryAfterSeconds: null })
    },
  )

  it('ends the call where it is longer than a minute', async () => {
    const { result, waits } = await run(busy('61'))
    expect(waits).toEqual([])
    expect(result).toMatchObject({ retryAfterSeconds: 61, isRetryable: true })
  })

  it('ends the call where it is longer than the deadline', async () => {
    const { result, waits } = await run(busy('3'), { deadlineMs: 2000 })
    expect(waits).toEqual([])
    expect(result).toMatchObject({ statusCode: 429 })
  })
})

describe('the deadline', () => {
  it('is for all attempts and the waits between them', async () => {
    const { result, waits } = await run(status(503), { deadlineMs: 2000, maxRetries: 10 })
    expect(waits).toEqual([250, 500, 1000])
    expect(result).toMatchObject({ statusCode: 503 })
  })

  it('ends an attempt that would go on beyond it', async () => {
    const { result } = await run(() => undefined, { deadlineMs: 40 })
    expect(result).toBeInstanceOf(TimeoutError)
    expect(result).toMatchObject({ limit: 'deadlineMs', timeoutMs: 40 })
  })
})

describe('the idempotency key', () => {
  it('of a write is made up and the same on each attempt', async () => {
    const { requests } = await run(status(503))
    const keys = requests.map(({ headers }) => headers['idempotency-key'])
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(new Set(keys).size).toBe(1)
    const again = await run(ok({}))
    expect(again.requests[0]?.headers['idempotency-key']).not.toBe(keys[0])
  })

  it('is the caller’s where there is one', async () => {
    await using server = await startServer(inOrder(status(500), ok({})))
    await using client = new BighubClient({ baseUrl: server.url, ...createClock().options })
    await client.rules.update('rule_1', { max_value: 5 }, { idempotencyKey: 'mine' })
    expect(server.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['mine', 'mine'])
  })

  it('is not sent with reads, nor made up for a write that is sent once', async () => {
    await using server = await startServer(ok([]))
    await using client = new BighubClient({ baseUrl: server.url, maxRetries: 0 })
    await client.rules.list()
    await client.rules.pause('rule_1')
    expect(server.requests.map(({ headers }) => headers['idempotency-key'])).toEqual([undefined, undefined])
  })
})

describe('an abort', () => {
  it('ends an attempt with the signal’s reason', async () => {
    const abort = new AbortController()
    await using server = await startServer(() => abort.abort(new Error('enough')))
    await using client = new BighubClient({ baseUrl: server.url })
    await expect(client.evaluate({ action: 'pay' }, { signal: abort.signal })).rejects.toThrow('enough')
    expect(server.requests).toHaveLength(1)
  })

  it('ends a wait, after which nothing more is sent', async () => {
    const abort = new AbortController()
    await using server = await startServer(status(503))
    await using client = new BighubClient({ baseUrl: server.url, delay: async () => abort.abort(new Error('enough')) })
    await expect(client.evaluate({ action: 'pay' }, { signal: abort.signal })).rejects.toThrow('enough')
    expect(server.requests).toHaveLength(1)
  })

  it('for a reason that may pass is not waited out either', async () => {
    const abort = new AbortController()
    const clock = createClock()
    const reason = new TimeoutError('the caller', 'deadlineMs', 5)
    await using server = await startServer(() => abort.abort(reason))
    await using client = new BighubClient({ baseUrl: server.url, ...clock.options })
    await expect(client.evaluate({ action: 'pay' }, { signal: abort.signal })).rejects.toBe(reason)
    expect(clock.waits).toEqual([])
  })

  it('before the call sends nothing', async () => {
    await using server = await startServer(ok({}))
    await using client = new BighubClient({ baseUrl: server.url })
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(client.evaluate({ action: 'pay' }, { signal })).rejects.toThrow('enough')
    expect(server.requests).toHaveLength(0)
  })
})
