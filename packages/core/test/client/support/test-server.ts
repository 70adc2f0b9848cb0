import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ReceivedRequest {
  readonly method: string
  /** Path and query as they came. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Answers one request; `index` counts from 0. */
export type Answer = (response: ServerResponse, request: ReceivedRequest, index: number) => void

export interface TestServer extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
}

/** A real HTTP server on loopback that keeps what it received. */
export async function startServer(answer: Answer): Promise<TestServer> {
  const requests: ReceivedRequest[] = []
  const server = createServer((incoming, response) => {
    let body = ''
    incoming.setEncoding('utf8')
    incoming.on('data', (chunk: string) => {
      body += chunk
    })
    incoming.on('end', () => {
      const request = { method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers, body }
      answer(response, request, requests.push(request) - 1)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** Answers with JSON, as every server of the protocol does. */
export function sendJson(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

/** One answer after another: the statuses in order, the last one for good. */
export function inOrder(...answers: readonly Answer[]): Answer {
  return (response, request, index) => answers[Math.min(index, answers.length - 1)]?.(response, request, index)
}

export const ok =
  (body: unknown): Answer =>
  (response) =>
    sendJson(response, body)

export const status =
  (code: number, body: unknown = {}, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) =>
    sendJson(response, body, code, headers)
