import * as z from 'zod'
import { exchangeLinkRequestSchema, linkSessionSchema } from './auth.ts'
import type { Route } from './route.ts'

/** An endpoint that is no method: for those who run a server or read about it, and the stream, which has no single answer. */
export interface ServiceRoute extends Pick<Route, 'path' | 'scope' | 'summary' | 'body' | 'response'> {
  readonly verb: 'GET' | 'POST'
  /** Of a successful answer, without parameters. `response` describes text where it is not JSON. */
  readonly mediaType: string
  /** Request headers that it reads, and what they do. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>>
  /** Statuses that it may answer apart from success. */
  readonly problems: readonly number[]
}

/** Every endpoint of a server besides `ROUTES`. */
export const SERVICE_ROUTES = {
  dashboard: {
    verb: 'GET',
    path: '/',
    scope: null,
    summary: 'Shows the dashboard, which asks for a key itself.',
    mediaType: 'text/html',
    response: z.string(),
    problems: [500],
  },
  exchangeLink: {
    verb: 'POST',
    path: '/auth/link',
    scope: null,
    summary: 'Exchanges the one-time link of a server on this machine for a session.',
    mediaType: 'application/json',
    body: exchangeLinkRequestSchema,
    response: linkSessionSchema,
    problems: [401, 413, 415, 422, 429, 500, 503],
  },
  health: {
    verb: 'GET',
    path: '/healthz',
    scope: null,
    summary: 'Says that the process is there.',
    mediaType: 'application/json',
    response: z.object({ status: z.literal('ok') }),
    problems: [500],
  },
  readiness: {
    verb: 'GET',
    path: '/readyz',
    scope: null,
    summary: 'Says whether decisions can be made and kept right now.',
    mediaType: 'application/json',
    response: z.object({ status: z.literal('ready') }),
    problems: [500, 503],
  },
  metrics: {
    verb: 'GET',
    path: '/metrics',
    scope: null,
    summary: 'Counts and durations, as a Prometheus server reads them.',
    mediaType: 'text/plain',
    response: z.string(),
    problems: [500],
  },
  openApi: {
    verb: 'GET',
    path: '/openapi.json',
    scope: null,
    summary: 'Describes every endpoint as an OpenAPI 3.1 document.',
    mediaType: 'application/json',
    response: z.looseObject({ openapi: z.string() }),
    problems: [500],
  },
  docs: {
    verb: 'GET',
    path: '/docs',
    scope: null,
    summary: 'Describes every endpoint as a page to read.',
    mediaType: 'text/html',
    response: z.string(),
    problems: [500],
  },
  stream: {
    verb: 'GET',
    path: '/stream',
    scope: 'events:read',
    summary:
      'Sends events as they happen: `id` and `event` name one and its type, `data` is the event as it is listed.',
    mediaType: 'text/event-stream',
    response: z.string(),
    headers: { 'Last-Event-ID': 'Goes on after this event instead of with what happens from now on.' },
    problems: [401, 403, 422, 429, 500, 503],
  },
} as const satisfies Readonly<Record<string, ServiceRoute>>

export type ServiceName = keyof typeof SERVICE_ROUTES

/** Every endpoint of {@link SERVICE_ROUTES} with its name, in the order of the table. */
export function listServiceRoutes(): readonly { readonly name: ServiceName; readonly route: ServiceRoute }[] {
  return (Object.keys(SERVICE_ROUTES) as ServiceName[]).map((name) => ({ name, route: SERVICE_ROUTES[name] }))
}
