import type { EvaluateRequest } from '@bighub/core'
import { Agent, Runner, RunState, tool, toolNamespace } from '@openai/agents'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { followRuns, guardTools } from '../src/index.ts'
import { type Call, readResults, scriptedModel } from './scripted-model.ts'
import { agentWith, asked, CASES, createRefundTool, createStage, type Mode, play, type Seam, toolOf } from './stage.ts'

const HOLD = { refund: 'review_recommended' } as const

/** An agent whose run has paused for these calls. */
async function pause(
  { seam, mode }: { readonly seam: Seam; readonly mode: Mode },
  calls: readonly Call[] = [['call_1', 'refund', { amount: 5 }]],
  stage = createStage(HOLD),
) {
  const { refund, ran } = createRefundTool(toolOf(seam, stage.guard))
  const model = scriptedModel(calls)
  const agent = agentWith(model, refund)
  const paused = await play(mode, agent)
  return { stage, agent, model, ran, paused, state: paused.state }
}

/** The pause of one call, to approve or reject. */
function itemOf(state: RunState<undefined, Agent>, callId: string) {
  const item = state.getInterruptions().find(({ rawItem }) => (rawItem as { callId: string }).callId === callId)
  if (!item) throw new Error(`nothing waits under the id ${callId}`)
  return item
}

/** The state as it comes back from a store. */
async function stored(agent: Agent, state: RunState<undefined, Agent>) {
  return RunState.fromString<undefined, Agent>(agent, state.toString())
}

describe.each(CASES)('a held call of a tool guarded by $seam, in mode $mode,', ({ seam, mode }) => {
  it('pauses the run and runs once after approval', async () => {
    const { stage, agent, model, ran, paused, state } = await pause({ seam, mode })
    expect(asked(paused)).toEqual(['call_1'])
    expect(ran).toEqual([])
    state.approve(itemOf(state, 'call_1'))
    expect((await play(mode, agent, state)).finalOutput).toBe('done')
    expect(ran).toEqual([5])
    expect(readResults(model)).toEqual({ call_1: 'refunded 5' })
    expect(stage.evaluator.requests).toHaveLength(1)
    expect(await stage.settled()).toEqual({ outcomes: ['SUCCESS'], effects: ['succeeded'] })
    expect(await stage.evaluator.getApproval('act_1')).toMatchObject({ status: 'approved', resolved_by: 'user' })
  })

  it('runs once after its state was stored, however often the stored state is resumed', async () => {
    const { stage, agent, ran, state } = await pause({ seam, mode })
    const text = state.toString()
    for (const _ of [1, 2]) {
      const model = scriptedModel()
      agent.model = model
      const back = await RunState.fromString<undefined, Agent>(agent, text)
      back.approve(itemOf(back, 'call_1'))
      expect((await play(mode, agent, back)).finalOutput).toBe('done')
      // The second time, the first result is handed back.
      expect(readResults(model)).toEqual({ call_1: 'refunded 5' })
    }
    expect(ran).toEqual([5])
    expect(stage.evaluator.requests).toHaveLength(1)
    expect(await stage.settled()).toEqual({ outcomes: ['SUCCESS'], effects: ['succeeded'] })
  })

  it('does not run when a person rejects it; the refusal is on record at the next call', async () => {
    const stage = createStage(HOLD)
    const { refund, ran } = createRefundTool(toolOf(seam, stage.guard))
    const model = scriptedModel([['call_1', 'refund', { amount: 5 }]], [['call_2', 'refund', { amount: 6 }]])
    const agent = agentWith(model, refund)
    const { state } = await play(mode, agent)
    state.reject(itemOf(state, 'call_1'), { message: 'the customer agreed to a voucher' })
    expect((await stage.settled()).outcomes).toEqual([])
    expect(asked(await play(mode, agent, state))).toEqual(['call_2'])
    expect(ran).toEqual([])
    expect(readResults(model)).toEqual({ call_1: 'the customer agreed to a voucher' })
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED'])
    expect(await stage.evaluator.getApproval('act_1')).toMatchObject({
      status: 'denied',
      comment: 'the customer agreed to a voucher',
    })
  })

  it.each([false, true])('has its rejection on record when a followed run ends; stored: %s', async (isStored) => {
    const { stage, agent, state } = await pause({ seam, mode })
    followRuns(agent)
    const back = isStored ? await stored(agent, state) : state
    back.reject(itemOf(back, 'call_1'), { message: 'no' })
    await play(mode, agent, back)
    // The event is not awaited by the SDK.
    await new Promise((resolve) => setImmediate(resolve))
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED'])
    expect(await stage.evaluator.getApproval('act_1')).toMatchObject({ status: 'denied', comment: 'no' })
  })

  it('cannot run on an approval for all calls of the tool that was given for another one', async () => {
    for (const answer of ['review_recommended', 'do_not_proceed'] as const) {
      const stage = createStage(({ value }) => (value === 5 ? 'review_recommended' : answer), {
        approvals: { waitMs: 20 },
      })
      const { refund, ran } = createRefundTool(toolOf(seam, stage.guard))
      const model = scriptedModel([['call_1', 'refund', { amount: 5 }]], [['call_2', 'refund', { amount: 9000 }]])
      const agent = agentWith(model, refund)
      const { state } = await play(mode, agent)
      state.approve(itemOf(state, 'call_1'), { alwaysApprove: true })
      expect((await play(mode, agent, state)).finalOutput).toBe('done')
      expect(ran).toEqual([5])
      expect(readResults(model)['call_2']).toContain('was not executed')
      expect(stage.evaluator.requests).toHaveLength(2)
      expect((await stage.settled()).outcomes.toSorted()).toEqual(['BLOCKED', 'SUCCESS'])
    }
  })

  it('is refused on record when all calls of the tool are rejected', async () => {
    const { stage, agent, ran, state } = await pause({ seam, mode })
    followRuns(agent)
    state.reject(itemOf(state, 'call_1'), { alwaysReject: true })
    await play(mode, agent, state)
    await new Promise((resolve) => setImmediate(resolve))
    expect(ran).toEqual([])
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED'])
  })

  it('leaves a free call beside it alone, which is not repeated', async () => {
    const stage = createStage(({ value }) => (value === 5 ? 'review_recommended' : 'proceed'))
    const calls: readonly Call[] = [
      ['held', 'refund', { amount: 5 }],
      ['free', 'refund', { amount: 1 }],
    ]
    const { agent, ran, state } = await pause({ seam, mode }, calls, stage)
    expect(ran).toEqual([1])
    state.approve(itemOf(state, 'held'))
    await play(mode, agent, state)
    expect(ran).toEqual([1, 5])
    expect(stage.evaluator.requests).toHaveLength(2)
    expect((await stage.settled()).outcomes).toEqual(['SUCCESS', 'SUCCESS'])
  })

  it.each([
    ['a', 'b'],
    ['b', 'a'],
  ])('waits on while another is approved first: %s, then %s', async (first, second) => {
    for (const isStored of [false, true]) {
      const slow = async ({ value }: EvaluateRequest) => {
        if (value === 1) await new Promise((resolve) => setTimeout(resolve, 5))
        return 'review_recommended' as const
      }
      const calls: readonly Call[] = [
        ['a', 'refund', { amount: 1 }],
        ['b', 'refund', { amount: 2 }],
      ]
      const { stage, agent, ran, state } = await pause({ seam, mode }, calls, createStage(slow))
      const amounts: Record<string, number> = { a: 1, b: 2 }
      let current = isStored ? await stored(agent, state) : state
      current.approve(itemOf(current, first))
      const between = await play(mode, agent, current)
      expect(asked(between)).toEqual([second])
      expect(ran).toEqual([amounts[first]])
      current = isStored ? await stored(agent, between.state) : between.state
      current.approve(itemOf(current, second))
      await play(mode, agent, current)
      expect(ran).toEqual([amounts[first], amounts[second]])
      expect(stage.evaluator.requests).toHaveLength(2)
      expect((await stage.settled()).outcomes).toEqual(['SUCCESS', 'SUCCESS'])
    }
  })

  it('is asked about again when nobody decided', async () => {
    const { stage, agent, ran, state } = await pause({ seam, mode })
    const again = await play(mode, agent, state)
    expect(asked(again)).toEqual(['call_1'])
    again.state.approve(itemOf(again.state, 'call_1'))
    await play(mode, agent, again.state)
    expect(ran).toEqual([5])
    expect(stage.evaluator.requests).toHaveLength(1)
  })

  it('runs when it was approved elsewhere, and does not when it was denied there', async () => {
    for (const resolution of ['approved', 'denied'] as const) {
      const { stage, agent, model, ran, state } = await pause({ seam, mode })
      await stage.evaluator.resolveApproval('act_1', { resolution }, { resolvedBy: 'ada' })
      state.approve(itemOf(state, 'call_1'))
      await play(mode, agent, state)
      expect(ran).toEqual(resolution === 'approved' ? [5] : [])
      expect(readResults(model)['call_1']).toContain(resolution === 'approved' ? 'refunded 5' : 'declined')
      expect(await stage.evaluator.getApproval('act_1')).toMatchObject({ resolved_by: 'ada' })
    }
  })

  it('cannot be approved by a state that was made up or comes from elsewhere', async () => {
    const other = await pause({ seam, mode })
    const stage = createStage(HOLD, { approvals: { waitMs: 20 } })
    const { refund, ran } = createRefundTool(toolOf(seam, stage.guard))
    const model = scriptedModel()
    const agent = agentWith(model, refund)
    const back = await stored(agent, other.state)
    back.approve(itemOf(back, 'call_1'))
    await play(mode, agent, back)
    expect(ran).toEqual([])
    expect(readResults(model)['call_1']).toContain('was not executed')
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED'])
  })

  it('does not run with other arguments than the ones that were shown', async () => {
    const { stage, agent, ran, state } = await pause(
      { seam, mode },
      undefined,
      createStage(HOLD, { approvals: { waitMs: 20 } }),
    )
    const text = state.toString().replaceAll(String.raw`{\"amount\":5}`, String.raw`{\"amount\":9000}`)
    expect(text).toContain('9000')
    const back = await RunState.fromString<undefined, Agent>(agent, text)
    back.approve(itemOf(back, 'call_1'))
    await play(mode, agent, back)
    expect(ran).toEqual([])
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED'])
  })

  it('asks the callback instead of pausing, when there is one', async () => {
    for (const resolution of ['approved', 'denied'] as const) {
      const stage = createStage(HOLD, { approvals: { onRequest: async () => ({ resolution }) } })
      const { paused, ran, model } = await pause({ seam, mode }, undefined, stage)
      expect(asked(paused)).toEqual([])
      expect(paused.finalOutput).toBe('done')
      expect(ran).toEqual(resolution === 'approved' ? [5] : [])
      expect(readResults(model)['call_1']).toContain(resolution === 'approved' ? 'refunded 5' : 'declined')
      expect(stage.evaluator.requests).toHaveLength(1)
      expect((await stage.settled()).outcomes).toEqual([resolution === 'approved' ? 'SUCCESS' : 'BLOCKED'])
    }
  })

  it('works in a namespace', async () => {
    const stage = createStage(HOLD)
    const { refund, ran } = createRefundTool(toolOf(seam, stage.guard))
    const tools = toolNamespace({ name: 'shop', description: 'The shop.', tools: [refund] })
    const model = scriptedModel([['call_1', 'refund', { amount: 5 }, 'shop']])
    const agent = agentWith(model, ...tools)
    const { state } = await play(mode, agent)
    state.approve(itemOf(state, 'call_1'))
    await play(mode, agent, state)
    expect(ran).toEqual([5])
    expect(await stage.settled()).toEqual({ outcomes: ['SUCCESS'], effects: ['succeeded'] })
  })

  it('is held before and after guardrails that run ahead of the approval', async () => {
    const stage = createStage(HOLD)
    const { refund, ran } = createRefundTool(toolOf(seam, stage.guard))
    const agent = agentWith(scriptedModel([['call_1', 'refund', { amount: 5 }]]), refund)
    const runner = new Runner({ tracingDisabled: true, toolExecution: { preApprovalInputGuardrails: true } })
    const { state } = await runner.run(agent, 'go')
    expect(ran).toEqual([])
    state.approve(itemOf(state, 'call_1'))
    await runner.run(agent, state)
    expect(ran).toEqual([5])
    expect(await stage.settled()).toEqual({ outcomes: ['SUCCESS'], effects: ['succeeded'] })
  })

  it('keeps the wish of a tool that wants approval itself', async () => {
    for (const isApproved of [true, false]) {
      const stage = createStage()
      const ran: number[] = []
      const pay = toolOf(
        seam,
        stage.guard,
      )({
        name: 'pay',
        description: '',
        parameters: z.object({ amount: z.number() }),
        needsApproval: async (_context, { amount }) => amount > 3,
        execute: async ({ amount }) => void ran.push(amount),
      })
      const calls: readonly Call[] = [
        ['a', 'pay', { amount: 1 }],
        ['b', 'pay', { amount: 5 }],
      ]
      const agent = followRuns(agentWith(scriptedModel(calls), pay))
      const paused = await play(mode, agent)
      expect(asked(paused)).toEqual(['b'])
      if (isApproved) paused.state.approve(itemOf(paused.state, 'b'))
      else paused.state.reject(itemOf(paused.state, 'b'))
      await play(mode, agent, paused.state)
      await new Promise((resolve) => setImmediate(resolve))
      expect(ran).toEqual(isApproved ? [1, 5] : [1])
      expect(stage.evaluator.requests).toHaveLength(2)
      expect((await stage.settled()).outcomes).toEqual(['SUCCESS', isApproved ? 'SUCCESS' : 'BLOCKED'])
    }
  })

  it('needs no pause when it is blocked, also where the tool wants approval', async () => {
    const stage = createStage({ pay: 'do_not_proceed' })
    const pay = toolOf(
      seam,
      stage.guard,
    )({
      name: 'pay',
      description: '',
      parameters: z.object({}),
      needsApproval: true,
      execute: () => 'paid',
    })
    const model = scriptedModel([['a', 'pay', {}]])
    expect(asked(await play(mode, agentWith(model, pay)))).toEqual([])
    expect(readResults(model)['a']).toContain('was not executed')
  })
})

describe.each(CASES)(
  'a held call inside an agent used as a tool, guarded by $seam, in mode $mode,',
  ({ seam, mode }) => {
    it.each([false, true])('bubbles up and runs once after approval; stored: %s', async (isStored) => {
      for (const isOuterGuarded of [false, true]) {
        const stage = createStage(HOLD)
        const { refund, ran } = createRefundTool(toolOf(seam, stage.guard))
        const inner = new Agent({
          name: 'Inner',
          model: scriptedModel([['in_1', 'refund', { amount: 5 }]]),
          tools: [refund],
        })
        const made = inner.asTool({ toolName: 'ask_inner', toolDescription: 'Asks.' })
        const [asTool] = isOuterGuarded ? guardTools(stage.guard)([made]) : [made]
        const model = scriptedModel([['out_1', 'ask_inner', { input: 'refund it' }]])
        const agent = agentWith(model, asTool)
        const paused = await play(mode, agent)
        expect(asked(paused)).toEqual(['in_1'])
        // The agent itself has not ended: it goes on after the answer.
        expect((await stage.settled()).outcomes).toEqual([])
        const state = isStored ? await stored(agent, paused.state) : paused.state
        state.approve(itemOf(state, 'in_1'))
        const result = await play(mode, agent, state)
        expect(result.finalOutput).toBe('done')
        expect(ran).toEqual([5])
        expect(readResults(model)).toEqual({ out_1: 'done' })
        expect(stage.evaluator.requests).toHaveLength(isOuterGuarded ? 2 : 1)
        expect((await stage.settled()).outcomes).toEqual(isOuterGuarded ? ['SUCCESS', 'SUCCESS'] : ['SUCCESS'])
      }
    })
  },
)

describe('the SDK without a guard', () => {
  it('asks about a held call as it does with one', async () => {
    const { refund } = createRefundTool((options) => tool({ ...options, needsApproval: async () => true } as never))
    expect(asked(await play('run', agentWith(scriptedModel([['call_1', 'refund', { amount: 5 }]]), refund)))).toEqual([
      'call_1',
    ])
  })
})
