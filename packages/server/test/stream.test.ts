import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { listen } from '../src/index.ts'
import { openServer, type TestServer } from './support/test-server.ts'

/** Reads the stream until the text holds so many events. */
async function readEvents(response: Response, count: number): Promise<{ id: string; type: string; data: string }[]> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const events = [...text.matchAll(/id: (\S+)\nevent: (\S+)\ndata: (.*)\n\n/g)].map(
      ([, id = '', type = '', data = '']) => ({
        id,
        type,
        data,
      }),
    )
    if (events.length >= count) {
      await reader.cancel()
      return events
    }
    const { done, value } = await reader.read()
    if (done) throw new Error(`the stream ended after: ${text}`)
    text += decoder.decode(value, { stream: true })
  }
}

function follow(served: TestServer, headers: Record<string, string> = {}): Promise<Response> {
  return served.server.fetch(
    new Request('http://localhost/stream', { headers: { 'x-api-key': served.key, ...headers } }),
  )
}

const evaluate = (served: TestServer, action: string) => served.ask('/actions/evaluate', { body: { action } })

describe('GET /stream', () => {
  it('tells what happens as GET /events lists it', async () => {
    const served = await openServer()
    const response = await follow(served, { 'last-event-id': 'evt_0' })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    await evaluate(served, 'read')
    const [event] = await readEvents(response, 1)
    const { json } = await served.ask<{ events: { event_id: string; event_type: string }[] }>('/events')
    expect(JSON.parse(event?.data ?? '')).toEqual(json.events[0])
    expect([event?.id, event?.type]).toEqual([json.events[0]?.event_id, 'action_allowed'])
  })

  it('goes on after the event that was seen last', async () => {
    const served = await openServer()
    for (const action of ['one', 'two', 'three']) await evaluate(served, action)
    const all = await readEvents(await follow(served, { 'last-event-id': 'evt_0' }), 3)
    const rest = await readEvents(await follow(served, { 'last-event-id': all[0]?.id ?? '' }), 2)
    expect(rest).toEqual(all.slice(1))
  })

  it('tells an organisation nothing of another one', async () => {
    const served = await openServer()
    const token = await served.signUp('stranger@example.com')
    const authorization = `Bearer ${token}`
    await evaluate(served, 'ours')
    const theirs = await follow(served, { 'x-api-key': '', authorization, 'last-event-id': 'evt_0' })
    await served.ask('/actions/evaluate', { body: { action: 'theirs' }, key: null, headers: { authorization } })
    const [event] = await readEvents(theirs, 1)
    expect(event?.data).toContain('"theirs"')
  })

  it('needs a key with the scope events:read, and an id that an event may have', async () => {
    const served = await openServer()
    expect((await served.ask('/stream', { key: null })).status).toBe(401)
    expect((await served.ask('/stream', { key: await served.newKey(['rules:read']) })).status).toBe(403)
    const { status, json } = await served.ask('/stream', { headers: { 'last-event-id': 'act_1' } })
    expect([status, json.error.code]).toEqual([422, 'invalid_input'])
  })

  it('answers HEAD without beginning a stream', async () => {
    const served = await openServer()
    const { status, headers, text } = await served.ask('/stream', { method: 'HEAD' })
    expect([status, headers.get('content-type'), text]).toEqual([200, 'text/event-stream', ''])
  })

  it('reaches a client over a socket at once, and ends when the server closes', async () => {
    const served = await openServer()
    const listener = await listen(served.server, { port: 0 })
    onTestFinished(() => listener.close())
    const headers = { 'x-api-key': served.key, 'last-event-id': 'evt_0' }
    const first = await fetch(`${listener.url}/stream`, { headers })
    await evaluate(served, 'read')
    expect(await readEvents(first, 1)).toHaveLength(1)
    const second = await fetch(`${listener.url}/stream`, { headers })
    const whole = second.text()
    await listener.close()
    expect(await whole).toContain('retry: 2000')
  })

  it('leaves no connection behind that closing would have to wait for', async () => {
    const served = await openServer()
    const listener = await listen(served.server, { port: 0 })
    const headers = { 'x-api-key': served.key, 'last-event-id': 'evt_0' }
    const whole = (await fetch(`${listener.url}/stream`, { headers })).text()
    // What lingers would be cut by a timer, which never fires now.
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    await expect(listener.close()).resolves.toBeUndefined()
    expect(await whole).toContain('retry: 2000')
  })
})
