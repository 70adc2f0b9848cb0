import type * as z from 'zod'
import type { RequestOptions } from './evaluator.ts'
import type { PathParameters, Route } from './route.ts'
import type { ResourceName, Routes } from './routes.ts'

type Strings<Names extends readonly unknown[]> = { readonly [Index in keyof Names]: string }

/** What a method takes after the path's parameters: the body, or else the query; nothing where there is neither. */
type RouteInput<R extends Route> = R extends { body: infer Body extends z.ZodType }
  ? R extends { isBodyOptional: true }
    ? readonly [body?: z.input<Body>]
    : readonly [body: z.input<Body>]
  : R extends { query: infer Query extends z.ZodType }
    ? readonly [query?: z.input<Query>]
    : readonly []

/** The arguments of a route's method: path parameters in order, body or query, options. */
export type RouteArguments<R extends Route> = readonly [
  ...Strings<PathParameters<R['path']>>,
  ...RouteInput<R>,
  options?: RequestOptions,
]

export type RouteMethod<R extends Route> = (...args: RouteArguments<R>) => Promise<z.output<R['response']>>

/** Every method of the protocol, by resource: what the engine, the server's client and anything in between offer. */
export type DecisionApi = {
  readonly [Resource in ResourceName]: {
    readonly [Method in keyof Routes[Resource]]: Routes[Resource][Method] extends infer R extends Route
      ? RouteMethod<R>
      : never
  }
}

type CheckedInput<R extends Route> = R extends { body: infer Body extends z.ZodType }
  ? readonly [body: z.output<Body>]
  : R extends { query: infer Query extends z.ZodType }
    ? readonly [query: z.output<Query>]
    : readonly []

/** What does a route's work: like its method, but its input has been checked and has its defaults. */
export type RouteHandler<R extends Route> = (
  ...args: readonly [...Strings<PathParameters<R['path']>>, ...CheckedInput<R>, options: RequestOptions]
) => Promise<z.output<R['response']>>

/** A handler for each method of a resource. */
export type RouteHandlers<Resource extends ResourceName> = {
  readonly [Method in keyof Routes[Resource]]: Routes[Resource][Method] extends infer R extends Route
    ? RouteHandler<R>
    : never
}
