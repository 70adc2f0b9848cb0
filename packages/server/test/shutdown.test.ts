import { describe, expect, it } from 'vitest'
import { openServer, type TestServer } from './support/test-server.ts'

/** A request id whose approval nobody has answered. */
async function openApproval(served: TestServer): Promise<string> {
  await served.ask('/rules', { body: { name: 'hold', require_approval_above: 1 } })
  const { json } = await served.ask<{ request_id: string }>('/actions/evaluate', { body: { action: 'pay', value: 2 } })
  return json.request_id
}

describe('closing', () => {
  it('finishes what is under way and takes nothing new', async () => {
    const served = await openServer()
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const writer = writable.getWriter()
    // A body that is still being sent needs `duplex`, which the DOM's types do not know.
    const init: RequestInit & { duplex: 'half' } = {
      method: 'POST',
      headers: { 'x-api-key': served.key, 'content-type': 'application/json' },
      body: readable,
      duplex: 'half',
    }
    const answer = served.server.fetch(new Request('http://localhost/actions/evaluate', init))
    await writer.write(new TextEncoder().encode('{"action":'))
    let isClosed = false
    const closed = served.server.close().then(() => (isClosed = true))
    const late = await served.ask('/policy')
    expect([late.status, late.json.error.code, late.headers.get('retry-after')]).toEqual([503, 'shutting_down', '1'])
    expect((await served.ask('/readyz')).status).toBe(503)
    expect(isClosed).toBe(false)
    await writer.write(new TextEncoder().encode('"read"}'))
    await writer.close()
    const { status, headers } = await answer
    expect([status, headers.get('connection')]).toEqual([200, 'close'])
    await closed
  })

  it('does not wait for somebody who only waits for an approval', async () => {
    const served = await openServer()
    const id = await openApproval(served)
    const waiting = served.ask<{ status: string }>(`/approvals/${id}?wait_s=30`)
    await served.untilInFlight(1)
    await served.server.close()
    const { headers, json } = await waiting
    expect([json.status, headers.get('connection')]).toEqual(['pending', 'close'])
  })

  it('twice is harmless', async () => {
    const served = await openServer()
    await Promise.all([served.server.close(), served.server.close()])
    await expect(served.server.close()).resolves.toBeUndefined()
  })
})

describe('somebody who waits for an approval', () => {
  it('is answered as soon as it is', async () => {
    const served = await openServer()
    const id = await openApproval(served)
    const waiting = served.ask<{ status: string }>(`/approvals/${id}?wait_s=30`)
    await served.untilInFlight(1)
    await served.ask(`/approvals/${id}/resolve`, { body: { resolution: 'approved' } })
    expect((await waiting).json.status).toBe('approved')
  })

  it('and goes away is not waited for', async () => {
    const served = await openServer()
    const id = await openApproval(served)
    const abort = new AbortController()
    const request = new Request(`http://localhost/approvals/${id}?wait_s=30`, {
      headers: { 'x-api-key': served.key },
      signal: abort.signal,
    })
    const answer = served.server.fetch(request)
    await served.untilInFlight(1)
    abort.abort()
    // As it stood: nobody reads it.
    expect((await (await answer).json()) as object).toMatchObject({ status: 'pending' })
  })
})
