import { describe, expect, it } from 'vitest'
import { BighubClient, type LiveSessionOptions } from '../../src/node/index.ts'
import { type Answer, inOrder, ok, sendJson, startServer, status } from './support/test-server.ts'

/** Timers that fire when the test says so. */
function createTimers() {
  const waiting: { task: () => void; ms: number }[] = []
  return {
    waiting,
    schedule(task: () => void, ms: number) {
      const entry = { task, ms }
      waiting.push(entry)
      return () => void waiting.splice(waiting.indexOf(entry), waiting.includes(entry) ? 1 : 0)
    },
    fire: () => waiting.shift()?.task(),
  }
}

const CONNECTED = { connection_id: 'conn_1', heartbeat_interval_seconds: 7, ttl_seconds: 20, status: 'connected' }

/** A server whose heartbeats are answered by `beat`, and a client on a timer of the test's. */
async function setUp(beat: Answer = ok({ status: 'alive' }), connected: object = CONNECTED) {
  const timers = createTimers()
  let beats = 0
  let heard: () => void = () => undefined
  const server = await startServer((response, request) => {
    if (request.url.endsWith('/connect')) return sendJson(response, connected)
    if (!request.url.endsWith('/heartbeat')) return sendJson(response, { request_id: 'req_1' })
    response.on('close', () => setImmediate(() => heard()))
    beat(response, request, beats++)
  })
  const client = new BighubClient({ baseUrl: server.url, maxRetries: 0, schedule: timers.schedule })
  return {
    timers,
    server,
    client,
    bodies: (path: string) =>
      server.requests.filter(({ url }) => url.endsWith(path)).map(({ body }) => JSON.parse(body) as unknown),
    /** Fires the timer and waits until the client has dealt with the answer: it starts the next timer, or `until` holds. */
    async beatOnce(until: () => boolean = () => timers.waiting.length > 0) {
      const answered = new Promise<void>((resolve) => {
        heard = resolve
      })
      timers.fire()
      await answered
      while (!until()) await new Promise((resolve) => setImmediate(resolve))
    },
    async [Symbol.asyncDispose]() {
      await client.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

describe('a live session', () => {
  it('evaluates with its actor, its context and the connection, which a call cannot override', async () => {
    await using test = await setUp()
    const session = await test.client.actions.beginLiveSession({ actor: 'ana', context: { a: 1, b: 1 } })
    expect(session.connectionId).toBe('conn_1')
    const own = { b: 2, connection_id: 'other', connection_mode: 'none', require_live_connection: false }
    await session.evaluate({ action: 'pay', value: 5, actor: 'eve', context: own }, { idempotencyKey: 'k' })
    await session.submit({ action: 'look' })
    const live = { connection_mode: 'live', require_live_connection: true, connection_id: 'conn_1' }
    expect(test.bodies('/connect')).toEqual([{ actor: 'ana', context: { a: 1, b: 1 } }])
    expect(test.bodies('/evaluate')).toEqual([
      { action: 'pay', value: 5, actor: 'ana', context: { a: 1, b: 2, ...live } },
      { action: 'look', actor: 'ana', context: { a: 1, b: 1, ...live } },
    ])
    expect(test.server.requests[1]?.headers['idempotency-key']).toBe('k')
  })

  it('sends a heartbeat each interval that the server named, and none after it ended', async () => {
    await using test = await setUp()
    const session = await test.client.actions.beginLiveSession({ context: { a: 1 } })
    expect(test.timers.waiting.map(({ ms }) => ms)).toEqual([7000])
    await test.beatOnce()
    await test.beatOnce()
    // The initial context is not sent again (protocol §7.1).
    expect(test.bodies('/heartbeat')).toEqual(
      Array.from({ length: 2 }, () => ({ connection_id: 'conn_1', context: {} })),
    )
    await session.disconnect({ why: 'done' })
    expect(test.timers.waiting).toEqual([])
    expect(test.bodies('/disconnect')).toEqual([{ connection_id: 'conn_1', context: { why: 'done' } }])
    await session.disconnect()
    expect(test.bodies('/disconnect')).toHaveLength(1)
  })

  it('beats every 40 s where the server names no interval, and takes a number for an id', async () => {
    await using test = await setUp(undefined, { connection_id: 17 })
    const session = await test.client.actions.beginLiveSession()
    expect(session.connectionId).toBe('17')
    expect(test.timers.waiting.map(({ ms }) => ms)).toEqual([40_000])
  })

  it('goes on beating after a failure that may pass, and says so', async () => {
    await using test = await setUp(inOrder(status(503), ok({})))
    const failures: unknown[] = []
    const onHeartbeatFail: LiveSessionOptions['onHeartbeatFail'] = (error) => {
      failures.push(error)
      throw new Error('a listener’s fault')
    }
    await test.client.actions.beginLiveSession({}, { onHeartbeatFail })
    await test.beatOnce()
    await test.beatOnce()
    expect(failures).toMatchObject([{ statusCode: 503 }])
    expect(test.bodies('/heartbeat')).toHaveLength(2)
  })

  it.each([
    [404, 'live_connection_not_found'],
    [410, 'live_connection_expired'],
  ])('stops beating when the connection is gone: %i %s', async (code, name) => {
    await using test = await setUp(status(code, { detail: { code: name } }))
    const failures: unknown[] = []
    await test.client.actions.beginLiveSession({}, { onHeartbeatFail: (error) => void failures.push(error) })
    await test.beatOnce(() => failures.length > 0)
    expect(failures).toMatchObject([{ code: name }])
    expect(test.timers.waiting).toEqual([])
  })

  it('beats only when told to where that is wanted', async () => {
    await using test = await setUp()
    const session = await test.client.actions.beginLiveSession({}, { heartbeats: false })
    expect(test.timers.waiting).toEqual([])
    await session.heartbeat({ load: 0.5 })
    expect(test.bodies('/heartbeat')).toEqual([{ connection_id: 'conn_1', context: { load: 0.5 } }])
  })

  it('disconnects at the end of its block, also where the server is gone', async () => {
    await using test = await setUp()
    {
      await using session = await test.client.actions.beginLiveSession()
      expect(session.connection).toEqual(CONNECTED)
    }
    expect(test.bodies('/disconnect')).toHaveLength(1)
    {
      await using _ = await test.client.actions.beginLiveSession()
      await test.server[Symbol.asyncDispose]()
    }
    expect(test.timers.waiting).toEqual([])
  })

  it('beats no more when its client is closed', async () => {
    await using test = await setUp()
    await test.client.actions.beginLiveSession()
    await test.client.close()
    expect(test.timers.waiting).toEqual([])
  })

  it('is refused where the answer names no connection', async () => {
    await using test = await setUp(undefined, {})
    await expect(test.client.actions.beginLiveSession()).rejects.toMatchObject({ code: 'evaluator_answer_invalid' })
  })
})
