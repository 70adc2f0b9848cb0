import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createEngineHost, type EngineHost, openPostgresHost } from '../src/host/engine-host.ts'
import type { HostOptions } from '../src/host/host-options.ts'
import { findPostgres, startPostgres, type TestPostgres } from './support/postgres.ts'
import { openReceiver } from './support/receiver.ts'
import { TestClock, temporaryFile } from './support/temporary.ts'

const ANN = { email: 'ann@example.com', password: 'correct horse' }
const native = findPostgres()
let postgres: TestPostgres | undefined

beforeAll(async () => {
  if (native !== null) postgres = await startPostgres(native)
}, 60_000)
afterAll(() => postgres?.stop())

/** Two hosts, as two processes would have them, on one empty store. */
async function openTwo(store: string, options: HostOptions = {}) {
  const clock = new TestClock()
  const both = { now: clock.now, webhooks: { isSending: false, allow: ['127.0.0.1'] }, ...options }
  const place = store === 'SQLite' ? { file: temporaryFile() } : { databaseUrl: (await postgres?.newDatabase()) ?? '' }
  const open = async (): Promise<EngineHost> =>
    'file' in place ? createEngineHost({ ...place, ...both }) : openPostgresHost({ ...place, ...both })
  const [one, other] = await Promise.all([open(), open()])
  onTestFinished(async () => {
    await Promise.all([one.close(), other.close()])
  })
  return { one, other, clock }
}

describe.each(native === null ? ['SQLite'] : ['SQLite', 'PostgreSQL'])('two hosts on one store, over %s', (store) => {
  it('know the same keys, users and decisions', async () => {
    const { one, other } = await openTwo(store)
    const api = await one.api('acme')
    const { key, key_id } = await api.apiKeys.create({ label: 'größe \u0000 end' })
    const { principal } = await other.authenticate({ kind: 'api_key', secret: key, address: null })
    expect(principal).toMatchObject({ organisation: 'acme', by: `key:${key_id}` })
    const { request_id } = await api.actions.evaluate({ action: 'refund' })
    await expect((await other.api('acme')).decisions.get(request_id)).resolves.toMatchObject({ request_id })
    await (await other.api('acme')).apiKeys.delete(key_id)
    await expect(one.authenticate({ kind: 'api_key', secret: key, address: null })).resolves.toEqual({
      fault: 'revoked',
    })
    const { access_token } = await one.open.auth.signup(ANN)
    await expect(other.authenticate({ kind: 'bearer', secret: access_token, address: null })).resolves.toMatchObject({
      principal: { by: 'user:ann@example.com' },
    })
  })

  it('make one first admin key', async () => {
    const { one, other } = await openTwo(store)
    const made = await Promise.all([one, other, one, other].map((host) => host.bootstrapAdminKey()))
    expect(made.filter((each) => each !== null)).toHaveLength(1)
  })

  it('give one first turn for an idempotency key, and the answer to everybody later', async () => {
    const { one, other } = await openTwo(store)
    const turns = await Promise.all(
      Array.from({ length: 30 }, (_, n) => (n % 2 ? one : other).idempotency.begin('acme', 'scope', 'digest')),
    )
    const counts = Object.groupBy(turns, ({ turn }) => turn)
    expect([counts.first?.length, counts.in_progress?.length]).toEqual([1, 29])
    const answer = { status: 200, body: '{"text":"größe"}' }
    await one.idempotency.finish('acme', 'scope', answer)
    await expect(other.idempotency.begin('acme', 'scope', 'digest')).resolves.toEqual({ turn: 'repeat', answer })
  })

  it('end a session whose refresh token comes to both', async () => {
    const { one, other } = await openTwo(store)
    const { refresh_token } = await one.open.auth.signup(ANN)
    const both = await Promise.allSettled([one, other].map((host) => host.open.auth.refresh({ refresh_token })))
    const won = both.flatMap((each) => (each.status === 'fulfilled' ? [each.value.refresh_token] : []))
    expect(won.length).toBeLessThanOrEqual(1)
    for (const token of won)
      await expect(one.open.auth.refresh({ refresh_token: token })).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  it('share the sending of webhooks: each delivery goes out once', async () => {
    const { one, other } = await openTwo(store)
    const receiver = await openReceiver()
    const webhooks = await Promise.all(['a', 'b', 'c'].map(async (name) => (await one.api(name)).webhooks))
    // Deliveries that failed before, all due at once.
    for (const each of webhooks) {
      const { webhook_id } = await each.create({ url: 'http://127.0.0.1:1/' })
      const failed = await Promise.all(Array.from({ length: 15 }, () => each.test(webhook_id)))
      await each.update(webhook_id, { url: receiver.url })
      for (const { delivery_id } of failed) await each.replayFailedDelivery(webhook_id, String(delivery_id))
    }
    await Promise.all([one.deliverDue(), other.deliverDue()])
    await one.deliverDue()
    const sent = receiver.received.map(({ headers }) => headers['x-bighub-delivery'])
    expect(sent).toHaveLength(45)
    expect(new Set(sent).size).toBe(45)
  })

  it('keep to quotas that the other one has used up', async () => {
    const quotas = { agents: null, evaluationsPerMonth: 2, historyDays: null }
    const { one, other } = await openTwo(store, { quotas: () => quotas })
    for (const host of [one, one]) await (await host.api('acme')).actions.evaluate({ action: 'refund' })
    const refused = (await other.api('acme')).actions.evaluate({ action: 'refund' })
    await expect(refused).rejects.toMatchObject({ code: 'plan_limit' })
  })
})
