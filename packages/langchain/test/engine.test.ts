import { createGuard } from '@bighub/core'
import { createEngine } from '@bighub/engine'
import { Command, INTERRUPT, isInterrupted, MemorySaver } from '@langchain/langgraph'
import { createAgent } from 'langchain'
import { describe, expect, it } from 'vitest'
import { type ApprovalInterrupt, guardMiddleware } from '../src/index.ts'
import { callTools, ScriptedModel } from './scripted-model.ts'
import { createRefundTool, say, toolResults } from './stage.ts'

describe('an agent guarded by the engine', () => {
  it('runs, holds and blocks by its constraints, and reports every outcome', async () => {
    await using engine = createEngine({ file: ':memory:' })
    await engine.constraints.create({ name: 'Refunds', require_approval_above: 50, max_value: 500 })
    await using guard = createGuard({ evaluator: engine })
    const { refund, ran } = createRefundTool()
    const turn = callTools(
      ['call_5', 'refund', { amount: 5 }],
      ['call_80', 'refund', { amount: 80 }],
      ['call_90', 'refund', { amount: 90 }],
      ['call_900', 'refund', { amount: 900 }],
    )
    const agent = createAgent({
      model: new ScriptedModel(turn),
      tools: [refund],
      middleware: [guardMiddleware(guard)],
      checkpointer: new MemorySaver(),
    })
    const thread = { configurable: { thread_id: 'thread_1' } }
    const paused: unknown = await agent.invoke(say('refunds'), thread)
    const shown = isInterrupted<ApprovalInterrupt>(paused) ? paused[INTERRUPT][0]?.value : undefined
    expect(shown?.bighub.calls.map((each) => each.toolCallId)).toEqual(['call_80', 'call_90'])
    const decisions = { call_80: { type: 'approve', resolvedBy: 'ana' }, call_90: { type: 'reject' } } as const
    const { messages } = await agent.invoke(new Command({ resume: { decisions } }), thread)
    expect(toolResults(messages).map((each) => [each.id, each.status])).toEqual([
      ['call_5', 'success'],
      ['call_80', 'success'],
      ['call_90', 'error'],
      ['call_900', 'error'],
    ])
    expect(ran).toEqual([5, 80])
    await guard.flush()
    expect(await engine.statistics()).toMatchObject({ decisions: 4, outcomes: 4 })
  })
})
