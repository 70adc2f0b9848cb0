import { AccessError, SCOPES, type Scope, scopeSchema } from '@bighub/core/protocol'

/** What a key may do unless scopes are given: what an agent's guard needs, and not to answer its own approvals. */
export const AGENT_SCOPES: readonly Scope[] = [
  'actions:validate',
  'actions:read',
  'outcomes:write',
  'outcomes:read',
  'effects:write',
  'approvals:read',
  'rules:read',
]

/** Scopes as they are stored. Names of another release are passed over: they give nothing here. */
export function readScopes(stored: string): Scope[] {
  const names = JSON.parse(stored) as readonly unknown[]
  return names.flatMap((name) => scopeSchema.safeParse(name).data ?? [])
}

/** @throws AccessError (`forbidden`) naming the scopes that the giver lacks; `admin` has all. */
export function assertMayGive(own: readonly Scope[], given: readonly Scope[]): void {
  const lacking = own.includes('admin') ? [] : given.filter((scope) => !own.includes(scope))
  if (lacking.length > 0)
    throw new AccessError('forbidden', `scopes: ${lacking.join(', ')} cannot be given by a key without them or admin`)
}

/** Everything, as a user of an organisation has it. */
export const ALL_SCOPES: readonly Scope[] = SCOPES
