import type { RequestOptions, Verb } from '@bighub/core/protocol'
import { InvalidInputError } from '@bighub/core/protocol'
import * as z from 'zod'
import type { Tool } from './tool.ts'

/** One request to any endpoint of the server that the API is a client of. */
export interface HttpRequest {
  readonly method: Verb
  /** Begins with a slash; relative to the base URL. */
  readonly path: string
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
}

/** Sends a request with the client's own credential and gives the answer's JSON. */
export type SendHttpRequest = (request: HttpRequest, options: RequestOptions) => Promise<unknown>

/** A credential of another identity, or what belongs to the connection. */
const FORBIDDEN_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'x-api-key',
  'proxy-authorization',
  'cookie',
  'host',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
  'idempotency-key',
])

const inputs = z.strictObject({
  method: z.enum(['GET', 'POST', 'PATCH', 'DELETE']),
  path: z.string().min(1).max(4000).describe('Path of an endpoint, such as /actions/status'),
  query: z.record(z.string(), z.unknown()).optional(),
  body: z.union([z.record(z.string(), z.unknown()), z.array(z.record(z.string(), z.unknown()))]).optional(),
  headers: z.record(z.string(), z.string()).optional().describe('Further headers; credentials are refused'),
  idempotency_key: z.string().min(1).max(500).optional(),
})

/** `bighub_http_request`: any endpoint of the server, for what has no tool of its own. */
export function httpRequestTool(send: SendHttpRequest): Tool {
  return {
    name: 'bighub_http_request',
    resource: 'http',
    method: 'request',
    description: 'Calls any endpoint of the server directly. Prefer the tool of an endpoint where there is one.',
    inputs,
    output: z.looseObject({}),
    hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
    isAvailable: () => true,
    call: async (_, given, options) => {
      const { idempotency_key, query = {}, headers = {}, ...rest } = inputs.parse(given)
      assertHarmless(headers)
      return send(
        { ...rest, query, headers, body: rest.body },
        idempotency_key === undefined ? options : { ...options, idempotencyKey: idempotency_key },
      )
    },
  }
}

function assertHarmless(headers: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(headers))
    if (FORBIDDEN_HEADERS.has(name.trim().toLowerCase()))
      throw new InvalidInputError(
        `headers.${name}`,
        'may not be set here: requests carry the identity that this server was started with',
      )
}
