import { type BacktestRequest, NotFoundError } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import { createBacktestsApi } from '../../src/backtests/backtests-api.ts'
import { createConstraintsApi } from '../../src/constraints/constraints-api.ts'
import { reportOutcome } from '../../src/outcomes/report-outcome.ts'
import { openCore, type TestCore } from './write-core.ts'

function open() {
  const test = openCore()
  return {
    ...test,
    constraints: createConstraintsApi(test.core, { purgeIdempotency: async () => 0 }),
    async backtest(request: BacktestRequest = {}) {
      const backtests = createBacktestsApi(test.core)
      let job = await backtests.create(request)
      expect(job).toMatchObject({ kind: 'backtest', status: 'queued', result: null })
      while (job.status === 'queued' || job.status === 'running') {
        await new Promise((resolve) => setImmediate(resolve))
        job = await backtests.get(job.job_id)
      }
      expect(job).toMatchObject({ status: 'completed', error: null })
      if (!job.result) throw new Error('a completed backtest has a result')
      return job.result
    },
  }
}

/** Ten refunds of 10, 20 … 100, of which those above 70 end badly. */
async function refunds(test: TestCore): Promise<void> {
  for (let value = 10; value <= 100; value += 10) {
    const { request_id } = await test.evaluate({ action: 'refund', actor: 'agent', domain: 'payments', value })
    await reportOutcome(test.core, { request_id, status: value > 70 ? 'FRAUD' : 'SUCCESS' })
    test.clock.advance(60_000)
  }
}

describe("a backtest of the organisation's own log", () => {
  it('decides as it was decided when nothing is changed', async () => {
    const test = open()
    await test.constraints.create({ name: 'few', domain: 'payments', max_per_hour: 6, cooldown_seconds: 30 })
    await test.constraints.create({ name: 'large', domain: 'payments', require_approval_above: 55 })
    await refunds(test)
    for (let call = 0; call < 3; call++)
      await test.evaluate({
        action: 'refund',
        actor: 'agent',
        domain: 'payments',
        value: 1,
        context: { trajectory_id: 'run', call: { arguments_digest: 'same', arguments: {} } },
      })
    const result = await test.backtest()
    expect(result).toMatchObject({ decisions: 13, with_outcome: 10, differing: 0, erased: 0 })
    expect(result.changed).toEqual(result.base)
    expect(result.base.blocked).toBeGreaterThan(0)
  })

  it('shows what a rule would have stopped, and what it would have cost', async () => {
    const test = open()
    await refunds(test)
    const result = await test.backtest({ constraints: [{ name: 'cap', domain: 'payments', max_value: 65 }] })
    // Two frauds have taught the model to hold the third by itself.
    expect(result.base).toMatchObject({ blocked: 0, held: 1, harm_stopped: 1, good_blocked: 0 })
    expect(result.changed).toMatchObject({
      blocked: 4,
      held: 0,
      harm_stopped: 3,
      value_stopped: 80 + 90 + 100,
      good_blocked: 1,
      by_recommendation: { do_not_proceed: 4 },
    })
    expect(result).toMatchObject({ decisions: 10, with_outcome: 10, differing: 4 })
    expect(await test.backtest({ constraints: [{ domain: 'elsewhere', max_value: 1 }] })).toMatchObject({
      differing: 0,
    })
  })

  it('counts the use of rules along, with what would have run', async () => {
    const test = open()
    await refunds(test)
    const result = await test.backtest({ constraints: [{ max_per_hour: 4 }] })
    expect(result.changed).toMatchObject({ blocked: 6 })
    const both = await test.backtest({ constraints: [{ max_per_hour: 4 }, { max_value: 20 }] })
    // The two that the value let run are all that were counted.
    expect(both.changed).toMatchObject({ blocked: 8 })
  })

  it('shows what would have run without a rule', async () => {
    const test = open()
    const rule = await test.constraints.create({ name: 'cap', max_value: 35 })
    await refunds(test)
    const result = await test.backtest({ without_constraints: [rule.rule_id] })
    expect(result.base.blocked).toBe(7)
    expect(result.changed.blocked).toBe(0)
  })

  it('decides under another policy with the risk that was predicted then', async () => {
    const test = open()
    await refunds(test)
    // Once a loss is anything, a wrong block costs nothing: everything is blocked.
    const result = await test.backtest({ policy: { costs: { wrong_block: 0 } } })
    expect(result.changed).toMatchObject({ blocked: 10, harm_stopped: 3, good_blocked: 7 })
    expect((await test.core.state()).policy.costs.wrong_block).toBe(1.6)
  })

  it('replays the newest decisions only, with the counters as they stood', async () => {
    const test = open()
    await test.constraints.create({ name: 'few', max_per_hour: 9 })
    await refunds(test)
    const result = await test.backtest({ decisions: 2 })
    expect(result).toMatchObject({ decisions: 2, differing: 0, base: { blocked: 1 }, changed: { blocked: 1 } })
  })

  it('leaves out what has lost its words', async () => {
    const test = open()
    await refunds(test)
    await test.core.storage.erasePayloads([1])
    expect(await test.backtest()).toMatchObject({ decisions: 9, erased: 1 })
  })

  it('does not know the job of somebody else', async () => {
    const test = open()
    await expect(createBacktestsApi(test.core).get('job_1')).rejects.toThrow(NotFoundError)
  })
})
