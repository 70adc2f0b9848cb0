import { randomUUID } from 'node:crypto'

/** An id that a client or a proxy gave is kept if it is short and harmless in a header and a log. */
const SANE = /^[\w.:-]{1,128}$/

/** The id of a request: the one in `X-Request-Id` if that is sane, else a fresh one. */
export function requestIdOf(request: Request): string {
  const given = request.headers.get('x-request-id')
  return given !== null && SANE.test(given) ? given : freshRequestId()
}

export function freshRequestId(): string {
  return `req_${randomUUID()}`
}
