import * as z from 'zod'
import { scopeSchema } from './scope.ts'

/** Body of `POST /api-keys`. */
export const createApiKeyRequestSchema = z.looseObject({
  label: z.string().max(200).optional(),
  /** @defaultValue what an agent needs: evaluate, report outcomes, claim effects, read approvals */
  scopes: z.array(scopeSchema).max(50).nullish(),
  rate_limit_per_minute: z.int().min(1).max(1_000_000).nullish(),
  /** Addresses or networks (CIDR) that may use it; empty: all. */
  ip_whitelist: z.array(z.string().max(100)).max(100).nullish(),
  expires_in_days: z.int().min(1).max(36_500).nullish(),
})
export type CreateApiKeyRequest = z.input<typeof createApiKeyRequestSchema>

const info = {
  key_id: z.string(),
  key_prefix: z.string(),
  label: z.string(),
  scopes: z.array(z.string()),
  rate_limit_per_minute: z.int().nullable(),
  ip_whitelist: z.array(z.string()),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  last_used_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
  revoke_reason: z.string().nullable(),
} as const

export const apiKeyInfoSchema = z.looseObject(info)
export type ApiKeyInfo = z.infer<typeof apiKeyInfoSchema>
/** The key itself is shown here and nowhere else. */
export const createdApiKeySchema = z.looseObject({ ...info, key: z.string() })
export type CreatedApiKey = z.infer<typeof createdApiKeySchema>

export const listApiKeysQuerySchema = z.object({ include_revoked: z.boolean().optional() })
export const apiKeyListSchema = z.looseObject({ count: z.int(), keys: z.array(apiKeyInfoSchema) })

export const revokeApiKeyRequestSchema = z.looseObject({ reason: z.string().max(1000).nullish() })
export const revokedApiKeySchema = z.looseObject({ status: z.literal('revoked'), key_id: z.string() })

export const rotatedApiKeySchema = z.looseObject({
  ...info,
  key: z.string(),
  new_key_id: z.string(),
  revoked_key_id: z.string(),
})
export type RotatedApiKey = z.infer<typeof rotatedApiKeySchema>

export const validateApiKeyQuerySchema = z.object({ api_key: z.string().max(500) })
export const apiKeyValiditySchema = z.looseObject({
  valid: z.boolean(),
  key_id: z.string().optional(),
  scopes: z.array(z.string()).optional(),
  expires_at: z.string().nullish(),
})
export type ApiKeyValidity = z.infer<typeof apiKeyValiditySchema>
export const scopeListSchema = z.looseObject({ scopes: z.array(z.string()) })
