import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { ConfigurationError } from '@bighub/core/protocol'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import type { Server } from './create-server.ts'
import { RequestError, type RequestFault } from './http/request-error.ts'
import { toProblemAnswer } from './http/to-problem.ts'
import { freshRequestId } from './middleware/request-id.ts'
import { SECURITY_HEADERS } from './middleware/security-headers.ts'

export interface ListenOptions {
  /** 0: any free one. @defaultValue 7171 */
  readonly port?: number
  /** The address to listen on. @defaultValue '127.0.0.1': this machine alone */
  readonly hostname?: string
}

/** A server behind a socket. */
export interface Listener {
  /** `http://host:port`, with the port that it really has. */
  readonly url: string
  /** Takes nothing new, finishes what is under way and closes. Closing twice is harmless. */
  close(): Promise<void>
}

/** Idle connections are kept this long: longer than common clients and balancers keep theirs, so that they close first. */
const KEEP_ALIVE_MS = 65_000
/** A connection that is not done this long after everything was answered is cut. */
const LINGER_MS = 2_000

/** Puts a server behind a socket. @throws ConfigurationError if the address cannot be used. */
export async function listen(server: Server, options: ListenOptions = {}): Promise<Listener> {
  const { port = 7171, hostname = '127.0.0.1' } = options
  const listener = getRequestListener(
    // The bindings of an HTTP/1 server, since that is what is made below.
    (request, { incoming }) =>
      server.fetch(request, { address: (incoming as HttpBindings['incoming']).socket.remoteAddress ?? null }),
    { errorHandler: () => malformed() },
  )
  const http = createHttpServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, outgoing) => {
    // What ends because of closing, such as a stream, leaves a connection that was to be kept and that nobody will use again.
    outgoing.once('close', () => {
      if (!http.listening) http.closeIdleConnections()
    })
    void listener(incoming, outgoing)
  })
  http.on('clientError', answerClientError)
  await bind(http, port, hostname)
  let closing: Promise<void> | undefined
  return {
    url: urlOf(http.address() as AddressInfo),
    close: () => (closing ??= closeBoth(http, server)),
  }
}

function bind(http: HttpServer, port: number, hostname: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => reject(toConfigurationError(error, port, hostname))
    http.once('error', refuse)
    http.listen(port, hostname, () => {
      http.off('error', refuse)
      resolve()
    })
  })
}

function toConfigurationError(error: NodeJS.ErrnoException, port: number, hostname: string): ConfigurationError {
  const reason =
    error.code === 'EADDRINUSE'
      ? 'something listens there already; choose another port, or 0 for a free one'
      : error.message
  return new ConfigurationError('port', `cannot listen on ${hostname} port ${port}: ${reason}`, { cause: error })
}

async function closeBoth(http: HttpServer, server: Server): Promise<void> {
  // Sockets that are idle close at once, the others with their answer.
  const closed = new Promise<void>((resolve) => http.close(() => resolve()))
  await server.close()
  const timer = setTimeout(() => http.closeAllConnections(), LINGER_MS)
  await closed
  clearTimeout(timer)
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

/** A request whose target or host is none: it never becomes a request that a route could see. */
function malformed(): Response {
  const { requestId, status, body } = problem('bad_request')
  return new Response(body, { status, headers: { ...SECURITY_HEADERS, 'x-request-id': requestId } })
}

/** What is not HTTP is answered all the same, in the envelope of every error, as long as the socket takes it. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
    socket.destroy(error)
    return
  }
  const { status, body, requestId } = problem(faultOf(error.code))
  const headers = {
    ...SECURITY_HEADERS,
    'x-request-id': requestId,
    connection: 'close',
    'content-length': Buffer.byteLength(body),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
}

const MESSAGES = {
  bad_request: 'this is not an HTTP request that can be read',
  request_timeout: 'the request did not come to an end in time',
  headers_too_large: 'the headers are longer than 16 KiB',
} as const satisfies Partial<Record<RequestFault, string>>

function problem(fault: keyof typeof MESSAGES) {
  const requestId = freshRequestId()
  return { requestId, ...toProblemAnswer(new RequestError(fault, MESSAGES[fault]), requestId, null) }
}

function faultOf(code: string | undefined): keyof typeof MESSAGES {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers_too_large'
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request_timeout' : 'bad_request'
}

/** Whether an answer is being written to the socket: another one in its midst would be read as part of it. */
function isAnswering(socket: Socket): boolean {
  // Node keeps the answer under way there and offers no other way to ask.
  const { _httpMessage } = socket as Socket & { readonly _httpMessage?: ServerResponse | null }
  return _httpMessage?.headersSent === true
}
