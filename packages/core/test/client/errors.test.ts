import { describe, expect, it } from 'vitest'
import {
  AccessError,
  ApiConflictError,
  ApiError,
  ApiNotFoundError,
  AuthError,
  BighubClient,
  BighubError,
  ConflictError,
  InvalidInputError,
  NotFoundError,
  RateLimitError,
  TimeoutError,
  ValidationError,
} from '../../src/node/index.ts'
import { startServer, status } from './support/test-server.ts'

async function errorFor(code: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
  await using server = await startServer(status(code, body, headers))
  await using client = new BighubClient({ baseUrl: server.url, maxRetries: 0 })
  return await client.rules.get('rule_7').catch((error: unknown) => error)
}

describe('an answer that is no success', () => {
  it('is an ApiError with everything the server said', async () => {
    const body = { detail: { code: 'rule_invalid', message: 'no such field' }, request_id: 'req_1' }
    const error = await errorFor(400, body)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({
      name: 'ApiError',
      code: 'rule_invalid',
      route: 'GET /rules/{rule_id}',
      statusCode: 400,
      requestId: 'req_1',
      detail: body.detail,
      responseBody: body,
      isRetryable: false,
      message:
        'GET /rules/{rule_id} was answered with 400: no such field (request id req_1). Correct the request; nothing was changed.',
    })
  })

  it.each([
    [401, 'unauthenticated', 'Check apiKey or bearerToken.'],
    [403, 'forbidden', 'Use a key that has the scope rules:read.'],
  ])('is an AuthError with status %i, with the same facts', async (code, name, advice) => {
    const error = await errorFor(code, { detail: 'no', request_id: 'req_2' })
    for (const kind of [AuthError, AccessError, ApiError, BighubError]) expect(error).toBeInstanceOf(kind)
    expect(error).toMatchObject({ code: name, statusCode: code, requestId: 'req_2', detail: 'no', isRetryable: false })
    expect((error as Error).message).toContain(advice)
  })

  it('is a RateLimitError with status 429', async () => {
    const error = await errorFor(429, { detail: { code: 'rate_limited' } }, { 'retry-after': '7' })
    for (const kind of [RateLimitError, ApiError]) expect(error).toBeInstanceOf(kind)
    expect(error).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 7, isRetryable: true })
    expect(await errorFor(429, { detail: { code: 'plan_limit' } })).toMatchObject({
      code: 'plan_limit',
      retryAfterSeconds: null,
      isRetryable: false,
    })
  })

  it('is a ValidationError with status 422, which is the engine’s InvalidInputError', async () => {
    const detail = [
      { loc: ['body', 'context', 'call', 0], msg: 'expected text', type: 'invalid_type' },
      { loc: ['query', 'limit'], msg: 'too large', type: 'too_big' },
    ]
    const error = await errorFor(422, { detail, error: { code: 'validation_failed', request_id: 'req_3' } })
    for (const kind of [ValidationError, InvalidInputError, ApiError]) expect(error).toBeInstanceOf(kind)
    expect(error).toMatchObject({
      code: 'invalid_input',
      field: 'context.call.0',
      validationErrors: detail,
      requestId: 'req_3',
    })
    expect((error as Error).message).toContain('body.context.call.0 expected text; query.limit too large')
    expect(await errorFor(422, { detail: 'odd' })).toMatchObject({ field: '', validationErrors: [], detail: 'odd' })
  })

  it('is the engine’s NotFoundError where a thing is missing, not where a route is', async () => {
    const error = await errorFor(404, { detail: { code: 'rule_not_found' } })
    for (const kind of [ApiNotFoundError, NotFoundError, ApiError]) expect(error).toBeInstanceOf(kind)
    expect(error).toMatchObject({ code: 'rule_not_found', kind: 'rule', id: 'rule_7', statusCode: 404 })
    const route = await errorFor(404, { detail: { code: 'not_found' } })
    expect(route).toBeInstanceOf(ApiError)
    expect(route).not.toBeInstanceOf(NotFoundError)
    const upstream = await errorFor(502, { detail: { code: 'upstream_not_found' } })
    expect(upstream).not.toBeInstanceOf(NotFoundError)
    expect(upstream).toMatchObject({ isRetryable: true })
  })

  it('is the engine’s ConflictError for another version and for what has ended', async () => {
    const version = await errorFor(409, { detail: { code: 'version_conflict', current_version: 4 } })
    for (const kind of [ApiConflictError, ConflictError, ApiError]) expect(version).toBeInstanceOf(kind)
    expect(version).toMatchObject({ code: 'version_conflict', statusCode: 409, currentVersion: 4 })
    const closed = await errorFor(422, {
      detail: [{ loc: ['path', 'request_id'], type: 'approval_closed', msg: 'expired' }],
    })
    expect(closed).toBeInstanceOf(ConflictError)
    expect(closed).toMatchObject({ code: 'approval_closed', statusCode: 422, isRetryable: false })
    expect(await errorFor(409, { detail: { code: 'idempotency_in_progress' } })).toMatchObject({
      name: 'ApiError',
      isRetryable: true,
    })
  })

  it.each([
    ['request_id', { request_id: 'a', validation_id: 'b', error: { request_id: 'c' } }, 'a'],
    ['validation_id', { validation_id: 'b', error: { request_id: 'c' } }, 'b'],
    ['error.request_id', { error: { request_id: 'c' } }, 'c'],
    ['the header', {}, 'd'],
    ['the header, for a body of another kind', ['x'], 'd'],
  ])('has its request id from %s', async (_, body, id) => {
    expect(await errorFor(500, body, { 'x-request-id': 'd' })).toMatchObject({ requestId: id })
  })

  it('has a code from detail, else from error, else from its status', async () => {
    const error = { code: 'second' }
    expect(await errorFor(500, { detail: { code: 'first' }, error })).toMatchObject({ code: 'first' })
    expect(await errorFor(500, { detail: 'text', error })).toMatchObject({ code: 'second' })
    expect(await errorFor(500, {})).toMatchObject({ code: 'http_500' })
  })

  it('is told apart by isInstance and instanceof, and other errors are no ApiError', async () => {
    const error = await errorFor(404, { detail: { code: 'rule_not_found' } })
    expect(ApiError.isInstance(error)).toBe(true)
    expect(error).not.toBeInstanceOf(RateLimitError)
    const timeout = new TimeoutError('GET /x', 'timeoutMs', 1)
    expect(ApiError.isInstance(timeout)).toBe(false)
    expect(timeout).not.toBeInstanceOf(ApiError)
    for (const value of [null, undefined, 'text', {}]) expect(ApiError.isInstance(value)).toBe(false)
  })
})
