import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Listener, listen } from '../src/index.ts'
import { openServer, type ProblemBody, type TestServer, type TestServerOptions } from './support/test-server.ts'

async function openListener(options: TestServerOptions = {}): Promise<{ served: TestServer; listener: Listener }> {
  const served = await openServer(options)
  const listener = await listen(served.server, { port: 0 })
  onTestFinished(() => listener.close())
  return { served, listener }
}

function dial({ url }: Listener): Socket {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  return socket
}

/** Sends text as it is and resolves with everything that comes back until the server closes. */
async function send(listener: Listener, text: string): Promise<{ status: number; headers: string; body: ProblemBody }> {
  const socket = dial(listener)
  let answer = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk))
  // A server that has said no need not take the rest.
  socket.on('error', () => undefined)
  socket.write(text)
  await once(socket, 'close')
  const [headers = '', body = ''] = answer.split('\r\n\r\n')
  return { status: Number(headers.split(' ')[1]), headers, body: JSON.parse(body) as ProblemBody }
}

describe('behind a socket', () => {
  it.each([
    ['what is not HTTP', 'HELLO\r\n\r\n', 400, 'bad_request'],
    ['a header that is none', 'GET /healthz HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n', 400, 'bad_request'],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
      400,
      'bad_request',
    ],
    [
      'headers without end',
      `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    ['a host that is none', 'GET /healthz HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', 400, 'bad_request'],
    ['a target that is none', 'GET * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400, 'bad_request'],
  ])('answers %s in the envelope', async (_, text, status, code) => {
    const { listener } = await openListener()
    const answer = await send(listener, text)
    expect([answer.status, answer.body.error.code]).toEqual([status, code])
    expect(answer.headers.toLowerCase()).toContain('content-type: application/json')
    expect(answer.headers).toContain(answer.body.request_id)
  })

  it('stops reading a body without a length as soon as it is too long', async () => {
    const { served, listener } = await openListener({ maxBodyBytes: 1000 })
    const head = `POST /actions/evaluate HTTP/1.1\r\nHost: x\r\nX-API-Key: ${served.key}\r\nContent-Type: application/json\r\n`
    const chunk = `3e8\r\n${'x'.repeat(1000)}\r\n`
    const { status, body } = await send(listener, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}${chunk}`)
    expect([status, body.error.code]).toEqual([413, 'body_too_large'])
  })

  it('refuses a long body by its announced length, before it comes', async () => {
    const { served, listener } = await openListener()
    const head = `POST /actions/evaluate HTTP/1.1\r\nHost: x\r\nX-API-Key: ${served.key}\r\nContent-Type: application/json\r\n`
    const { status, headers } = await send(listener, `${head}Content-Length: 2000000\r\n\r\n`)
    expect(status).toBe(413)
    expect(headers.toLowerCase()).toContain('connection: close')
  })

  it('tells keys from where they are used', async () => {
    const { served, listener } = await openListener()
    const here = await served.newKey(['rules:read'], { ip_whitelist: ['127.0.0.0/8'] })
    const elsewhere = await served.newKey(['rules:read'], { ip_whitelist: ['10.0.0.0/8'] })
    const ask = (key: string) => fetch(`${listener.url}/policy`, { headers: { 'x-api-key': key } })
    expect((await ask(here)).status).toBe(200)
    expect((await ask(elsewhere)).status).toBe(403)
  })

  it('forgets somebody who waits and hangs up', async () => {
    const { served, listener } = await openListener()
    await served.ask('/rules', { body: { name: 'hold', require_approval_above: 1 } })
    const { json } = await served.ask<{ request_id: string }>('/actions/evaluate', {
      body: { action: 'pay', value: 2 },
    })
    const socket = dial(listener)
    socket.write(`GET /approvals/${json.request_id}?wait_s=30 HTTP/1.1\r\nHost: x\r\nX-API-Key: ${served.key}\r\n\r\n`)
    await served.untilInFlight(1)
    socket.destroy()
    await expect(served.untilInFlight(0)).resolves.toBeUndefined()
  })

  it.each(['Content-Length: 100', 'Transfer-Encoding: chunked'])(
    'does not take a body that breaks off for a failure of its own: %s',
    async (length) => {
      const { served, listener } = await openListener()
      const socket = dial(listener)
      const head = `POST /actions/evaluate HTTP/1.1\r\nHost: x\r\nX-API-Key: ${served.key}\r\n${length}\r\n\r\n`
      socket.write(`${head}3\r\n{"a\r\n`)
      await served.untilInFlight(1)
      socket.destroy()
      await served.untilInFlight(0)
      const { text } = await served.ask('/metrics', { key: null })
      expect(text).toContain('route="/actions/evaluate",status="499"')
      expect(text).not.toContain('status="500"')
    },
  )

  it('cuts idle connections when it closes', async () => {
    const { listener } = await openListener()
    const socket = dial(listener)
    await once(socket, 'connect')
    await Promise.all([once(socket, 'close'), listener.close()])
    await expect(fetch(`${listener.url}/healthz`)).rejects.toThrow('fetch failed')
  })

  it('says so when the port is taken', async () => {
    const { served, listener } = await openListener()
    const port = Number(new URL(listener.url).port)
    await expect(listen(served.server, { port })).rejects.toThrow(/something listens there already/)
  })
})
