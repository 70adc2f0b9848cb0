import { createApp } from './app.ts'
import type { ConnectionInfo } from './http/exchange.ts'
import { Cors } from './middleware/cors.ts'
import { Drain } from './middleware/drain.ts'
import { RateLimiter } from './middleware/rate-limiter.ts'
import { Metrics } from './operation/metrics.ts'
import { resolveServerOptions, type ServerOptions } from './server-options.ts'

/** The decision layer over HTTP, without a socket. */
export interface Server {
  /**
   * Answers one request. Never rejects: what fails is an answer with the error envelope.
   *
   * @param info - What is known of the connection. @defaultValue no address
   */
  fetch(request: Request, info?: ConnectionInfo): Promise<Response>
  /** Refuses what comes from now on and resolves when what is under way is answered. Closing twice is harmless. */
  close(): Promise<void>
}

/**
 * Routes of the whole protocol over a host.
 *
 * @example
 * const server = createServer({ host: createEngineHost({ file: './bighub.db' }) })
 * const answer = await server.fetch(new Request('http://localhost/healthz'))
 * @throws ConfigurationError
 */
export function createServer(options: ServerOptions): Server {
  const { host, rateLimit, maxBodyBytes, cors, logger } = resolveServerOptions(options)
  const drain = new Drain()
  const app = createApp({
    host,
    maxBodyBytes,
    rateLimiter: new RateLimiter(rateLimit === 'off' ? null : rateLimit),
    cors: new Cors(cors),
    drain,
    metrics: new Metrics(drain),
    logger,
  })
  return {
    fetch: async (request, info = { address: null }) => app.fetch(request, info),
    close: () => drain.close(),
  }
}
