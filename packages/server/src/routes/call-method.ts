import type { DecisionHost, Principal, RequestOptions } from '@bighub/core/protocol'
import type { Exchange } from '../http/exchange.ts'
import { assertFieldScopes } from '../middleware/authenticate.ts'
import type { Drain } from '../middleware/drain.ts'
import type { Endpoint } from './endpoint.ts'
import { parseBody } from './read-body.ts'

/** What a method is called with, as it came. */
export interface MethodCall {
  readonly host: DecisionHost
  readonly drain: Drain
  readonly exchange: Exchange
  readonly endpoint: Endpoint
  readonly parameters: readonly string[]
  readonly body: string
}

type Method = (...args: readonly unknown[]) => Promise<unknown>
type Methods = Readonly<Record<string, Readonly<Record<string, Method>> | undefined>>

/**
 * Calls a route's method for whoever asks. The method checks its input itself.
 *
 * @throws whatever it throws; RequestError if the body is not JSON.
 */
export async function callMethod(call: MethodCall): Promise<unknown> {
  const { host, drain, exchange, endpoint, parameters, body } = call
  const { request, principal } = exchange
  const method = await methodOf(host, principal, endpoint)
  const input = endpoint.readQuery ? endpoint.readQuery(searchOf(request)) : parseBody(body)
  if (principal) assertFieldScopes(principal, endpoint.route, input)
  const args = endpoint.route.body || endpoint.readQuery ? [...parameters, input] : parameters
  const options = toOptions(request, principal)
  if (!isWaiting(endpoint)) return method(...args, options)
  // Only what waits is told when nobody waits any more: elsewhere asking for the signal costs more than it could save.
  const wait = drain.startWait(request.signal)
  try {
    return await method(...args, { ...options, signal: wait.signal })
  } finally {
    wait.end()
  }
}

/** What nobody is signed in for goes to the host itself. */
async function methodOf(host: DecisionHost, principal: Principal | null, endpoint: Endpoint): Promise<Method> {
  const api = principal ? await host.api(principal.organisation) : host.open
  // The names come from the table and not from the client.
  const method = (api as unknown as Methods)[endpoint.resource]?.[endpoint.method]
  if (!method) throw new Error(`the host has no method ${endpoint.name}`)
  return method
}

/** Who asks is said by authentication alone. */
function toOptions({ headers }: Request, principal: Principal | null): RequestOptions {
  const ifMatch = headers.get('if-match')
  return { ...(principal ? { by: principal.by } : {}), ...(ifMatch ? { ifMatch } : {}) }
}

function searchOf({ url }: Request): URLSearchParams {
  const start = url.indexOf('?')
  return new URLSearchParams(start === -1 ? '' : url.slice(start))
}

function isWaiting({ route }: Endpoint): boolean {
  return route.query !== undefined && 'wait_s' in route.query.shape
}
