import { readFileSync } from 'node:fs'
import * as protocol from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import { REQUEST_STATUSES, RequestError, type RequestFault } from '../src/http/request-error.ts'
import { toProblemAnswer } from '../src/http/to-problem.ts'
import type { ProblemBody } from './support/test-server.ts'

const {
  AccessError,
  BighubError,
  CallRefusedError,
  ConfigurationError,
  ConflictError,
  EvaluatorError,
  InvalidInputError,
  NotFoundError,
  PlanLimitError,
  StorageError,
} = protocol

// A pin: what clients switch on. Change a row only if clients are meant to see another answer.

const REQUEST: Readonly<Record<RequestFault, number>> = {
  bad_request: 400,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  idempotency_in_progress: 409,
  body_too_large: 413,
  unsupported_media_type: 415,
  invalid_input: 422,
  json_invalid: 422,
  json_too_deep: 422,
  idempotency_key_invalid: 422,
  idempotency_key_reuse: 422,
  rate_limited: 429,
  headers_too_large: 431,
  client_closed_request: 499,
  not_ready: 503,
  shutting_down: 503,
}
const ACCESS: Readonly<Record<protocol.AccessError['code'], number>> = { unauthenticated: 401, forbidden: 403 }
const CONFLICT: Readonly<Record<protocol.ConflictError['code'], number>> = {
  version_conflict: 409,
  approval_closed: 422,
  effect_settled: 422,
}
const STORAGE: Readonly<Record<protocol.StorageFailure, readonly [status: number, code: string]>> = {
  corrupt: [500, 'internal_error'],
  foreign: [500, 'internal_error'],
  newer: [500, 'internal_error'],
  unavailable: [503, 'storage_unavailable'],
  write_failed: [503, 'storage_unavailable'],
  closed: [503, 'storage_unavailable'],
}

/** Everything that can be thrown, with what is answered. */
const PINNED: readonly (readonly [error: Error, status: number, code: string])[] = [
  ...entries(REQUEST).map(([code, status]) => [new RequestError(code, 'm'), status, code] as const),
  ...entries(ACCESS).map(([code, status]) => [new AccessError(code, 'm'), status, code] as const),
  ...entries(CONFLICT).map(([code, status]) => [new ConflictError(code, 'm'), status, code] as const),
  ...entries(STORAGE).map(([failure, answer]) => [new StorageError(failure, '/file', 'm'), ...answer] as const),
  [new InvalidInputError('value', 'm'), 422, 'invalid_input'],
  [new NotFoundError('rule', 'rule_1'), 404, 'rule_not_found'],
  [new PlanLimitError('m', 7), 429, 'plan_limit'],
  [new EvaluatorError('failed', 'm'), 500, 'internal_error'],
  [new ConfigurationError('port', 'm'), 500, 'internal_error'],
  [new CallRefusedError('refund', 'm'), 500, 'internal_error'],
  [new BighubError('of_another_version', 'm'), 500, 'internal_error'],
  [new Error('m'), 500, 'internal_error'],
  [new DOMException('m', 'AbortError'), 499, 'client_closed_request'],
]

describe('the codes of errors', () => {
  it.each(PINNED.map(([error, status, code]) => ({ name: `${error.name} ${codeOf(error)}`, error, status, code })))(
    'of $name are $status $code',
    ({ error, status, code }) => {
      const answer = toProblemAnswer(error, 'req_1', null)
      const { error: body } = JSON.parse(answer.body) as ProblemBody
      expect([answer.status, body.code]).toEqual([status, code])
    },
  )

  it('are pinned for every class of error and every fault of a request', () => {
    const classes = Object.values<unknown>(protocol).filter(
      (value): value is typeof BighubError =>
        typeof value === 'function' && (value === BighubError || value.prototype instanceof BighubError),
    )
    expect(classes.length).toBeGreaterThan(5)
    const pinned = new Set<unknown>(PINNED.map(([error]) => error.constructor))
    expect(classes.filter((each) => !pinned.has(each))).toEqual([])
    expect(Object.keys(REQUEST).toSorted()).toEqual(Object.keys(REQUEST_STATUSES).toSorted())
  })

  it('are those that the README lists', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const rows = readme.matchAll(/^\| (\d{3}) +\| ((?:`[\w<>]+`(?:, )?)+) +\|/gm)
    const listed = [...rows].flatMap(([, status, codes = '']) =>
      [...codes.matchAll(/`([\w<>]+)`/g)].map(([, code]) => `${status} ${code}`),
    )
    const answered = PINNED.map(([, status, code]) => `${status} ${code.replace('rule_not_found', '<kind>_not_found')}`)
    expect(listed.toSorted()).toEqual([...new Set(answered)].toSorted())
  })
})

function codeOf(error: Error): string {
  return BighubError.isInstance(error) ? error.code : ''
}

function entries<K extends string, V>(table: Readonly<Record<K, V>>): [K, V][] {
  return Object.entries(table) as [K, V][]
}
