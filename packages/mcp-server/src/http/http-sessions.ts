import { randomUUID } from 'node:crypto'
import { type McpServer, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server'

interface Session {
  readonly server: McpServer
  readonly transport: WebStandardStreamableHTTPServerTransport
}

/** Clients that went away without a word leave their sessions; the one used longest ago makes room. */
const MAX_SESSIONS = 1000

/** Sessions of clients that speak a protocol of 2025: each `initialize` begins one, with a server of its own. */
export class HttpSessions {
  /** By id, the one used longest ago first. */
  readonly #sessions = new Map<string, Session>()
  readonly #createServer: () => McpServer

  constructor(createServer: () => McpServer) {
    this.#createServer = createServer
  }

  async fetch(request: Request): Promise<Response> {
    const id = request.headers.get('mcp-session-id')
    if (id === null) return this.#begin(request)
    const session = this.#sessions.get(id)
    if (!session) return sessionNotFound()
    this.#sessions.delete(id)
    this.#sessions.set(id, session)
    return session.transport.handleRequest(request)
  }

  async close(): Promise<void> {
    const servers = [...this.#sessions.values()].map(({ server }) => server)
    this.#sessions.clear()
    await Promise.all(servers.map((server) => server.close()))
  }

  async #begin(request: Request): Promise<Response> {
    const server = this.#createServer()
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      // No tool sends anything before its answer.
      enableJsonResponse: true,
      onsessioninitialized: async (id) => {
        this.#sessions.set(id, { server, transport })
        await this.#makeRoom()
      },
      onsessionclosed: (id) => void this.#sessions.delete(id),
    })
    await server.connect(transport)
    const response = await transport.handleRequest(request)
    // Anything but a good `initialize` was refused, and leaves nothing.
    if (transport.sessionId === undefined) await server.close()
    return response
  }

  async #makeRoom(): Promise<void> {
    if (this.#sessions.size <= MAX_SESSIONS) return
    const [oldest] = this.#sessions
    if (!oldest) return
    const [id, { server }] = oldest
    this.#sessions.delete(id)
    await server.close()
  }
}

/** By the specification a client that reads 404 begins a new session. */
function sessionNotFound(): Response {
  return Response.json(
    { jsonrpc: '2.0', error: { code: -32001, message: 'Session not found; initialize a new one' }, id: null },
    { status: 404 },
  )
}
