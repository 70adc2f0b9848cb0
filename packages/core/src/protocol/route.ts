import type * as z from 'zod'
import type { Scope } from './scope.ts'

export type Verb = 'GET' | 'POST' | 'PATCH' | 'DELETE'

/** One endpoint: everything that client, server, documents and tools have to know of it. */
export interface Route {
  readonly verb: Verb
  /** With `{name}` for each path parameter; the parameters are a method's first arguments, in this order. */
  readonly path: `/${string}`
  /** What a key must be allowed to do. Null: nobody has to be signed in. */
  readonly scope: Scope | null
  /** Fields of the body that need a further scope where they are true. @defaultValue none */
  readonly fieldScopes?: Readonly<Record<string, Scope>>
  /** One sentence. */
  readonly summary: string
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** The body may be left out. @defaultValue false */
  readonly isBodyOptional?: boolean
  readonly response: z.ZodType
  /** Whether clients send an `Idempotency-Key` with it; the server takes one on every write. @defaultValue false */
  readonly isIdempotent?: boolean
  /** The reference has no such route (protocol §12). @defaultValue false */
  readonly isOurs?: boolean
  /** Whether a model may call it as a tool. @defaultValue true, for our own routes false */
  readonly isTool?: boolean
}

/** Names of the path's parameters, in order. */
export type PathParameters<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? readonly [Name, ...PathParameters<Rest>]
  : readonly []

/** Names of a path's parameters, in order. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')
}

/** Whether a route answers a bare JSON list (protocol §7); every other one answers an object. */
export function answersList(route: Pick<Route, 'response'>): boolean {
  return route.response.type === 'array'
}

/** What a key must be allowed to do, in the words of documents (Markdown). */
export function describeScopes({ scope, fieldScopes = {} }: Pick<Route, 'scope' | 'fieldScopes'>): string {
  if (scope === null) return 'needs no key'
  const further = Object.entries(fieldScopes).map(([field, each]) => `, and \`${each}\` for \`${field}: true\``)
  return `scope \`${scope}\`${further.join('')}`
}
