import { tool } from 'ai'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { guardApproval, guardTools } from '../src/index.ts'
import { readResults, scriptedModel, toolCall } from './scripted-model.ts'
import { answered, askedFor, createRefundTool, createStage, MODES, play } from './stage.ts'

describe.each(MODES)('guardApproval in %s', (mode) => {
  it('denies a blocked call before the tool is touched, with a text for the model', async () => {
    const stage = createStage({ refund: { recommendation: 'do_not_proceed', reason: 'rule "max-refund"' } })
    const { refund, ran } = createRefundTool()
    const model = scriptedModel([toolCall('a', 'refund', { amount: 5 })])
    const tools = guardTools(stage.guard)({ refund })
    await play(mode, { model, tools, toolApproval: guardApproval(stage.guard) })
    expect(ran).toEqual([])
    expect(readResults(model)).toMatchObject({
      a: { type: 'execution-denied', text: expect.stringContaining('"refund" was not executed') },
    })
    expect(readResults(model)['a']?.text).not.toContain('max-refund')
    expect(stage.evaluator.requests).toHaveLength(1)
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED'])
  })

  it('asks the user about a held call, which then runs once', async () => {
    const stage = createStage({ refund: 'review_recommended' })
    const { refund, ran } = createRefundTool()
    const tools = guardTools(stage.guard)({ refund })
    const toolApproval = guardApproval(stage.guard)
    const paused = await play(mode, {
      model: scriptedModel([toolCall('a', 'refund', { amount: 5 })]),
      tools,
      toolApproval,
    })
    const [request] = askedFor(paused)
    expect(request).toMatchObject({ toolCallId: 'a' })
    const messages = answered(paused, [{ approvalId: request?.approvalId ?? '', approved: true }])
    await play(mode, { model: scriptedModel(), tools, toolApproval, messages })
    await play(mode, { model: scriptedModel(), tools, toolApproval, messages })
    expect(ran).toEqual([5])
    expect(stage.evaluator.requests).toHaveLength(1)
    expect((await stage.settled()).outcomes).toEqual(['SUCCESS'])
  })

  it('lets the stricter of the guard and the own rule win', async () => {
    const stage = createStage(({ value }) => (value === 1 ? 'do_not_proceed' : 'proceed'))
    const { refund, ran } = createRefundTool()
    const tools = guardTools(stage.guard)({ refund })
    const calls = [1, 2, 3].map((amount) => toolCall(`call_${amount}`, 'refund', { amount }))
    const toolApproval = guardApproval(stage.guard, {
      ownRule: ({ toolCall: { input } }) => ((input as { amount: number }).amount === 2 ? 'denied' : 'approved'),
    })
    await play(mode, { model: scriptedModel(calls), tools, toolApproval })
    expect(ran).toEqual([3])
  })

  it('asks the own needsApproval of tools, which the SDK would not ask any more', async () => {
    const stage = createStage()
    const execute = async () => 'ran'
    const guarded = tool({ inputSchema: z.object({}), needsApproval: true, execute })
    const bare = tool({ inputSchema: z.object({}), needsApproval: () => true, execute })
    const free = tool({ inputSchema: z.object({}), execute })
    const tools = { ...guardTools(stage.guard)({ guarded }), bare, free }
    const calls = ['guarded', 'bare', 'free'].map((name) => toolCall(name, name, {}))
    const paused = await play(mode, { model: scriptedModel(calls), tools, toolApproval: guardApproval(stage.guard) })
    expect(askedFor(paused).map(({ toolCallId }) => toolCallId)).toEqual(['guarded', 'bare'])
    expect(stage.evaluator.requests).toHaveLength(1)
  })
})
