import {
  AccessError,
  type DecisionHost,
  exchangeLinkRequestSchema,
  InvalidInputError,
  listServiceRoutes,
  SERVICE_ROUTES,
  type ServiceName,
  type StoredAnswer,
} from '@bighub/core/protocol'
import { type Context, Hono } from 'hono'
import type { DashboardFiles } from './dashboard/dashboard-files.ts'
import { type Answer, type AnswerBody, jsonAnswer } from './http/answer.ts'
import type { ConnectionInfo, Exchange } from './http/exchange.ts'
import { RequestError } from './http/request-error.ts'
import { toProblemAnswer } from './http/to-problem.ts'
import { logAnswer, logFailure } from './logging/log-answer.ts'
import type { Logger } from './logging/logger.ts'
import { assertScope, authenticate } from './middleware/authenticate.ts'
import type { Cors } from './middleware/cors.ts'
import type { Drain } from './middleware/drain.ts'
import { onceByKey } from './middleware/idempotency.ts'
import type { RateLimiter } from './middleware/rate-limiter.ts'
import { requestIdOf } from './middleware/request-id.ts'
import { SECURITY_HEADERS } from './middleware/security-headers.ts'
import { docsAnswer } from './operation/docs-page.ts'
import { healthAnswer, readyAnswer } from './operation/health.ts'
import type { Metrics } from './operation/metrics.ts'
import { openApiAnswer } from './operation/openapi.ts'
import { callMethod } from './routes/call-method.ts'
import { type Endpoint, listEndpoints } from './routes/endpoint.ts'
import { entityTag } from './routes/entity-tag.ts'
import { parseBody, readBodyText } from './routes/read-body.ts'
import type { LocalSessions } from './sign-in/local-sessions.ts'
import { openStream, STREAM_HEADERS } from './stream/open-stream.ts'

/** What the stages of a request work with. */
export interface AppParts {
  readonly host: DecisionHost
  readonly maxBodyBytes: number
  readonly rateLimiter: RateLimiter
  readonly cors: Cors
  readonly dashboard: DashboardFiles
  readonly sessions: LocalSessions
  readonly drain: Drain
  readonly metrics: Metrics
  readonly logger: Logger
}

type AppContext = Context<{ Bindings: ConnectionInfo }>
type Work = (exchange: Exchange) => Promise<Answer<AnswerBody>>

/**
 * Every route, and the order of what happens to a request. The one place that knows Hono, which finds the route; the stages are
 * functions of their own.
 */
export function createApp(parts: AppParts): Hono<{ Bindings: ConnectionInfo }> {
  const app = new Hono<{ Bindings: ConnectionInfo }>()
  const service: Readonly<Record<ServiceName, Work>> = {
    dashboard: async ({ request }) => parts.dashboard.page(request),
    exchangeLink: (exchange) => answerLink(parts, exchange),
    health: async () => healthAnswer(),
    readiness: () => readyAnswer(parts.host, parts.drain),
    metrics: () => parts.metrics.answer(),
    openApi: async () => openApiAnswer(),
    docs: async () => docsAnswer(),
    stream: (exchange) => answerStream(parts, exchange),
  }
  for (const { name, route } of listServiceRoutes()) {
    const { path, verb } = route
    app.on(verb, path, (context) => conduct(parts, toExchange(context, path, null), service[name]))
    app.all(path, (context) => refuseVerb(parts, context, [verb]))
  }
  for (const [path, endpoints] of byPath(listEndpoints())) {
    const pattern = path.replace(/\{(\w+)\}/g, ':$1')
    for (const endpoint of endpoints)
      app.on(endpoint.route.verb, pattern, (context) => {
        const parameters = endpoint.parameters.map((name) => context.req.param(name) ?? '')
        return conduct(parts, toExchange(context, path, endpoint), (exchange) =>
          answerEndpoint(parts, { exchange, endpoint, parameters }),
        )
      })
    // Here and not after all: a fixed path is never taken for a parameter, whatever the verb.
    const verbs = endpoints.map(({ route }) => route.verb)
    app.all(pattern, (context) => refuseVerb(parts, context, verbs))
  }
  app.get('/assets/:name', (context) =>
    conduct(parts, toExchange(context, '/assets/{name}', null), async ({ request }) => {
      const asset = parts.dashboard.asset(context.req.param('name'), request)
      return asset ?? refusePath()
    }),
  )
  app.notFound((context) => conduct(parts, toExchange(context, null, null), refusePath))
  return app
}

/** The life of every request. */
async function conduct(parts: AppParts, exchange: Exchange, work: Work): Promise<Response> {
  const { cors, drain, logger, metrics } = parts
  const { request, requestId, headers } = exchange
  drain.enter()
  try {
    const answer =
      cors.preflight(request) ?? (await work(exchange).catch((error: unknown) => fail(parts, exchange, error)))
    metrics.countAnswer(exchange, answer)
    logAnswer(logger, exchange, answer)
    return new Response(answer.body, {
      status: answer.status,
      headers: {
        ...SECURITY_HEADERS,
        'x-request-id': requestId,
        ...cors.headersFor(request),
        ...headers,
        ...answer.headers,
        // A client that keeps the connection would wait on it for an answer that nobody gives.
        ...(drain.signal.aborted ? { connection: 'close' } : {}),
      },
    })
  } finally {
    drain.leave()
  }
}

interface EndpointRequest {
  readonly exchange: Exchange
  readonly endpoint: Endpoint
  readonly parameters: readonly string[]
}

/** The stages of a request to a route of the table, in their order. */
async function answerEndpoint(parts: AppParts, { exchange, endpoint, parameters }: EndpointRequest): Promise<Answer> {
  const { host, drain, rateLimiter, maxBodyBytes } = parts
  const { request } = exchange
  const { route } = endpoint
  drain.assertOpen()
  if (route.scope !== null) {
    exchange.principal = await authenticate(host, request, exchange.address)
    assertScope(exchange.principal, route.scope)
  }
  Object.assign(exchange.headers, await rateLimiter.take(exchange))
  // Read only now: whoever may not ask cannot fill the memory.
  const body = route.body ? await readBodyText(request, maxBodyBytes) : ''
  const work = (): Promise<Answer> => answerMethod(parts, { exchange, endpoint, parameters }, body)
  const { principal } = exchange
  // Without a principal there is nobody that a key could belong to.
  if (route.verb === 'GET' || !principal) return work()
  const keyed = {
    host,
    principal,
    request,
    target: targetOf(request),
    body,
    restore: ({ status, body }: StoredAnswer) => toAnswer(endpoint, { status, body }, () => JSON.parse(body)),
    onError: (error: unknown) => logFailure(parts.logger, exchange, error),
  }
  return onceByKey(keyed, work)
}

/** Events as they happen: what `GET /events` lists, without asking again and again. */
async function answerStream(parts: AppParts, exchange: Exchange): Promise<Answer<AnswerBody>> {
  const { host, drain, rateLimiter, logger } = parts
  const { request } = exchange
  drain.assertOpen()
  const principal = await authenticate(host, request, exchange.address)
  exchange.principal = principal
  assertScope(principal, SERVICE_ROUTES.stream.scope)
  Object.assign(exchange.headers, await rateLimiter.take(exchange))
  // Nobody would read it, and so nobody would end it.
  if (request.method === 'HEAD') return { status: 200, body: '', headers: STREAM_HEADERS }
  const onError = (error: unknown): void => logFailure(logger, exchange, error)
  return openStream({ host, drain, request, organisation: principal.organisation, onError })
}

/** A session for the link of whoever started this server. Guessing is counted like every request without a key. */
async function answerLink(parts: AppParts, exchange: Exchange): Promise<Answer> {
  const { drain, rateLimiter, sessions, maxBodyBytes } = parts
  drain.assertOpen()
  Object.assign(exchange.headers, await rateLimiter.take(exchange))
  const body = exchangeLinkRequestSchema.safeParse(parseBody(await readBodyText(exchange.request, maxBodyBytes)))
  if (!body.success) throw new InvalidInputError('', 'needs the link_token', { cause: body.error })
  const session = sessions.exchange(body.data.link_token, exchange.address)
  if (!session) throw new AccessError('unauthenticated', 'this link was used, is too old, or is for another machine')
  return jsonAnswer(200, session)
}

/** Calls the method. What it refuses is an answer too: an idempotency key keeps it like any other. */
async function answerMethod(parts: AppParts, asked: EndpointRequest, body: string): Promise<Answer> {
  const { host, drain, metrics } = parts
  const { endpoint, exchange } = asked
  try {
    const result = await callMethod({ host, drain, body, ...asked })
    metrics.countEvaluations(endpoint, result)
    return toAnswer(endpoint, jsonAnswer(200, result), () => result)
  } catch (error) {
    return fail(parts, exchange, error)
  }
}

function toAnswer(endpoint: Endpoint, answer: Answer, result: () => unknown): Answer {
  const etag = answer.status === 200 ? entityTag(endpoint, result) : undefined
  return etag === undefined ? answer : { ...answer, headers: { etag } }
}

function fail({ logger }: AppParts, exchange: Exchange, error: unknown): Answer {
  const answer = toProblemAnswer(error, exchange.requestId, exchange.endpoint)
  if (answer.status >= 500) logFailure(logger, exchange, error)
  return answer
}

function refuseVerb(parts: AppParts, context: AppContext, verbs: readonly string[]): Promise<Response> {
  const allow = [...verbs].toSorted().join(', ')
  const message = `${context.req.method} is not a verb of this path; there is ${allow}`
  return conduct(parts, toExchange(context, null, null), async () => {
    throw new RequestError('method_not_allowed', message, { headers: { allow } })
  })
}

async function refusePath(): Promise<never> {
  throw new RequestError('not_found', 'there is no such path; /docs shows those there are')
}

function toExchange(context: AppContext, path: string | null, endpoint: Endpoint | null): Exchange {
  const request = context.req.raw
  return {
    request,
    address: context.env.address,
    requestId: requestIdOf(request),
    path,
    endpoint,
    startedAt: performance.now(),
    principal: null,
    headers: {},
  }
}

/** Path and query as the client wrote them. */
function targetOf({ url }: Request): string {
  return url.slice(url.indexOf('/', url.indexOf('://') + 3))
}

function byPath(endpoints: readonly Endpoint[]): Map<string, Endpoint[]> {
  return Map.groupBy(endpoints, ({ route }) => route.path)
}
