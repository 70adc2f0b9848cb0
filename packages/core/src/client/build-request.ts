import { InvalidInputError, type Route } from '../protocol/index.ts'

/** What a route's method was called with, as it goes on the wire. */
export interface RequestParts {
  /** Path with its parameters and query, beginning with a slash. */
  readonly path: string
  /** Compact JSON; null: no body at all. */
  readonly body: string | null
}

/**
 * Writes a method's arguments as path, query and body.
 *
 * @throws InvalidInputError if a path parameter would name another route, or a value cannot be written.
 */
export function buildRequest(route: Route, parameters: readonly unknown[], input: unknown): RequestParts {
  const path = fillPath(route.path, parameters)
  if (route.query) return { path: path + writeQuery(input ?? {}), body: null }
  return { path, body: route.body ? writeBody(route, input) : null }
}

function fillPath(path: string, parameters: readonly unknown[]): string {
  let index = 0
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeParameter(name, parameters[index++]))
}

function encodeParameter(name: string, value: unknown): string {
  const text = typeof value === 'number' ? String(value) : value
  // URL parsers drop `.` and `..` even where they are percent-encoded: such an id would name another route.
  if (typeof text !== 'string' || text === '' || text === '.' || text === '..' || !text.isWellFormed())
    throw new InvalidInputError(name, `${JSON.stringify(value) ?? 'undefined'} is not an id`)
  return encodeURIComponent(text)
}

function writeQuery(query: object): string {
  const fields = Object.entries(query).filter(([, value]) => value !== undefined && value !== null)
  if (fields.length === 0) return ''
  return `?${fields.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(queryText(name, value))}`).join('&')}`
}

function queryText(name: string, value: unknown): string {
  if (typeof value === 'string' && value.isWellFormed()) return value
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return String(value)
  throw new InvalidInputError(
    name,
    `${typeof value} cannot be written in a query; use text, a finite number or a boolean`,
  )
}

function writeBody(route: Route, input: unknown): string | null {
  // The reference sends `{}` where a POST may do without, and nothing with a DELETE (protocol §7.15, §7.18).
  if (input === undefined && route.isBodyOptional) return route.verb === 'DELETE' ? null : '{}'
  if (typeof input !== 'object' || input === null)
    throw new InvalidInputError('', `${route.verb} ${route.path} takes an object`)
  try {
    const text = JSON.stringify(input)
    // A lost number shows as null; only a body that has one is worth the slower way.
    return text.includes('null') ? JSON.stringify(input, refuseLoss) : text
  } catch (error) {
    if (error instanceof InvalidInputError) throw error
    throw new InvalidInputError('', `the body cannot be written as JSON: ${(error as Error).message}`, { cause: error })
  }
}

/** JSON would turn NaN and infinities into null, and an action without a value is judged otherwise. */
function refuseLoss(name: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new InvalidInputError(name, `${value} cannot be written as JSON; use a finite number`)
  return value
}
