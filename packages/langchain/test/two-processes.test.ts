import { createGuard } from '@bighub/core'
import { createEngine } from '@bighub/engine'
import { Command, INTERRUPT, isInterrupted, MemorySaver } from '@langchain/langgraph'
import { createAgent } from 'langchain'
import { describe, expect, it } from 'vitest'
import { type ApprovalInterrupt, guardMiddleware } from '../src/index.ts'
import { callTools, ScriptedModel } from './scripted-model.ts'
import { createRefundTool, say, toolResults } from './stage.ts'

const THREAD = { configurable: { thread_id: 'thread_1' } }

/** One agent after the other, as two processes have them: only the checkpoints and the engine's records are the same. */
async function pause() {
  const engine = createEngine({ file: ':memory:' })
  await engine.constraints.create({ name: 'Refunds', require_approval_above: 50 })
  const checkpointer = new MemorySaver()
  const { refund, ran } = createRefundTool()
  const open = (model: ScriptedModel) =>
    createAgent({
      model,
      tools: [refund],
      middleware: [guardMiddleware(createGuard({ evaluator: engine }))],
      checkpointer,
    })
  const paused: unknown = await open(new ScriptedModel(callTools(['call_1', 'refund', { amount: 80 }]))).invoke(
    say('refund it'),
    THREAD,
  )
  const shown = isInterrupted<ApprovalInterrupt>(paused) ? paused[INTERRUPT][0]?.value : undefined
  const approvalId = shown?.bighub.calls[0]?.approval.request_id ?? ''
  const resume = (type: 'approve' | 'reject') =>
    open(new ScriptedModel()).invoke(new Command({ resume: { call_1: { type } } }), THREAD)
  return { engine, ran, approvalId, resume, open }
}

describe('a call that another process has shown', () => {
  it('runs once when it is approved here, and is one decision', async () => {
    const { engine, ran, approvalId, resume } = await pause()
    const { messages } = await resume('approve')
    expect(toolResults(messages)).toMatchObject([{ text: 'refunded 80' }])
    await resume('approve')
    expect(ran).toEqual([80])
    expect(await engine.getApproval(approvalId)).toMatchObject({ status: 'approved', consumed_at: expect.any(String) })
    expect(await engine.statistics()).toMatchObject({ decisions: 1 })
  })

  it('does not run when it is declined here', async () => {
    const { engine, ran, approvalId, resume } = await pause()
    await resume('reject')
    expect(ran).toEqual([])
    expect(await engine.getApproval(approvalId)).toMatchObject({ status: 'denied' })
  })

  it('runs as a reviewer has changed it', async () => {
    const { engine, ran, approvalId, resume } = await pause()
    await engine.resolveApproval(approvalId, { resolution: 'approved', arguments: { amount: 60 } })
    const { messages } = await resume('approve')
    expect(toolResults(messages)).toMatchObject([{ id: 'call_1', text: 'refunded 60' }])
    expect(ran).toEqual([60])
  })

  it('does not run with arguments that were changed in between, which nobody was shown', async () => {
    const { engine, ran, open } = await pause()
    const agent = open(new ScriptedModel())
    const changed = callTools(['call_1', 'refund', { amount: 9000 }])
    const before = await agent.graph.getState(THREAD)
    changed.id = (before.values as { messages: { id: string }[] }).messages.at(-1)?.id ?? ''
    await agent.graph.updateState(THREAD, { messages: [changed] })
    await agent.invoke(new Command({ resume: { call_1: { type: 'approve' } } }), THREAD).catch(() => undefined)
    expect(ran).toEqual([])
    expect(await engine.approvals.list({ status: 'approved' })).toEqual([])
  })
})
