import { describe, expect, it } from 'vitest'
import type { Engine } from '../src/engine.ts'
import { openEngine, TestClock, temporaryFile } from './support/temporary.ts'

const DOMAIN = 'accounts'

interface Call {
  readonly action: string
  readonly run: string
  readonly value?: number
  readonly status?: 'SUCCESS' | 'FAILURE'
}

async function make(engine: Engine, { action, run, value, status }: Call) {
  const answer = await engine.evaluate({
    action,
    domain: DOMAIN,
    ...(value === undefined ? {} : { value }),
    context: { trajectory_id: run, call: { tool: action, arguments: { run, value } } },
  })
  if (status) await engine.outcomes.report({ request_id: answer.request_id, status })
  return answer
}

/** An engine that forbids deleting, and in whose runs accounts were then suspended (well) or merged (badly). */
async function experienced(options: Parameters<typeof openEngine>[0] = {}): Promise<Engine> {
  const engine = openEngine(options)
  await engine.constraints.create({
    name: 'no deletion',
    action: 'delete_account',
    max_value: 0,
    action_on_match: 'block',
  })
  for (let n = 0; n < 4; n++) {
    const run = `run_${n}`
    await make(engine, { action: 'delete_account', run, value: 1 })
    await make(engine, { action: 'suspend_account', run, status: 'SUCCESS' })
    // What comes after that is no longer instead of it.
    await make(engine, { action: 'send_mail', run, status: 'SUCCESS' })
  }
  for (let n = 4; n < 8; n++) {
    await make(engine, { action: 'delete_account', run: `run_${n}`, value: 1 })
    await make(engine, { action: 'merge_account', run: `run_${n}`, status: 'FAILURE' })
  }
  return engine
}

async function alternatives(engine: Engine, action = 'delete_account', value = 1) {
  const answer = await make(engine, { action, run: 'now', value })
  return answer.decision_intelligence.alternatives
}

describe('alternatives to a refused call', () => {
  it('are none while nothing was done instead', async () => {
    const engine = openEngine()
    await engine.constraints.create({
      name: 'no deletion',
      action: 'delete_account',
      max_value: 0,
      action_on_match: 'block',
    })
    expect(await alternatives(engine)).toEqual([])
  })

  it('are what was done next in such runs and ended better, with the risk that its outcomes say', async () => {
    expect(await alternatives(await experienced())).toEqual([
      {
        action: 'suspend_account',
        rationale: 'made 4 times after delete_account was refused in the same run; 0 of 4 known outcomes were bad',
        // (0 + ½)/(4 + 1)
        estimated_risk: 0.1,
      },
    ])
  })

  it('are not given for what may run', async () => {
    const engine = await experienced()
    expect(await alternatives(engine, 'send_mail')).toEqual([])
  })

  it('follow an outcome that is corrected', async () => {
    const engine = await experienced()
    const { decisions } = await engine.decisions.list({ action: 'suspend_account' })
    await engine.outcomes.report({ request_id: decisions[0]?.request_id ?? '', status: 'FAILURE' })
    const [first] = await alternatives(engine)
    expect(first).toMatchObject({ action: 'suspend_account', estimated_risk: 0.3 })
    expect(first?.rationale).toContain('1 of 4')
  })

  it('include the same action with a smaller value, after a person declined a larger one', async () => {
    const engine = openEngine()
    await engine.constraints.create({ name: 'large', action: 'refund', require_approval_above: 100 })
    for (let n = 0; n < 3; n++) {
      const held = await make(engine, { action: 'refund', run: `run_${n}`, value: 500 })
      await engine.approvals.resolve(held.request_id, { resolution: 'denied' }, { by: 'ana' })
      await make(engine, { action: 'refund', run: `run_${n}`, value: 50, status: 'SUCCESS' })
    }
    // Then refunds go wrong, so that a smaller one is the better of two.
    for (let n = 0; n < 6; n++) await make(engine, { action: 'refund', run: `bad_${n}`, value: 90, status: 'FAILURE' })
    expect(await alternatives(engine, 'refund', 500)).toMatchObject([
      { action: 'refund', rationale: expect.stringContaining('with a smaller value (50 on average)') },
    ])
  })

  it('are the same after a restart', async () => {
    const file = temporaryFile()
    const clock = new TestClock()
    const first = await experienced({ file, now: clock.now })
    const before = await alternatives(first)
    await first.close()
    const second = openEngine({ file, now: clock.now })
    expect(await alternatives(second)).toEqual(before)
    expect(await second.verifyState()).toMatchObject({ equal: true })
  })
})
