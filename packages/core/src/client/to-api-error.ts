import { type BighubError, type ConflictError, pathParameters, type Route } from '../protocol/index.ts'
import { ApiConflictError } from './errors/api-conflict-error.ts'
import { ApiError } from './errors/api-error.ts'
import type { ApiFailure } from './errors/api-failure.ts'
import { ApiNotFoundError } from './errors/api-not-found-error.ts'
import { AuthError } from './errors/auth-error.ts'
import { RateLimitError } from './errors/rate-limit-error.ts'
import { type FieldError, ValidationError } from './errors/validation-error.ts'
import { isRetryableStatus, parseRetryAfter } from './retry.ts'
import type { TransportResponse } from './transport.ts'

/** What was asked for. */
export interface AskedRoute {
  readonly route: Pick<Route, 'verb' | 'path' | 'scope'>
  readonly parameters: readonly unknown[]
}

/**
 * The error for an answer that is not a success (protocol §3.2). Where the engine throws an error of its own for the same fault,
 * it is a subclass of that one.
 *
 * @param secret - Blanked out wherever the answer repeats it.
 */
export function toApiError(asked: AskedRoute, response: TransportResponse, secret: string | null): BighubError {
  const body = parseBody(response, secret)
  const failure = toFailure(asked.route, response, body)
  const code = codeOf(body) ?? `http_${response.status}`
  const message = describe(asked.route, failure, code)
  const { status } = response
  if (isConflict(code)) return new ApiConflictError(code, message, failure, versionOf(failure.detail))
  if (status === 401 || status === 403) return new AuthError(message, failure)
  if (status === 422) return new ValidationError(message, failure, fieldErrorsOf(failure.detail))
  if (status === 429) return new RateLimitError(code, message, failure, parseRetryAfter(response.header('retry-after')))
  const kind = /^(\w+)_not_found$/.exec(code)?.[1]
  if (status === 404 && kind) return new ApiNotFoundError(kind, idOf(asked), message, failure)
  return new ApiError(code, message, failure, { isRetryable: isRetryableStatus(status) })
}

function toFailure(route: AskedRoute['route'], response: TransportResponse, body: unknown): ApiFailure {
  const inError = fieldOf(fieldOf(body, 'error'), 'request_id')
  const ids = [fieldOf(body, 'request_id'), fieldOf(body, 'validation_id'), inError, response.header('x-request-id')]
  return {
    route: `${route.verb} ${route.path}`,
    statusCode: response.status,
    requestId: ids.find((id): id is string => typeof id === 'string' && id !== '') ?? null,
    detail: fieldOf(body, 'detail') ?? null,
    responseBody: body ?? null,
  }
}

/** Shorter ones (`test`, `dev`) are words that an answer may hold for other reasons. */
const MIN_SECRET_LENGTH = 8

function parseBody(response: TransportResponse, secret: string | null): unknown {
  if (!response.header('content-type')?.includes('application/json')) return undefined
  const hidden = secret !== null && secret.length >= MIN_SECRET_LENGTH ? secret : null
  try {
    return JSON.parse(response.text, (_, value: unknown) =>
      hidden !== null && typeof value === 'string' ? value.replaceAll(hidden, '[secret]') : value,
    )
  } catch {
    return undefined
  }
}

/** `detail.code`, or where `detail` is a list or text: the code of `error`, or of the first entry. */
function codeOf(body: unknown): string | null {
  const detail = fieldOf(body, 'detail')
  const first: unknown = Array.isArray(detail) ? detail[0] : undefined
  const codes = [fieldOf(detail, 'code'), fieldOf(fieldOf(body, 'error'), 'code'), fieldOf(first, 'type')]
  return codes.find((code): code is string => typeof code === 'string' && code !== '') ?? null
}

const CONFLICT_CODES: ReadonlySet<string> = new Set(['version_conflict', 'approval_closed', 'effect_settled'])

function isConflict(code: string): code is ConflictError['code'] {
  return CONFLICT_CODES.has(code)
}

function versionOf(detail: unknown): number | null {
  const version = fieldOf(detail, 'current_version')
  return typeof version === 'number' ? version : null
}

function idOf({ route, parameters }: AskedRoute): string {
  const last = parameters[pathParameters(route.path).length - 1]
  return typeof last === 'string' ? last : ''
}

function fieldErrorsOf(detail: unknown): readonly FieldError[] {
  return Array.isArray(detail)
    ? detail.filter((each): each is FieldError => typeof each === 'object' && each !== null)
    : []
}

/** What happened, in the server's words where it has some, and what to do. */
function describe(route: AskedRoute['route'], failure: ApiFailure, code: string): string {
  const words = wordsOf(failure.detail)
  const said = words === null ? '' : `: ${words.slice(0, MAX_WORDS)}`
  const id = failure.requestId === null ? '' : ` (request id ${failure.requestId})`
  return `${failure.route} was answered with ${failure.statusCode}${said}${id}. ${adviceFor(route, failure.statusCode, code)}`
}

/** Characters of the server's words that a message repeats. */
const MAX_WORDS = 500

function wordsOf(detail: unknown): string | null {
  if (typeof detail === 'string') return detail
  if (!Array.isArray(detail)) {
    const message = fieldOf(detail, 'message')
    return typeof message === 'string' ? message : null
  }
  const each = fieldErrorsOf(detail).map(({ loc, msg }) =>
    `${Array.isArray(loc) ? loc.join('.') : ''} ${msg ?? ''}`.trim(),
  )
  return each.length === 0 ? null : each.join('; ')
}

function adviceFor(route: AskedRoute['route'], status: number, code: string): string {
  if (code === 'version_conflict') return 'Read it again and repeat the change.'
  if (isConflict(code)) return 'Read it to see how it ended.'
  if (status === 401) return 'Check apiKey or bearerToken.'
  if (status === 403)
    return route.scope === null ? 'It is not allowed from here.' : `Use a key that has the scope ${route.scope}.`
  if (status === 404) return 'Check the id and that it belongs to the organisation of this key.'
  if (status === 429) return 'Ask less often, or wait as long as retryAfterSeconds says.'
  if (status < 400) return 'Redirects are not followed: set baseUrl to the address that answers itself.'
  if (isRetryableStatus(status)) return 'Try again later; if it stays, whoever runs the server needs the request id.'
  return 'Correct the request; nothing was changed.'
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
    return undefined
  return (value as Readonly<Record<string, unknown>>)[name]
}
