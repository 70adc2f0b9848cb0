import type { Principal } from '@bighub/core/protocol'
import { createApp } from './app.ts'
import { DashboardFiles } from './dashboard/dashboard-files.ts'
import type { ConnectionInfo } from './http/exchange.ts'
import { Cors } from './middleware/cors.ts'
import { Drain } from './middleware/drain.ts'
import { RateLimiter } from './middleware/rate-limiter.ts'
import { Metrics } from './operation/metrics.ts'
import { resolveServerOptions, type ServerOptions } from './server-options.ts'
import { LocalSessions } from './sign-in/local-sessions.ts'
import { withLocalSessions } from './sign-in/with-local-sessions.ts'

/** The decision layer over HTTP, without a socket. */
export interface Server {
  /**
   * Answers one request. Never rejects: what fails is an answer with the error envelope.
   *
   * @param info - What is known of the connection. @defaultValue no address
   */
  fetch(request: Request, info?: ConnectionInfo): Promise<Response>
  /**
   * A token that `POST /auth/link` exchanges once, within five minutes and from this machine, for a session of this principal; the
   * dashboard does so when it is opened at `/#/sign-in/<token>`.
   */
  issueSignInLink(principal: Principal): string
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
  const sessions = new LocalSessions()
  const { host, rateLimit, maxBodyBytes, cors, logger } = resolveServerOptions(options)
  const drain = new Drain()
  const app = createApp({
    host: withLocalSessions(host, sessions),
    maxBodyBytes,
    rateLimiter: new RateLimiter(rateLimit === 'off' ? null : rateLimit),
    cors: new Cors(cors),
    dashboard: new DashboardFiles(),
    sessions,
    drain,
    metrics: new Metrics(drain),
    logger,
  })
  return {
    fetch: async (request, info = { address: null }) => app.fetch(request, info),
    close: () => drain.close(),
    issueSignInLink: (principal) => sessions.issueLink(principal),
  }
}
