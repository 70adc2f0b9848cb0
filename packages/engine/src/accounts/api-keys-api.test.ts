import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { AccessError, NotFoundError } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import { openCore } from '../../test/support/organisation-core.ts'
import { createApiKeysApi } from './api-keys-api.ts'

const DAY_MS = 86_400_000

describe('API keys', () => {
  it('are shown once and stored as their digest', async () => {
    const core = openCore()
    const keys = createApiKeysApi(core)
    const created = await keys.create({ label: 'support' }, { by: 'user:ann@example.com' })
    expect(created.key).toMatch(/^bhk_[\w-]{43}$/)
    expect(created.key.startsWith(created.key_prefix)).toBe(true)
    expect(created.key_prefix).toHaveLength(12)
    const row = await core.storage.database.selectFrom('api_keys').selectAll().executeTakeFirstOrThrow()
    expect(row).toMatchObject({
      digest: createHash('sha256').update(created.key).digest('hex'),
      created_by: 'user:ann@example.com',
    })
    const { count, keys: listed } = await keys.list()
    expect(count).toBe(1)
    expect(JSON.stringify(listed)).not.toContain(created.key)
    core.storage.close()
    expect(readFileSync(core.file).includes(created.key)).toBe(false)
  })

  it('let an agent do its work and not answer its own approvals, unless asked to', async () => {
    const keys = createApiKeysApi(openCore())
    const { scopes } = await keys.create()
    expect(scopes).toEqual([
      'actions:validate',
      'actions:read',
      'outcomes:write',
      'outcomes:read',
      'effects:write',
      'approvals:read',
      'rules:read',
    ])
    const resolver = await keys.create({ scopes: ['approvals:resolve', 'approvals:resolve'] })
    expect(resolver.scopes).toEqual(['approvals:resolve'])
  })

  it('give no scopes that their maker lacks, unless it is an admin', async () => {
    const keys = createApiKeysApi(openCore())
    const agent = await keys.create({ scopes: ['actions:validate', 'rules:read'] })
    const admin = await keys.create({ scopes: ['admin'] })
    const byAgent = { by: `key:${agent.key_id}` }
    await expect(keys.create({ scopes: ['rules:read'] }, byAgent)).resolves.toMatchObject({ scopes: ['rules:read'] })
    const refused = keys.create({ scopes: ['rules:read', 'rules:write', 'admin'] }, byAgent)
    await expect(refused).rejects.toThrow(AccessError)
    await expect(refused).rejects.toThrow(/rules:write, admin/)
    await expect(keys.rotate(admin.key_id, byAgent)).rejects.toThrow(AccessError)
    await expect(keys.create({ scopes: ['rules:write'] }, { by: `key:${admin.key_id}` })).resolves.toBeDefined()
    await expect(keys.create({ scopes: ['rules:read'] }, { by: 'key:key_gone' })).rejects.toThrow(AccessError)
  })

  it('stay in the list when they are revoked, with the first reason, and are good no more', async () => {
    const core = openCore()
    const keys = createApiKeysApi(core)
    const { key, key_id } = await keys.create()
    await expect(keys.validate({ api_key: key })).resolves.toMatchObject({ valid: true, key_id })
    await keys.delete(key_id, { reason: 'left on a train' })
    core.clock.advance(1000)
    await expect(keys.delete(key_id, { reason: 'again' })).resolves.toEqual({ status: 'revoked', key_id })
    await expect(keys.validate({ api_key: key })).resolves.toEqual({ valid: false })
    await expect(keys.list()).resolves.toEqual({ count: 0, keys: [] })
    const { keys: all } = await keys.list({ include_revoked: true })
    expect(all).toMatchObject([
      { key_id, revoke_reason: 'left on a train', revoked_at: new Date(core.now() - 1000).toISOString() },
    ])
  })

  it('expire', async () => {
    const core = openCore()
    const keys = createApiKeysApi(core)
    const { key, key_id, expires_at } = await keys.create({ expires_in_days: 2 })
    expect(expires_at).toBe(new Date(core.now() + 2 * DAY_MS).toISOString())
    core.clock.advance(2 * DAY_MS - 1)
    await expect(keys.validate({ api_key: key })).resolves.toMatchObject({ valid: true, expires_at })
    core.clock.advance(1)
    await expect(keys.validate({ api_key: key })).resolves.toEqual({ valid: false })
    await expect(keys.rotate(key_id)).rejects.toThrow(/is expired/)
  })

  it('are replaced by one with the same rights, and the old one ends at once', async () => {
    const keys = createApiKeysApi(openCore())
    const wanted = {
      label: 'ci',
      scopes: ['rules:write' as const],
      rate_limit_per_minute: 60,
      ip_whitelist: ['10.0.0.0/8'],
      expires_in_days: 5,
    }
    const old = await keys.create(wanted)
    const fresh = await keys.rotate(old.key_id)
    const { label, scopes, rate_limit_per_minute, ip_whitelist, expires_at } = old
    expect(fresh).toMatchObject({ label, scopes, rate_limit_per_minute, ip_whitelist, expires_at })
    expect([fresh.new_key_id, fresh.revoked_key_id]).toEqual([fresh.key_id, old.key_id])
    await expect(keys.validate({ api_key: old.key })).resolves.toEqual({ valid: false })
    await expect(keys.validate({ api_key: fresh.key })).resolves.toMatchObject({ valid: true })
    await expect(keys.rotate(old.key_id)).rejects.toThrow(/is revoked/)
  })

  it('are rotated once when two try at the same time', async () => {
    const core = openCore()
    const keys = createApiKeysApi(core)
    const { key_id } = await keys.create()
    const both = await Promise.allSettled([keys.rotate(key_id), keys.rotate(key_id)])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect((await keys.list()).count).toBe(1)
  })

  it('of another organisation are not there', async () => {
    const one = openCore()
    const other = createApiKeysApi(openCore({ file: one.file, organisation: 'other' }))
    const { key_id } = await createApiKeysApi(one).create()
    await expect(other.list({ include_revoked: true })).resolves.toMatchObject({ count: 0 })
    await expect(other.delete(key_id)).rejects.toThrow(NotFoundError)
    await expect(other.rotate(key_id)).rejects.toThrow(NotFoundError)
  })

  it('refuse an address that is none, naming the field', async () => {
    const keys = createApiKeysApi(openCore())
    await expect(keys.create({ ip_whitelist: ['10.0.0.1', 'office'] })).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'ip_whitelist.1',
    })
  })

  it('can be looked at by anybody who has them', async () => {
    const keys = createApiKeysApi(openCore())
    await expect(keys.validate({ api_key: 'bhk_wrong' })).resolves.toEqual({ valid: false })
    await expect(keys.scopes()).resolves.toMatchObject({ scopes: expect.arrayContaining(['admin', 'effects:write']) })
  })
})
