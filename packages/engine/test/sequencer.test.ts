import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { foldLog } from '../src/fold-log.ts'
import { SqliteStorage } from '../src/storage/sqlite/sqlite-storage.ts'
import type { Storage } from '../src/storage/storage.ts'
import { openEngine, temporaryFile } from './support/temporary.ts'

/** Makes every insert of records of a type fail from now on, as a full disk would; returns a function that ends it. */
function breakWrites(file: string, type: string): () => void {
  const database = new DatabaseSync(file)
  database.exec(
    `CREATE TRIGGER broken BEFORE INSERT ON records WHEN NEW.type = '${type}' BEGIN SELECT RAISE(ABORT, 'disk is full'); END`,
  )
  return () => {
    database.exec('DROP TRIGGER broken')
    database.close()
  }
}

const refund = (key: string) => ({
  action: 'refund',
  value: 20,
  context: { call: { effect_key: key, arguments_digest: `digest of ${key}` } },
})

describe('two engines on one file', () => {
  it('see each other’s decisions, rules and outcomes, and keep one chain', async () => {
    const file = temporaryFile()
    const [a, b] = [openEngine({ file }), openEngine({ file })]
    const first = await a.evaluate({ action: 'refund', value: 20 })
    await b.constraints.create({ name: 'cap', max_value: 10 })
    expect(await a.evaluate({ action: 'refund', value: 20 })).toMatchObject({ blocked_by: 'max_value' })
    await b.reportOutcome({ request_id: first.request_id, status: 'FRAUD' })
    expect(await a.calibration.report()).toMatchObject({ sample_size: 1 })
    for (let n = 0; n < 20; n++) await (n % 2 === 0 ? a : b).evaluate({ action: 'refund', value: n })
    for (const engine of [a, b]) {
      expect(await engine.statistics()).toMatchObject({ decisions: 22, outcomes: 1, records: 24 })
      expect(await engine.verifyLog()).toEqual({ valid: true, records: 24, fault: null })
      expect(await engine.verifyState()).toMatchObject({ equal: true, records: 24 })
    }
    expect((await a.statistics()).head).toBe((await b.statistics()).head)
  })

  it('let one of them run a call', async () => {
    const file = temporaryFile()
    const engines = [openEngine({ file }), openEngine({ file }), openEngine({ file })]
    const answers = await Promise.all(engines.map((engine) => engine.evaluate(refund('key-1'))))
    expect(answers.filter(({ effect }) => effect?.claimed)).toHaveLength(1)
    expect(new Set(answers.map(({ request_id }) => request_id)).size).toBe(1)
  })
})

describe.each(['process', 'power'] as const)('operations at once, durability "%s"', (durability) => {
  it('are each answered as if they had come one after the other', async () => {
    const engine = openEngine({ file: temporaryFile(), durability })
    await engine.constraints.create({ name: 'three a day', max_per_day: 3 })
    const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => engine.evaluate(refund(`key-${n % 20}`))))
    const claimed = answers.filter((answer) => answer.effect?.claimed)
    expect(claimed).toHaveLength(3)
    const allowed = answers.filter((answer) => answer.result === 'allowed')
    expect(new Set(allowed.map((answer) => answer.request_id)).size).toBe(3)
    expect(await engine.verifyLog()).toMatchObject({ valid: true })
    expect(await engine.verifyState()).toMatchObject({ equal: true })
  })

  it('give a call that is repeated its first answer', async () => {
    const engine = openEngine({ durability })
    const first = await engine.evaluate(refund('key-1'))
    const { effect, ...rest } = await engine.evaluate(refund('key-1'))
    expect(effect).toEqual({ effect_id: first.effect?.effect_id, claimed: false, state: 'claimed' })
    expect({ ...rest, effect: first.effect }).toEqual({ ...first, repeated: true })
    expect(await engine.statistics()).toMatchObject({ decisions: 1 })
  })

  it('that refuse leave the others alone', async () => {
    const engine = openEngine({ durability })
    const settled = await Promise.allSettled([
      engine.evaluate({ action: 'a' }),
      engine.reportOutcome({ request_id: 'act_nobody', status: 'SUCCESS' }),
      engine.evaluate({ action: 'b' }),
    ])
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await engine.statistics()).toMatchObject({ decisions: 2, records: 2 })
  })

  it('that claim one key for two decisions: the first gets it', async () => {
    const engine = openEngine({ durability })
    const decisions = await Promise.all([1, 2, 3].map((n) => engine.evaluate({ action: `a${n}` })))
    const claims = await Promise.all([
      ...decisions.map(({ request_id }) =>
        engine.claimEffect({ effect_key: 'shared', request_id, arguments_digest: 'd' }),
      ),
      engine.evaluate({ action: 'innocent' }),
    ])
    expect(claims.slice(0, 3)).toMatchObject([{ claimed: true }, { claimed: false }, { claimed: false }])
    expect(new Set(claims.slice(0, 3).map((claim) => claim['effect_id'])).size).toBe(1)
  })
})

describe('a write that fails', () => {
  it('is an error with the path, and leaves state and log as they were', async () => {
    const file = temporaryFile()
    const engine = openEngine({ file })
    const { request_id } = await engine.evaluate({ action: 'refund', value: 20 })
    await engine.statistics()
    const mend = breakWrites(file, 'outcome')
    await expect(engine.reportOutcome({ request_id, status: 'FRAUD' })).rejects.toMatchObject({
      code: 'storage_unavailable',
      message: expect.stringMatching(/bighub\.db: cannot be used: .*disk is full/),
    })
    expect(await engine.calibration.report()).toMatchObject({ sample_size: 0 })
    expect(await engine.statistics()).toMatchObject({ decisions: 1, outcomes: 0, records: 1 })
    mend()
    await engine.reportOutcome({ request_id, status: 'FRAUD' })
    expect(await engine.statistics()).toMatchObject({ outcomes: 1, records: 2 })
    expect(await engine.verifyLog()).toMatchObject({ valid: true })
    expect(await engine.verifyState()).toMatchObject({ equal: true })
  })

  it('is never kept as a snapshot', async () => {
    const file = temporaryFile()
    const engine = openEngine({ file })
    const { request_id } = await engine.evaluate({ action: 'refund', value: 20 })
    for (let n = 0; n < 210; n++) await engine.evaluate({ action: 'refund', value: n })
    const mend = breakWrites(file, 'outcome')
    await expect(engine.reportOutcome({ request_id, status: 'FRAUD' })).rejects.toThrow()
    await engine.close()
    mend()
    const next = openEngine({ file })
    expect(await next.statistics()).toMatchObject({ decisions: 211, outcomes: 0 })
    expect(await next.verifyState()).toMatchObject({ equal: true })
  })

  it('does not spoil the engine that could not open', async () => {
    const file = temporaryFile()
    const before = openEngine({ file })
    await before.evaluate({ action: 'refund' })
    const mend = breakWrites(file, 'policy_changed')
    const engine = openEngine({ file, policy: { enforcement_mode: 'enforced' } })
    await expect(engine.evaluate({ action: 'refund' })).rejects.toMatchObject({ code: 'storage_unavailable' })
    await expect(engine.evaluate({ action: 'refund' })).rejects.toMatchObject({ code: 'storage_unavailable' })
    mend()
    expect(await engine.evaluate({ action: 'refund' })).toMatchObject({ enforcement_mode: 'enforced' })
  })
})

describe('folding the log', () => {
  it('misses no record that another process appends meanwhile', async () => {
    const file = temporaryFile()
    const engine = openEngine({ file })
    await engine.evaluate({ action: 'refund' })
    const storage = new SqliteStorage({ file, organisation: 'default', durability: 'process' })
    let isLate = true
    // Everything the storage's own, but between the last look at the log and the look at its head another record arrives.
    const racing = new Proxy<Storage>(storage, {
      get(target, name: keyof Storage) {
        const value: unknown = target[name]
        if (typeof value !== 'function') return value
        return async (...given: unknown[]) => {
          const answer: unknown = await value.apply(target, given)
          if (name === 'readAfter' && Array.isArray(answer) && answer.length === 0 && isLate) {
            isLate = false
            await engine.evaluate({ action: 'late' })
          }
          return answer
        }
      },
    })
    const { state, head } = await foldLog(racing)
    expect(head.seq).toBe(state.decisions)
    storage.close()
  })

  it('passes over a snapshot that is newer than the log', async () => {
    const file = temporaryFile()
    const engine = openEngine({ file })
    for (let n = 0; n < 210; n++) await engine.evaluate({ action: 'refund', value: n })
    await engine.close()
    const database = new DatabaseSync(file)
    database.exec('DELETE FROM records WHERE place % 17179869184 > 100')
    database.close()
    const restored = openEngine({ file })
    expect(await restored.statistics()).toMatchObject({ decisions: 100, records: 100 })
    expect(await restored.verifyState()).toMatchObject({ equal: true })
  })

  it('from a snapshot and the records after it equals the fold from nothing', async () => {
    const file = temporaryFile()
    const engine = openEngine({ file, snapshotEvery: 25 })
    for (let n = 0; n < 60; n++) {
      const { request_id } = await engine.evaluate({
        action: ['refund', 'lookup', 'mail'][n % 3] ?? '',
        value: n % 4 === 0 ? -0 : n,
        target: `order-${n % 5}`,
        context: { trajectory_id: `run-${n % 4}`, score: -0, tier: 'gold', call: { arguments: { z: n, a: -0 } } },
      })
      if (n % 2 === 0) await engine.reportOutcome({ request_id, status: n % 6 === 0 ? 'FRAUD' : 'SUCCESS' })
      if (n % 12 === 0) await engine.reportOutcome({ request_id, status: 'NO_EFFECT' })
    }
    expect(await engine.verifyState()).toMatchObject({ equal: true })
    const { live } = await engine.verifyState()
    await engine.close()
    const again = openEngine({ file })
    expect(await again.verifyState()).toMatchObject({ equal: true, live })
  })
})

describe('an engine that is given a policy', () => {
  it.each(['process', 'power'] as const)(
    'judges nothing before it is in force, durability "%s"',
    async (durability) => {
      const engine = openEngine({ file: temporaryFile(), durability, policy: { enforcement_mode: 'enforced' } })
      const answers: Promise<{ enforcement_mode: string }>[] = []
      for (let turn = 0; turn < 20; turn++) {
        answers.push(engine.evaluate({ action: 'refund' }))
        await new Promise((resolve) => setImmediate(resolve))
        answers.push(engine.evaluate({ action: 'refund' }))
        await Promise.resolve()
      }
      const modes = new Set((await Promise.all(answers)).map((answer) => answer.enforcement_mode))
      expect([...modes]).toEqual(['enforced'])
    },
  )

  it('records it once, and only when it differs', async () => {
    const file = temporaryFile()
    const policy = { enforcement_mode: 'review' } as const
    for (let times = 0; times < 3; times++) {
      const engine = openEngine({ file, policy })
      expect(await engine.policy.get()).toMatchObject({ version: 1, policy })
      await engine.close()
    }
  })

  it('gives each of two changes at once its own version', async () => {
    const engine = openEngine()
    const changes = await Promise.all([
      engine.policy.update({ bound: 'upper' }),
      engine.policy.update({ repeat_refusal: false }),
    ])
    expect(changes.map(({ version }) => version)).toEqual([1, 2])
    expect((await engine.policy.get()).policy).toMatchObject({ bound: 'upper', repeat_refusal: false })
  })
})

describe('closing', () => {
  it('finishes what is under way and refuses what comes after', async () => {
    const file = temporaryFile()
    const engine = openEngine({ file })
    const busy = Array.from({ length: 30 }, (_, n) => engine.evaluate({ action: 'refund', value: n }))
    const closing = [engine.close(), engine.close()]
    const settled = await Promise.allSettled(busy)
    await Promise.all(closing)
    const reasons = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason as { code: string }] : []))
    expect(reasons.filter(({ code }) => code !== 'storage_closed')).toEqual([])
    const done = settled.filter(({ status }) => status === 'fulfilled').length
    expect(await openEngine({ file }).statistics()).toMatchObject({ decisions: done })
  })

  it('makes every method say so', async () => {
    const engine = openEngine({ file: temporaryFile() })
    await engine.evaluate({ action: 'refund' })
    await engine.close()
    for (const use of [
      () => engine.evaluate({ action: 'refund' }),
      () => engine.reportOutcome({ request_id: 'act_1', status: 'SUCCESS' }),
      () => engine.claimEffect({ effect_key: 'k', request_id: 'act_1', arguments_digest: 'd' }),
      () => engine.getApproval('act_1', { waitMs: 60_000 }),
      () => engine.constraints.list(),
      () => engine.policy.get(),
      () => engine.killSwitch.activate(),
      () => engine.statistics(),
      () => engine.recordsOf('act_1'),
      () => engine.verifyLog(),
    ])
      await expect(use()).rejects.toMatchObject({ code: 'storage_closed' })
  })

  it('is harmless for an engine that nobody used', async () => {
    const engine = openEngine({ file: temporaryFile() })
    await engine.close()
    await engine.close()
    await expect(engine.evaluate({ action: 'refund' })).rejects.toMatchObject({ code: 'storage_closed' })
  })
})
