import { describe, expect, it } from 'vitest'
import { openServer, type TestServerOptions } from './support/test-server.ts'

describe('the rate limit', () => {
  it('says how much is left, and when to come again', async () => {
    const served = await openServer({ rateLimit: 3 })
    const left = []
    for (let index = 0; index < 3; index++) left.push((await served.ask('/policy')).headers.get('ratelimit-remaining'))
    expect(left).toEqual(['2', '1', '0'])
    const { status, headers, json } = await served.ask('/policy')
    expect([status, json.detail]).toEqual([429, expect.objectContaining({ code: 'rate_limited' })])
    expect(headers.get('ratelimit-limit')).toBe('3')
    const seconds = Number(headers.get('retry-after'))
    expect(seconds).toBeGreaterThanOrEqual(1)
    expect(seconds).toBeLessThanOrEqual(60)
    expect(headers.get('ratelimit-reset')).toBe(String(seconds))
  })

  it('is each key’s own, and a key may have another one', async () => {
    const served = await openServer({ rateLimit: 5 })
    const narrow = await served.newKey(['rules:read'], { rate_limit_per_minute: 1 })
    const wide = await served.newKey(['rules:read'], { rate_limit_per_minute: 50 })
    const statuses = async (key: string, count: number): Promise<Set<number>> =>
      new Set(
        (await Promise.all(Array.from({ length: count }, () => served.ask('/policy', { key })))).map(
          (each) => each.status,
        ),
      )
    expect(await statuses(narrow, 1)).toEqual(new Set([200]))
    expect(await statuses(narrow, 1)).toEqual(new Set([429]))
    expect(await statuses(wide, 50)).toEqual(new Set([200]))
    expect((await served.ask('/policy')).status).toBe(200)
  })

  it('leaves 6,000 requests a minute unless told otherwise', async () => {
    const served = await openServer()
    expect((await served.ask('/policy')).headers.get('ratelimit-limit')).toBe('6000')
  })

  it('can be off, but for keys that have one of their own', async () => {
    const served = await openServer({ rateLimit: 'off' })
    expect((await served.ask('/policy')).headers.get('ratelimit-limit')).toBeNull()
    const key = await served.newKey(['rules:read'], { rate_limit_per_minute: 7 })
    expect((await served.ask('/policy', { key })).headers.get('ratelimit-limit')).toBe('7')
  })

  it('counts by address where nobody has to sign in', async () => {
    const served = await openServer({ rateLimit: 2 })
    const login = (address: string) => served.ask('/api-keys/validate?api_key=guess', { key: null, address })
    const statuses = []
    for (let index = 0; index < 3; index++) statuses.push((await login('10.0.0.1')).status)
    expect(statuses).toEqual([200, 200, 429])
    expect((await login('10.0.0.2')).status).toBe(200)
  })

  it('is not spent by requests that nobody is let in with', async () => {
    const served = await openServer({ rateLimit: 1 })
    for (let index = 0; index < 3; index++) expect((await served.ask('/policy', { key: 'bhk_wrong' })).status).toBe(401)
    expect((await served.ask('/policy')).status).toBe(200)
  })
})

describe('a quota of the organisation', () => {
  it('is answered as plan_limit with the time until there is more', async () => {
    const quotas = () => ({ agents: null, evaluationsPerMonth: 1, historyDays: null })
    const served = await openServer({ host: { quotas } })
    const evaluate = (key?: string) =>
      served.ask('/actions/evaluate', { body: { action: 'read' }, headers: key ? { 'idempotency-key': key } : {} })
    expect((await evaluate()).status).toBe(200)
    const { status, headers, json } = await evaluate('key-1')
    expect([status, json.error.code]).toEqual([429, 'plan_limit'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    // It may pass, so that the key is free again.
    expect((await evaluate('key-1')).headers.get('idempotency-replayed')).toBeNull()
  })
})

describe('options', () => {
  it.each([
    [{ rateLimit: 0 }, /rateLimit/],
    [{ rateLimit: 1.5 }, /rateLimit/],
    [{ maxBodyBytes: -1 }, /maxBodyBytes/],
    [{ ratelimit: 5 }, /ratelimit: is not an option/],
  ])('%j cannot work and says so early', async (options, message) => {
    // One of them is a slip that the types would have found.
    await expect(openServer(options as TestServerOptions)).rejects.toThrow(message)
  })
})
