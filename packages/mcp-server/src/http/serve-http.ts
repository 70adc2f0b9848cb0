import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import {
  localhostHostValidation,
  localhostOriginValidation,
  type NodeIncomingMessageLike,
  toNodeHandler,
} from '@modelcontextprotocol/node'
import { createMcpHandler, isLegacyRequest, type McpServer } from '@modelcontextprotocol/server'
import { HttpSessions } from './http-sessions.ts'

export interface ServeHttpOptions {
  /** 0: any free one. @defaultValue 8790 */
  readonly port?: number
  /** How long closing waits for answers under way, in milliseconds. @defaultValue 5000 */
  readonly graceMs?: number
  /** Told of what goes wrong outside of a tool. @defaultValue nothing */
  readonly onError?: (error: Error) => void
}

export interface HttpEndpoint {
  /** Such as `http://127.0.0.1:8790/mcp`. */
  readonly url: string
  /** Takes no more requests, waits for answers under way, then ends sessions and connections. Closing twice is harmless. */
  close(): Promise<void>
}

const PATH = '/mcp'

/**
 * Streamable HTTP on the loopback address, for clients of both protocol generations: those of 2025 have a session each, those of
 * 2026 say everything in each request.
 *
 * Requests whose `Host` or `Origin` is not local are refused with 403, so that a page in a browser cannot reach it by rebinding a name.
 *
 * @throws Error of Node's if the port cannot be had.
 */
export async function serveHttp(create: () => McpServer, options: ServeHttpOptions = {}): Promise<HttpEndpoint> {
  const { port = 8790, graceMs = 5000, onError } = options
  const reporting = onError ? { onerror: onError } : {}
  const sessions = new HttpSessions(create)
  const modern = createMcpHandler(create, { legacy: 'reject', ...reporting })
  const handle = toNodeHandler(
    { fetch: async (request) => ((await isLegacyRequest(request)) ? sessions.fetch(request) : modern.fetch(request)) },
    reporting,
  )
  const underWay = new Set<Promise<void>>()
  const isLocalHost = localhostHostValidation()
  const isLocalOrigin = localhostOriginValidation()
  const server = createServer((request, response) => {
    if (!isLocalHost(request, response) || !isLocalOrigin(request, response)) return
    const [path] = (request.url ?? '').split('?')
    if (path === PATH) {
      // Node says undefined where the adapter's type has the field absent.
      const answer = handle(request as NodeIncomingMessageLike, response).catch((error: unknown) =>
        onError?.(error instanceof Error ? error : new Error(String(error))),
      )
      // A GET is a stream that the client keeps open for as long as it likes.
      if (request.method === 'POST') underWay.add(answer)
      void answer.finally(() => underWay.delete(answer))
    } else response.writeHead(404, { 'content-type': 'text/plain' }).end(`MCP is served at ${PATH}\n`)
  })
  await listen(server, port)
  const { port: actual } = server.address() as AddressInfo
  let closing: Promise<void> | undefined
  return {
    url: `http://127.0.0.1:${actual}${PATH}`,
    close: () => (closing ??= close()),
  }

  async function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    await Promise.race([Promise.allSettled(underWay), delay(graceMs, undefined, { ref: false })])
    await Promise.all([sessions.close(), modern.close()])
    server.closeAllConnections()
    await closed
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}
