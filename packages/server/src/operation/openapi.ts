import {
  describeScopes,
  listRoutes,
  listServiceRoutes,
  pathParameters,
  type Route,
  type RouteName,
  type ServiceRoute,
} from '@bighub/core/protocol'
import * as z from 'zod'
import type { Answer } from '../http/answer.ts'
import { VERSION } from '../version.ts'

type Json = Readonly<Record<string, unknown>>

/** Statuses that any route may answer, apart from its success. */
const PROBLEMS: Readonly<Record<string, string>> = {
  401: 'No key or token, or one that is not good.',
  403: 'The key lacks the scope, or may not be used from this address.',
  404: 'There is no such thing in the organisation of the key.',
  409: 'The thing has another version by now, or the idempotency key is being processed.',
  413: 'The body is too long.',
  415: 'The body is not JSON.',
  422: 'The input has the wrong form; `detail` names each field.',
  429: 'Too many requests, or a limit of the plan; `retry-after` says how many seconds to wait.',
  500: 'The server failed.',
  503: 'The store cannot be used right now, or the server is closing.',
}

let written: string | undefined

/** The OpenAPI document, written once. */
export function openApiAnswer(): Answer {
  written ??= JSON.stringify(openApiDocument())
  return { status: 200, body: written }
}

/** The tag of endpoints that are no methods. */
const SERVICE_TAG = 'service'

/** The route table, and what a server answers besides, as an OpenAPI 3.1 document. */
export function openApiDocument(): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const { name, route } of listRoutes())
    (paths[route.path] ??= {})[route.verb.toLowerCase()] = toOperation(name, route)
  for (const { name, route } of listServiceRoutes())
    (paths[route.path] ??= {})[route.verb.toLowerCase()] = toServiceOperation(name, route)
  return {
    openapi: '3.1.1',
    info: {
      title: 'BIGHUB',
      version: VERSION,
      summary: 'The decision layer in front of AI agents’ tool calls.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }, { bearer: [] }],
    tags: [...new Set(listRoutes().map(({ name }) => resourceOf(name))), SERVICE_TAG].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      },
      schemas: { Problem: PROBLEM_SCHEMA },
      responses: Object.fromEntries(
        Object.entries(PROBLEMS).map(([status, description]) => [
          `Problem${status}`,
          { description, content: jsonContent({ $ref: '#/components/schemas/Problem' }) },
        ]),
      ),
    },
  }
}

function toOperation(name: RouteName, route: Route): Json {
  return {
    operationId: name,
    tags: [resourceOf(name)],
    summary: route.summary,
    ...access(route),
    parameters: [
      ...pathParameters(route.path).map(toPathParameter),
      ...queryParameters(route),
      ...headerParameters(route),
    ],
    ...(route.body
      ? {
          requestBody: {
            required: route.isBodyOptional !== true,
            content: jsonContent(jsonSchema(route.body, 'input')),
          },
        }
      : {}),
    responses: {
      200: { description: 'Done.', content: jsonContent(jsonSchema(route.response, 'output')) },
      ...problemResponses(Object.keys(PROBLEMS)),
    },
  }
}

function toServiceOperation(name: string, route: ServiceRoute): Json {
  const { summary, mediaType, body, response, headers = {}, problems } = route
  return {
    operationId: `${SERVICE_TAG}.${name}`,
    tags: [SERVICE_TAG],
    summary,
    ...access(route),
    parameters: Object.entries(headers).map(([header, description]) => ({
      name: header,
      in: 'header',
      description,
      schema: { type: 'string' },
    })),
    ...(body ? { requestBody: { required: true, content: jsonContent(jsonSchema(body, 'input')) } } : {}),
    responses: {
      200: { description: 'Done.', content: { [mediaType]: { schema: jsonSchema(response, 'output') } } },
      ...problemResponses(problems.map(String)),
    },
  }
}

function access(route: Pick<Route, 'scope' | 'fieldScopes'>): Json {
  return route.scope === null ? { security: [] } : { description: `Needs the ${describeScopes(route)}.` }
}

function problemResponses(statuses: readonly string[]): Json {
  return Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/Problem${status}` }]))
}

function toPathParameter(name: string): Json {
  return { name, in: 'path', required: true, schema: { type: 'string', minLength: 1, maxLength: 500 } }
}

function queryParameters({ query }: Route): Json[] {
  if (!query) return []
  const { properties = {}, required = [] } = jsonSchema(query, 'input') as {
    readonly properties?: Readonly<Record<string, Json>>
    readonly required?: readonly string[]
  }
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }))
}

function headerParameters({ verb, scope, path }: Route): Json[] {
  const parameters: Json[] = []
  if (verb !== 'GET' && scope !== null)
    parameters.push({
      name: 'Idempotency-Key',
      in: 'header',
      description: 'The same key and body within 24 hours get the stored answer.',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    })
  if (verb === 'PATCH' || path.endsWith('/apply_patch'))
    parameters.push({
      name: 'If-Match',
      in: 'header',
      description: 'The `ETag` of the version that is meant to change, where the thing has versions.',
      schema: { type: 'string' },
    })
  return parameters
}

/** A schema of the table as JSON Schema; what that cannot say (a transform, a refinement) is left open. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json
  return rest
}

function jsonContent(schema: Json): Json {
  return { 'application/json': { schema } }
}

function resourceOf(name: RouteName): string {
  return name.slice(0, name.indexOf('.'))
}

/** The envelope of protocol §3.1. */
const PROBLEM_SCHEMA: Json = {
  type: 'object',
  required: ['detail', 'request_id', 'error'],
  properties: {
    detail: {
      description: 'Text on 401 and 403, a list on 422, else an object with `code` and `message`.',
      oneOf: [
        { type: 'string' },
        {
          type: 'array',
          items: {
            type: 'object',
            required: ['loc', 'msg', 'type'],
            properties: {
              loc: { type: 'array', items: { type: ['string', 'integer'] } },
              msg: { type: 'string' },
              type: { type: 'string' },
            },
          },
        },
        {
          type: 'object',
          required: ['code', 'message'],
          properties: { code: { type: 'string' }, message: { type: 'string' } },
        },
      ],
    },
    request_id: { type: 'string' },
    error: {
      type: 'object',
      required: ['code', 'message', 'request_id'],
      properties: { code: { type: 'string' }, message: { type: 'string' }, request_id: { type: 'string' } },
    },
  },
}
