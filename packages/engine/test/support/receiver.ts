import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface ReceivedWebhook {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Answers a webhook; what it leaves open stays unanswered. */
export type Answer = (response: ServerResponse, webhook: ReceivedWebhook) => void

export interface Receiver {
  readonly url: string
  readonly port: number
  readonly received: ReceivedWebhook[]
  answer: Answer
}

/** A real HTTP server on loopback that keeps what it is sent; answers 200 unless told otherwise. */
export async function openReceiver(answer: Answer = status(200)): Promise<Receiver> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { url: path = '', headers } = request
      const webhook = { path, headers, body: Buffer.concat(chunks).toString() }
      receiver.received.push(webhook)
      receiver.answer(response, webhook)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  // A server that listens on a port has an address with a port.
  const { port } = server.address() as AddressInfo
  const receiver: Receiver = { url: `http://127.0.0.1:${port}/hook`, port, received: [], answer }
  return receiver
}

/** Answers with a status and nothing else. */
export function status(code: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return (response) => response.writeHead(code, headers).end()
}
