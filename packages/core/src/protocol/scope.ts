import * as z from 'zod'

/** What a key may be allowed to do (protocol §7.15). `admin` includes all others. */
export const SCOPES = [
  'actions:validate',
  'actions:read',
  'rules:read',
  'rules:write',
  'outcomes:read',
  'outcomes:write',
  'approvals:read',
  'approvals:resolve',
  'events:read',
  'webhooks:manage',
  'learning:run',
  'effects:write',
  'policy:write',
  'admin',
] as const
export const scopeSchema = z.enum(SCOPES)
export type Scope = z.infer<typeof scopeSchema>
