import {
  AccessError,
  type Credential,
  type DecisionHost,
  type Principal,
  type Route,
  type Scope,
} from '@bighub/core/protocol'

/**
 * Who asks. The key in `X-API-Key` counts before a bearer token (protocol §1.3).
 *
 * @throws AccessError `unauthenticated`, or `forbidden` if the key may not be used from this address.
 */
export async function authenticate(host: DecisionHost, request: Request, address: string | null): Promise<Principal> {
  const credential = readCredential(request, address)
  if (!credential) throw new AccessError('unauthenticated', 'show an API key in X-API-Key, or a bearer token')
  const { principal, fault } = await host.authenticate(credential)
  if (principal) return principal
  if (fault === 'address_not_allowed') throw new AccessError('forbidden', 'this key may not be used from this address')
  // Why it is not good is told to nobody who has not shown a good one.
  throw new AccessError('unauthenticated', 'the key or token is not good, or no longer')
}

function readCredential({ headers }: Request, address: string | null): Credential | null {
  const key = headers.get('x-api-key')
  if (key) return { kind: 'api_key', secret: key, address }
  const [, token] = /^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '') ?? []
  return token === undefined ? null : { kind: 'bearer', secret: token, address }
}

/** @throws AccessError if the key or user may not do this. */
export function assertScope({ scopes }: Principal, scope: Scope): void {
  if (scopes.includes(scope) || scopes.includes('admin')) return
  throw new AccessError('forbidden', `this needs the scope ${scope}, which the key does not have`)
}

/** @throws AccessError if a field of the body asks for more than the key or user may do. */
export function assertFieldScopes(principal: Principal, { fieldScopes = {} }: Route, input: unknown): void {
  const fields = typeof input === 'object' && input !== null ? (input as Readonly<Record<string, unknown>>) : {}
  for (const [field, scope] of Object.entries(fieldScopes)) if (fields[field] === true) assertScope(principal, scope)
}
