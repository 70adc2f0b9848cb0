import { createGuard } from '@bighub/core'
import { createEngine } from '@bighub/engine'
import { describe, expect, it } from 'vitest'
import { followRuns } from '../src/index.ts'
import { readResults, scriptedModel } from './scripted-model.ts'
import { agentWith, asked, createRefundTool, play, SEAMS, toolOf } from './stage.ts'

describe.each(SEAMS)('an agent guarded by the engine and %s', (seam) => {
  it('runs, holds and blocks by its constraints, and reports every outcome', async () => {
    await using engine = createEngine({ file: ':memory:' })
    await engine.constraints.create({ name: 'Refunds', require_approval_above: 50, max_value: 500 })
    await using guard = createGuard({ evaluator: engine })
    const { refund, ran } = createRefundTool(toolOf(seam, guard))
    const model = scriptedModel([
      ['call_5', 'refund', { amount: 5 }],
      ['call_80', 'refund', { amount: 80 }],
      ['call_90', 'refund', { amount: 90 }],
      ['call_900', 'refund', { amount: 900 }],
    ])
    const agent = followRuns(agentWith(model, refund))
    const paused = await play('run', agent)
    expect(asked(paused)).toEqual(['call_80', 'call_90'])
    const [approved, rejected] = paused.interruptions
    if (!approved || !rejected) throw new Error('nothing to answer')
    paused.state.approve(approved)
    paused.state.reject(rejected)
    await play('run', agent, paused.state)
    await new Promise((resolve) => setImmediate(resolve))
    expect(readResults(model)).toEqual({
      call_5: expect.stringMatching(/^refunded 5/),
      call_80: 'refunded 80',
      call_90: 'Tool execution was not approved.',
      call_900: expect.stringContaining('"refund" was not executed'),
    })
    expect(ran).toEqual([5, 80])
    await guard.flush()
    expect(await engine.statistics()).toMatchObject({ decisions: 4, outcomes: 4 })
  })
})
