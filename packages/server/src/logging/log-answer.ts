import type { Answer } from '../http/answer.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Logger } from './logger.ts'

/**
 * One line a request. Of what the client wrote it has the verb and the id, which are checked; the route stands with its parameters'
 * names, and of query, body and credentials there is nothing.
 */
export function logAnswer(logger: Logger, exchange: Exchange, { status }: Pick<Answer, 'status'>): void {
  logger.log(status >= 500 ? 'error' : 'info', 'request', {
    ...factsOf(exchange),
    status,
    ms: Math.round((performance.now() - exchange.startedAt) * 100) / 100,
  })
}

/** Why a request failed that should not have: what its client is not told. */
export function logFailure(logger: Logger, exchange: Exchange, error: unknown): void {
  logger.log('error', 'request failed', { ...factsOf(exchange), error })
}

function factsOf({ requestId, request, path, principal }: Exchange): Readonly<Record<string, unknown>> {
  const who = principal ? { organisation: principal.organisation, by: principal.by } : {}
  return { request_id: requestId, verb: request.method, route: path, ...who }
}
