import {
  BighubError,
  ConflictError,
  InvalidInputError,
  NotFoundError,
  PlanLimitError,
  type StorageError,
} from '@bighub/core/protocol'
import * as z from 'zod'
import type { Endpoint } from '../routes/endpoint.ts'
import { type Answer, jsonAnswer } from './answer.ts'
import { REQUEST_STATUSES, RequestError } from './request-error.ts'

/** What is answered instead of a result. */
interface Problem {
  readonly status: number
  readonly code: string
  readonly message: string
  /** For 422: which fields, and what is wrong with each. */
  readonly fields?: readonly FieldProblem[]
  readonly facts?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

interface FieldProblem {
  readonly loc: readonly (string | number)[]
  readonly msg: string
  readonly type: string
}

/** Fields that one answer names; an input with more faults has them named when these are mended. */
const MOST_FIELDS = 100
/** After how many seconds a store that could not be used may be asked again. */
const STORE_RETRY_SECONDS = '1'

/**
 * The answer to a request that failed, in the envelope of protocol §3.1: `detail` is text on 401 and 403, a list on 422, else an
 * object with `code`; `request_id` and `error` are there always. What was not thrown on purpose is not told.
 */
export function toProblemAnswer(error: unknown, requestId: string, endpoint: Endpoint | null): Answer {
  const problem = toProblem(error, endpoint)
  const { status, code, message, headers } = problem
  const body = { detail: detailOf(problem), request_id: requestId, error: { code, message, request_id: requestId } }
  return jsonAnswer(status, body, headers)
}

function detailOf({ status, code, message, fields, facts }: Problem): unknown {
  if (status === 401 || status === 403) return message
  if (status === 422) return fields ?? [{ loc: [], msg: message, type: code }]
  return { code, message, ...facts }
}

function toProblem(error: unknown, endpoint: Endpoint | null): Problem {
  if (!BighubError.isInstance(error)) return isAbort(error) ? CLIENT_GONE : FAILED
  const { code, message } = error
  if (is(error, RequestError, ['status', 'location'])) {
    const { status, headers, location } = error
    return { status, code, message, headers, fields: [{ loc: location, msg: message, type: code }] }
  }
  if (is(error, InvalidInputError, ['field'])) {
    const fields = toFieldProblems(error, endpoint)
    return { status: 422, code, message, fields }
  }
  if (is(error, NotFoundError, ['kind', 'id'])) return { status: 404, code, message }
  if (is(error, ConflictError, ['currentVersion'])) return toConflict(error, endpoint)
  if (is(error, PlanLimitError, ['retryAfterSeconds']))
    return { status: 429, code, message, headers: { 'retry-after': String(error.retryAfterSeconds) } }
  if (code === 'unauthenticated') return { status: 401, code, message, headers: CHALLENGE }
  if (code === 'forbidden') return { status: 403, code, message }
  return isStorage(error) && PASSING.has(error.failure) ? UNAVAILABLE : FAILED
}

/** What a client without good credentials is told to show (RFC 9110 §11.6.1). */
const CHALLENGE = { 'www-authenticate': 'Bearer realm="bighub"' } as const
const PASSING: ReadonlySet<StorageError['failure']> = new Set(['unavailable', 'write_failed', 'closed'])

const UNAVAILABLE: Problem = {
  status: 503,
  code: 'storage_unavailable',
  message: 'the store cannot be used right now; try again',
  headers: { 'retry-after': STORE_RETRY_SECONDS },
}
const FAILED: Problem = {
  status: 500,
  code: 'internal_error',
  message: 'the server failed to answer; whoever runs it finds the reason under this request id',
}
const CLIENT_GONE: Problem = {
  status: REQUEST_STATUSES.client_closed_request,
  code: 'client_closed_request',
  message: 'the client went away before it was answered',
}

/**
 * Whether an error is of this class, of this copy of the package or of another: the brand says that it is one of ours, and the
 * facts which.
 */
function is<E extends BighubError>(
  error: BighubError,
  kind: abstract new (...args: never) => E,
  facts: readonly (keyof E & string)[],
): error is E {
  return error instanceof kind || (error.name === kind.name && facts.every((fact) => fact in error))
}

function isStorage(error: BighubError): error is StorageError {
  return error.code.startsWith('storage_') && 'failure' in error
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** Only what another try may mend is a 409: clients repeat those (protocol §2.1, §7.13). */
function toConflict(error: ConflictError, endpoint: Endpoint | null): Problem {
  const { code, message, currentVersion } = error
  if (code === 'version_conflict') return { status: 409, code, message, facts: { current_version: currentVersion } }
  return {
    status: 422,
    code,
    message,
    fields: [{ loc: ['path', ...(endpoint?.parameters ?? [])], msg: message, type: code }],
  }
}

function toFieldProblems(error: InvalidInputError, endpoint: Endpoint | null): FieldProblem[] {
  const place = endpoint?.route.query ? 'query' : 'body'
  if (error.cause instanceof z.ZodError)
    return error.cause.issues.flatMap((issue) => toFieldProblem(place, issue)).slice(0, MOST_FIELDS)
  const { field, message, code: type } = error
  if (endpoint?.parameters.includes(field)) return [{ loc: ['path', field], msg: message, type }]
  const path = field === '' ? [] : field.split('.')
  return [{ loc: [place, ...path.map(toPart)], msg: message, type }]
}

function toFieldProblem(place: string, issue: z.core.$ZodIssue): FieldProblem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  const problem = { msg: issue.message, type: issue.code }
  // An unknown field is named itself, not the object that it stands in.
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ loc: [place, ...path, key], ...problem }))
  return [{ loc: [place, ...path], ...problem }]
}

function toPart(text: string): string | number {
  return /^\d{1,9}$/.test(text) ? Number(text) : text
}
