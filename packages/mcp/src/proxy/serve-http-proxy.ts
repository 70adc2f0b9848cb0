import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  localhostHostValidation,
  localhostOriginValidation,
  type NodeIncomingMessageLike,
  toNodeHandler,
} from '@modelcontextprotocol/node'
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server'
import { GuardedPipe } from './guarded-pipe.ts'
import { openUpstream } from './open-upstream.ts'
import type { StdioProxyOptions } from './serve-stdio-proxy.ts'

export interface HttpProxyOptions extends StdioProxyOptions {
  /** 0: any free one. @defaultValue 8791 */
  readonly port?: number
}

export interface HttpProxy {
  /** Such as `http://127.0.0.1:8791/mcp`. */
  readonly url: string
  /** Ends sessions and connections. Closing twice is harmless. */
  close(): Promise<void>
}

const PATH = '/mcp'
/** Clients that went away without a word leave their sessions; the one used longest ago makes room. */
const MAX_SESSIONS = 100

/** One client's connection: its transport, and the pipe to a server of its own. */
interface Session {
  readonly transport: WebStandardStreamableHTTPServerTransport
  readonly pipe: GuardedPipe
}

/**
 * Puts a guard in front of a server over streamable HTTP on the loopback address. Every session has a connection to the server of
 * its own. Requests whose `Host` or `Origin` is not local are refused with 403.
 *
 * @throws Error of Node's if the port cannot be had.
 */
export async function serveHttpProxy(options: HttpProxyOptions): Promise<HttpProxy> {
  const { port = 8791, onError } = options
  const sessions = new Map<string, Session>()
  const handle = toNodeHandler({ fetch: (request) => answer(request) }, onError ? { onerror: onError } : {})
  const isLocalHost = localhostHostValidation()
  const isLocalOrigin = localhostOriginValidation()
  const server = createServer((request, response) => {
    if (!isLocalHost(request, response) || !isLocalOrigin(request, response)) return
    const [path] = (request.url ?? '').split('?')
    if (path !== PATH) response.writeHead(404, { 'content-type': 'text/plain' }).end(`MCP is served at ${PATH}\n`)
    // Node says undefined where the adapter's type has the field absent.
    else handle(request as NodeIncomingMessageLike, response).catch((error: Error) => onError?.(error))
  })
  await listen(server, port)
  const { port: actual } = server.address() as AddressInfo
  let closing: Promise<void> | undefined
  return { url: `http://127.0.0.1:${actual}${PATH}`, close: () => (closing ??= close()) }

  async function answer(request: Request): Promise<Response> {
    const id = request.headers.get('mcp-session-id')
    if (id === null) return begin(request)
    const session = sessions.get(id)
    if (!session) return notFound()
    sessions.delete(id)
    sessions.set(id, session)
    return session.transport.handleRequest(request)
  }

  async function begin(request: Request): Promise<Response> {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, { transport, pipe }),
    })
    const pipe = new GuardedPipe({ ...options, downstream: transport, upstream: openUpstream(options.upstream) })
    await pipe.start()
    void pipe.closed.then(() => transport.sessionId && sessions.delete(transport.sessionId))
    const response = await transport.handleRequest(request)
    // Anything but a good `initialize` was refused, and leaves nothing.
    if (transport.sessionId === undefined) await pipe.close()
    const [oldest] = sessions.values()
    if (oldest && sessions.size > MAX_SESSIONS) await oldest.pipe.close()
    return response
  }

  async function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    await Promise.all([...sessions.values()].map(({ pipe }) => pipe.close()))
    server.closeAllConnections()
    await closed
  }
}

/** By the specification a client that reads 404 begins a new session. */
function notFound(): Response {
  const error = { code: -32_001, message: 'Session not found; initialize a new one' }
  return Response.json({ jsonrpc: '2.0', error, id: null }, { status: 404 })
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
