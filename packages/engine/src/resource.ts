import {
  type DecisionApi,
  InvalidInputError,
  pathParameters,
  type ResourceName,
  ROUTES,
  type Route,
  type RouteHandlers,
} from '@bighub/core/protocol'

/** Longest path parameter. No id of ours is a quarter as long. */
const MAX_PARAMETER = 500

/**
 * A resource's methods around their handlers: path parameters and input are checked against the route table here, once, so that a
 * handler sees only what the table promises.
 *
 * The methods throw InvalidInputError naming the field, before anything is done.
 */
export function createResource<Name extends ResourceName>(
  name: Name,
  handlers: RouteHandlers<Name>,
): DecisionApi[Name] {
  const routes: Readonly<Record<string, Route>> = ROUTES[name]
  const methods = Object.entries(handlers).map(([method, handler]) => {
    const route = routes[method]
    if (!route) throw new Error(`the route table has no ${name}.${method}`)
    return [method, checked(route, handler as Handler)] as const
  })
  // Each method takes and gives what the table says of it; that its handler does so too is what RouteHandlers checks.
  return Object.fromEntries(methods) as unknown as DecisionApi[Name]
}

type Handler = (...args: readonly unknown[]) => Promise<unknown>

function checked(route: Route, handler: Handler): Handler {
  const names = pathParameters(route.path)
  return async (...args) => {
    const path = names.map((parameter, index) => readParameter(parameter, args[index]))
    const rest = args.slice(names.length)
    const schema = route.body ?? route.query
    if (!schema) return handler(...path, rest[0] ?? {})
    const mayBeAbsent = route.body === undefined || route.isBodyOptional === true
    const parsed = schema.safeParse(rest[0] ?? (mayBeAbsent ? {} : rest[0]))
    if (!parsed.success) throw InvalidInputError.fromZod(`${route.verb} ${route.path}`, parsed.error)
    return handler(...path, parsed.data, rest[1] ?? {})
  }
}

function readParameter(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new InvalidInputError(name, 'needs to be text that is not empty')
  if (value.length > MAX_PARAMETER)
    throw new InvalidInputError(name, `is ${value.length} characters long; at most ${MAX_PARAMETER} are an id`)
  return value
}
