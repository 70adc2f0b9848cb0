import { describe, expect, it } from 'vitest'
import { openCore, type TestCore } from '../../test/support/organisation-core.ts'
import { type IdempotencyPurge, purgeIdempotency, StoredIdempotency } from './idempotency.ts'

const HOUR_MS = 3_600_000
const ANSWER = { status: 201, body: '{"ok":true}' }

function open(core: TestCore = openCore()) {
  const other = openCore({ file: core.file, organisation: 'other', clock: core.clock })
  const tablesOf = async (organisation: string) => (organisation === 'other' ? other : core).storage
  return { core, store: new StoredIdempotency(tablesOf, core.now) }
}

describe('idempotency', () => {
  it('gives the stored answer to the same request, and refuses another one with its key', async () => {
    const { store } = open()
    await expect(store.begin('default', 'scope', 'digest')).resolves.toEqual({ turn: 'first' })
    await expect(store.begin('default', 'scope', 'digest')).resolves.toEqual({ turn: 'in_progress' })
    await expect(store.begin('default', 'scope', 'another')).resolves.toEqual({ turn: 'reused' })
    await store.finish('default', 'scope', ANSWER)
    await expect(store.begin('default', 'scope', 'digest')).resolves.toEqual({ turn: 'repeat', answer: ANSWER })
    await expect(store.begin('default', 'scope', 'another')).resolves.toEqual({ turn: 'reused' })
    await expect(store.begin('default', 'other scope', 'digest')).resolves.toEqual({ turn: 'first' })
    await expect(store.begin('other', 'scope', 'digest')).resolves.toEqual({ turn: 'first' })
  })

  it('has exactly one first turn, however many come at once from however many processes', async () => {
    const { store, core } = open()
    const neighbour = open(openCore({ file: core.file, clock: core.clock }))
    const turns = await Promise.all(
      Array.from({ length: 40 }, (_, n) => (n % 2 ? store : neighbour.store).begin('default', 'scope', 'digest')),
    )
    const counts = Object.groupBy(turns, ({ turn }) => turn)
    expect([counts.first?.length, counts.in_progress?.length]).toEqual([1, 39])
  })

  it('takes a turn for dead after a minute without an answer; the first answer stays', async () => {
    const { store, core } = open()
    await store.begin('default', 'scope', 'digest')
    core.clock.advance(59_999)
    await expect(store.begin('default', 'scope', 'digest')).resolves.toEqual({ turn: 'in_progress' })
    core.clock.advance(1)
    await expect(store.begin('default', 'scope', 'another')).resolves.toEqual({ turn: 'reused' })
    await expect(store.begin('default', 'scope', 'digest')).resolves.toEqual({ turn: 'first' })
    await expect(store.begin('default', 'scope', 'digest')).resolves.toEqual({ turn: 'in_progress' })
    await store.finish('default', 'scope', ANSWER)
    await store.finish('default', 'scope', { status: 500, body: 'late' })
    await expect(store.begin('default', 'scope', 'digest')).resolves.toEqual({ turn: 'repeat', answer: ANSWER })
  })

  it('begins anew after an abandoned turn, but not after an answer', async () => {
    const { store } = open()
    await store.begin('default', 'scope', 'digest')
    await store.abandon('default', 'scope')
    await expect(store.begin('default', 'scope', 'another')).resolves.toEqual({ turn: 'first' })
    await store.finish('default', 'scope', ANSWER)
    await store.abandon('default', 'scope')
    await expect(store.begin('default', 'scope', 'another')).resolves.toEqual({ turn: 'repeat', answer: ANSWER })
  })

  it('forgets an answer after a day, also without being asked for it', async () => {
    const { store, core } = open()
    for (const scope of ['one', 'two']) {
      await store.begin('default', scope, 'digest')
      await store.finish('default', scope, ANSWER)
    }
    core.clock.advance(24 * HOUR_MS - 1)
    await expect(store.begin('default', 'one', 'digest')).resolves.toEqual({ turn: 'repeat', answer: ANSWER })
    core.clock.advance(HOUR_MS)
    await expect(store.begin('default', 'one', 'another')).resolves.toEqual({ turn: 'first' })
    const left = await core.storage.database.selectFrom('idempotency').select('scope').execute()
    expect(left).toEqual([{ scope: 'one' }])
  })

  it('can be purged: what is expired, what is old, at most so many, never a turn under way', async () => {
    const { store, core } = open()
    const answered = async (scope: string): Promise<void> => {
      await store.begin('default', scope, 'digest')
      await store.finish('default', scope, ANSWER)
    }
    await answered('day before')
    core.clock.advance(23 * HOUR_MS)
    await answered('today 1')
    await answered('today 2')
    await answered('today 3')
    await store.begin('default', 'under way', 'digest')
    core.clock.advance(2 * HOUR_MS - 59_000)
    const purge = (wanted: Partial<IdempotencyPurge>) =>
      purgeIdempotency(core.storage, { onlyExpired: true, olderThanHours: null, limit: null, ...wanted }, core.now())
    await expect(purge({})).resolves.toBe(1)
    await expect(purge({})).resolves.toBe(0)
    await expect(purge({ onlyExpired: false, olderThanHours: 5 })).resolves.toBe(0)
    await expect(purge({ onlyExpired: false, limit: 2 })).resolves.toBe(2)
    await store.begin('default', 'just begun', 'digest')
    await expect(purge({ onlyExpired: false })).resolves.toBe(2)
    await expect(store.begin('default', 'just begun', 'digest')).resolves.toEqual({ turn: 'in_progress' })
  })
})
