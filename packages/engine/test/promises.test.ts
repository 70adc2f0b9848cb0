import { describe, expect, it } from 'vitest'
import type { Engine } from '../src/engine.ts'
import { openEngine, TestClock, temporaryFile } from './support/temporary.ts'

const REFUND = { action: 'refund', value: 20 }

/** Makes calls that end well, as a guard would: what is held does not run and has no outcome. */
async function refundWell(engine: Engine, count: number, fields: object = {}): Promise<void> {
  for (let each = 0; each < count; each++) {
    const { request_id, result } = await engine.evaluate({ ...REFUND, ...fields })
    if (result === 'allowed') await engine.outcomes.report({ request_id, status: 'SUCCESS' })
  }
}

describe('a promise about the calls that run unasked', () => {
  it('holds what would run by its own risk, and says why', async () => {
    const engine = openEngine({ policy: { max_bad_rate: 0.05 } })
    const answer = await engine.evaluate(REFUND)
    expect(answer).toMatchObject({
      recommendation: 'review_recommended',
      requires_approval: true,
      blocked_by: 'promise',
      verdict_override: { from: 'proceed_with_caution', to: 'review_recommended', source: 'promise' },
      reason:
        'at most 5.0 % of the calls that run unasked may go wrong; from an estimate of 5.0 % on a person is asked',
    })
    // The same without the promise.
    expect(await openEngine().evaluate(REFUND)).toMatchObject({ result: 'allowed', blocked_by: null })
  })

  it('leaves to rules what rules hold', async () => {
    const engine = openEngine({ policy: { max_bad_rate: 0.05 } })
    await engine.constraints.create({ max_value: 10, action_on_match: 'block' })
    expect(await engine.evaluate(REFUND)).toMatchObject({ result: 'blocked', blocked_by: 'max_value' })
    expect((await engine.policy.get()).promises).toMatchObject([{ decisions: 0 }])
  })

  it('lets calls run once their outcomes are known to be good, and reports how it is kept', async () => {
    const engine = openEngine({ policy: { max_bad_rate: 0.05 } })
    // A person lets the first ones run; that is no calling unasked.
    for (let each = 0; each < 40; each++) {
      const { request_id } = await engine.evaluate(REFUND)
      await engine.outcomes.report({ request_id, status: 'SUCCESS' })
    }
    await refundWell(engine, 60)
    expect(await engine.evaluate(REFUND)).toMatchObject({ result: 'allowed' })
    const [promise] = (await engine.policy.get()).promises ?? []
    expect(promise).toMatchObject({ domain: null, max_bad_rate: 0.05, status: 'kept', bad: 0, bad_rate: 0 })
    expect(promise?.decisions).toBe(101)
    expect(promise?.ran_unasked).toBeLessThan(101)
    expect(promise?.with_outcome).toBe((promise?.ran_unasked ?? 0) - 1)
  })

  it('may be a domain’s own', async () => {
    const engine = openEngine({ policy: { domains: { payments: { max_bad_rate: 0.02 }, notes: {} } } })
    expect(await engine.evaluate({ ...REFUND, domain: 'payments' })).toMatchObject({ blocked_by: 'promise' })
    expect(await engine.evaluate({ ...REFUND, domain: 'notes' })).toMatchObject({ result: 'allowed' })
    expect((await engine.policy.get()).promises).toMatchObject([{ domain: 'payments', max_bad_rate: 0.02 }])
  })

  it('begins anew when it is changed, and is gone when it is taken back', async () => {
    const engine = openEngine({ policy: { max_bad_rate: 0.05 } })
    await refundWell(engine, 5)
    await engine.policy.update({ max_bad_rate: 0.1 })
    expect((await engine.policy.get()).promises).toMatchObject([{ max_bad_rate: 0.1, decisions: 0 }])
    await engine.policy.update({ max_bad_rate: null })
    expect((await engine.policy.get()).promises).toEqual([])
    expect(await engine.evaluate(REFUND)).toMatchObject({ result: 'allowed' })
  })

  it('counts no outcome of a call that ran before it was made', async () => {
    const engine = openEngine()
    const { request_id } = await engine.evaluate(REFUND)
    await engine.policy.update({ max_bad_rate: 0.3 })
    await refundWell(engine, 1)
    await engine.outcomes.report({ request_id, status: 'FRAUD' })
    expect((await engine.policy.get()).promises).toMatchObject([
      { decisions: 1, ran_unasked: 1, with_outcome: 1, bad: 0 },
    ])
  })

  it('is kept by a fold of the log: the same after a restart', async () => {
    const file = temporaryFile()
    const clock = new TestClock()
    const first = openEngine({ file, now: clock.now, policy: { max_bad_rate: 0.3 } })
    await refundWell(first, 120)
    const before = (await first.policy.get()).promises
    await first.close()
    const second = openEngine({ file, now: clock.now })
    expect((await second.policy.get()).promises).toEqual(before)
    expect(before).toMatchObject([{ max_bad_rate: 0.3, decisions: 120 }])
  })

  it.each([0, 1, 1.5, -0.1, Number.NaN])('of %s is refused by its name', async (rate) => {
    await expect(openEngine().policy.update({ max_bad_rate: rate })).rejects.toMatchObject({ field: 'max_bad_rate' })
  })

  it('can be tried on the own log before it is made', async () => {
    const engine = openEngine()
    for (let each = 0; each < 30; each++) {
      const { request_id } = await engine.evaluate(REFUND)
      await engine.outcomes.report({ request_id, status: each % 2 === 0 ? 'SUCCESS' : 'FRAUD' })
    }
    let job = await engine.backtests.create({ policy: { max_bad_rate: 0.01 } })
    while (job.status === 'queued' || job.status === 'running') {
      await new Promise((resolve) => setImmediate(resolve))
      job = await engine.backtests.get(job.job_id)
    }
    expect(job).toMatchObject({ status: 'completed' })
    const { base, changed } = job.result ?? {}
    expect((changed?.held ?? 0) + (changed?.blocked ?? 0)).toBe(30)
    expect((base?.held ?? 0) + (base?.blocked ?? 0)).toBeLessThan(30)
  })
})
