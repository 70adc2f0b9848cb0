import type { GuardOptions } from '@bighub/core'
import { tool } from '@langchain/core/tools'
import { Command, INTERRUPT, isInterrupted, MemorySaver } from '@langchain/langgraph'
import { createAgent, createMiddleware } from 'langchain'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type ApprovalInterrupt, type ApprovalResume, guardMiddleware } from '../src/index.ts'
import { callTools, ScriptedModel } from './scripted-model.ts'
import { createRefundTool, createStage, say, toolResults } from './stage.ts'

const thread = { configurable: { thread_id: 'thread_1' } }
const resume = (value: ApprovalResume | true) => new Command({ resume: value })
const hold = { refund: 'review_recommended' } as const
const oneCall = () => new ScriptedModel(callTools(['call_1', 'refund', { amount: 20 }]))

/** An agent that can pause, and what it was asked to decide. */
function createPausingAgent(
  stage: ReturnType<typeof createStage>,
  model: ScriptedModel = oneCall(),
  version: 'v1' | 'v2' = 'v2',
) {
  const { refund, ran } = createRefundTool()
  const middleware = [guardMiddleware(stage.guard)]
  const agent = createAgent({ model, tools: [refund], middleware, checkpointer: new MemorySaver(), version })
  return { agent, ran, model }
}

function interruptOf(result: object): ApprovalInterrupt {
  const interrupts = isInterrupted<ApprovalInterrupt>(result) ? result[INTERRUPT] : []
  expect(interrupts).toHaveLength(1)
  const shown = interrupts[0]?.value
  if (!shown) throw new Error('the graph did not pause')
  return shown
}

describe('a held call in an agent with a checkpointer', () => {
  it('pauses with a request that review interfaces render and that names the call', async () => {
    const stage = createStage(hold)
    const { agent, ran } = createPausingAgent(stage)
    const shown = interruptOf(await agent.invoke(say('refund 20'), thread))
    expect(shown.actionRequests).toEqual([
      { name: 'refund', args: { amount: 20 }, description: expect.stringContaining('"refund" waits for a person') },
    ])
    expect(shown.reviewConfigs).toEqual([{ actionName: 'refund', allowedDecisions: ['approve', 'reject'] }])
    expect(shown.bighub.calls).toEqual([
      { toolCallId: 'call_1', approval: expect.objectContaining({ request_id: 'act_1', status: 'pending' }) },
    ])
    expect(ran).toEqual([])
  })

  it.each(['v1', 'v2'] as const)(
    'runs once after approval, with one evaluation and one outcome (%s)',
    async (version) => {
      const stage = createStage(hold)
      const { agent, ran, model } = createPausingAgent(stage, oneCall(), version)
      await agent.invoke(say('refund 20'), thread)
      const { messages } = await agent.invoke(
        resume({ decisions: { call_1: { type: 'approve', resolvedBy: 'ana' } } }),
        thread,
      )
      expect(toolResults(messages)).toEqual([{ id: 'call_1', text: 'refunded 20', status: 'success' }])
      expect(ran).toEqual([20])
      expect(stage.evaluator.requests).toHaveLength(1)
      expect(model.requests).toHaveLength(2)
      expect(await stage.settled()).toEqual({ outcomes: ['SUCCESS'], effects: ['succeeded'] })
      expect(await stage.evaluator.getApproval('act_1')).toMatchObject({ status: 'approved', resolved_by: 'ana' })
    },
  )

  it('takes the ordered list of review interfaces, and the map without its envelope', async () => {
    for (const value of [{ decisions: [{ type: 'approve' }] }, { call_1: { type: 'approve' } }] as const) {
      const { agent, ran } = createPausingAgent(createStage(hold))
      await agent.invoke(say('refund 20'), thread)
      await agent.invoke(resume(value), thread)
      expect(ran).toEqual([20])
    }
  })

  it.each(['v1', 'v2'] as const)('lets the model read that a person declined, and goes on (%s)', async (version) => {
    const stage = createStage(hold)
    const { agent, ran, model } = createPausingAgent(stage, oneCall(), version)
    await agent.invoke(say('refund 20'), thread)
    const decisions = { call_1: { type: 'reject', message: 'the customer is rude' } } as const
    const { messages } = await agent.invoke(resume({ decisions }), thread)
    expect(toolResults(messages)).toMatchObject([{ id: 'call_1', status: 'error' }])
    expect(model.requests[1]?.at(-1)?.text).toContain('A person was asked and declined.')
    expect(model.requests[1]?.at(-1)?.text).not.toContain('rude')
    expect(messages.at(-1)?.text).toBe('done')
    expect(ran).toEqual([])
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED'])
    expect(stage.evaluator.outcomes[0]?.details).toMatchObject({ approval: 'denied', reason: 'the customer is rude' })
  })

  it('asks once for the whole turn, runs free calls once and does not run them again on resume', async () => {
    const stage = createStage((request) => (request.value === 5 ? 'proceed' : 'review_recommended'))
    const model = new ScriptedModel(
      callTools(
        ['call_1', 'refund', { amount: 80 }],
        ['call_2', 'refund', { amount: 5 }],
        ['call_3', 'refund', { amount: 90 }],
      ),
    )
    const { agent, ran } = createPausingAgent(stage, model)
    const shown = interruptOf(await agent.invoke(say('three'), thread))
    expect(shown.actionRequests.map((each) => each.args['amount'])).toEqual([80, 90])
    const decisions = [{ type: 'reject' }, { type: 'approve' }] as const
    const { messages } = await agent.invoke(resume({ decisions }), thread)
    expect(toolResults(messages).map((each) => [each.id, each.status])).toEqual([
      ['call_1', 'error'],
      ['call_2', 'success'],
      ['call_3', 'success'],
    ])
    expect(new Set(ran)).toEqual(new Set([5, 90]))
    expect(ran).toHaveLength(2)
    expect(stage.evaluator.requests).toHaveLength(3)
    expect((await stage.settled()).outcomes.toSorted()).toEqual(['BLOCKED', 'SUCCESS', 'SUCCESS'])
  })

  describe.each([
    { slow: 80, approved: 'call_1', runs: 80 },
    { slow: 90, approved: 'call_1', runs: 80 },
    { slow: 80, approved: 'call_2', runs: 90 },
    { slow: 90, approved: 'call_2', runs: 90 },
  ])('two held calls, the one for $slow evaluated late, $approved approved', ({ slow, approved, runs }) => {
    const denied = approved === 'call_1' ? 'call_2' : 'call_1'
    const start = async () => {
      const stage = createStage(async (request) => {
        if (request.value === slow) await new Promise((resolve) => setTimeout(resolve, 20))
        return hold.refund
      })
      const model = new ScriptedModel(
        callTools(['call_1', 'refund', { amount: 80 }], ['call_2', 'refund', { amount: 90 }]),
      )
      const { agent, ran } = createPausingAgent(stage, model)
      await agent.invoke(say('two'), thread)
      return { stage, agent, ran }
    }

    it('runs the approved one only, answered together', async () => {
      const { stage, agent, ran } = await start()
      await agent.invoke(
        resume({ decisions: { [denied]: { type: 'reject' }, [approved]: { type: 'approve' } } }),
        thread,
      )
      expect(ran).toEqual([runs])
      expect(stage.evaluator.requests).toHaveLength(2)
      expect((await stage.settled()).outcomes.toSorted()).toEqual(['BLOCKED', 'SUCCESS'])
    })

    it('runs the approved one only, answered one after the other', async () => {
      const { agent, ran } = await start()
      const between = await agent.invoke(resume({ decisions: { [approved]: { type: 'approve' } } }), thread)
      expect(isInterrupted(between)).toBe(true)
      expect(ran).toEqual([])
      await agent.invoke(resume({ decisions: { [denied]: { type: 'reject' } } }), thread)
      expect(ran).toEqual([runs])
    })
  })

  it('approves nothing by a bare value, another id, a list of another length or a decision of another kind', async () => {
    const useless: unknown[] = [
      true,
      'approve',
      { decisions: { call_9: { type: 'approve' } } },
      { decisions: [{ type: 'approve' }, { type: 'approve' }] },
      { decisions: [] },
      { decisions: { call_1: true } },
      { decisions: { call_1: { type: 'approved' } } },
      { decisions: 'approve' },
    ]
    const { agent, ran } = createPausingAgent(createStage(hold))
    await agent.invoke(say('refund 20'), thread)
    for (const value of useless) {
      const result = await agent.invoke(new Command({ resume: value }), thread)
      expect([value, isInterrupted(result)]).toEqual([value, true])
    }
    expect(ran).toEqual([])
    await agent.invoke(resume({ decisions: { call_1: { type: 'approve' } } }), thread)
    expect(ran).toEqual([20])
  })

  it('does not answer a later question with an earlier list', async () => {
    const stage = createStage({ refund: 'review_recommended' })
    const model = new ScriptedModel(
      callTools(['call_1', 'refund', { amount: 80 }], ['call_2', 'refund', { amount: 90 }]),
    )
    const { agent, ran } = createPausingAgent(stage, model)
    await agent.invoke(say('two'), thread)
    // Made for a batch of one: it decides nothing, also when it is replayed while one call is left.
    await agent.invoke(resume({ decisions: [{ type: 'approve' }] }), thread)
    await agent.invoke(resume({ decisions: { call_1: { type: 'reject' } } }), thread)
    await agent.invoke(resume({ decisions: { call_2: { type: 'reject' } } }), thread)
    expect(ran).toEqual([])
  })

  it('does not run twice when the same resume is sent again', async () => {
    const stage = createStage(hold)
    const { agent, ran } = createPausingAgent(stage)
    await agent.invoke(say('refund 20'), thread)
    const approve = resume({ decisions: { call_1: { type: 'approve' } } })
    await agent.invoke(approve, thread)
    await agent.invoke(approve, thread)
    expect(ran).toEqual([20])
    expect(await stage.settled()).toEqual({ outcomes: ['SUCCESS'], effects: ['succeeded'] })
  })

  it('does not run twice when the graph goes back to the checkpoint before the call', async () => {
    const stage = createStage(hold)
    const { agent, ran } = createPausingAgent(stage)
    await agent.invoke(say('refund 20'), thread)
    await agent.invoke(resume({ decisions: { call_1: { type: 'approve' } } }), thread)
    for await (const state of agent.graph.getStateHistory(thread))
      if (state.next.includes('tools')) await agent.graph.invoke(null, state.config)
    expect(ran).toEqual([20])
    expect(stage.evaluator.requests).toHaveLength(1)
    expect((await stage.settled()).outcomes).toEqual(['SUCCESS'])
  })

  it('refuses arguments that were edited in the answer', async () => {
    const stage = createStage(hold)
    const { agent, ran } = createPausingAgent(stage)
    await agent.invoke(say('refund 20'), thread)
    const edit = { type: 'edit', editedAction: { name: 'refund', args: { amount: 9000 } } } as const
    const { messages } = await agent.invoke(resume({ decisions: [edit] }), thread)
    expect(toolResults(messages)).toMatchObject([{ id: 'call_1', status: 'error' }])
    expect(ran).toEqual([])
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED'])
  })

  const editState = (agent: ReturnType<typeof createPausingAgent>['agent']) =>
    agent.graph.updateState(
      thread,
      { messages: [Object.assign(callTools(['call_1', 'refund', { amount: 9000 }]), { id: 'answer_1' })] },
      'model_request',
    )
  const editableCall = () =>
    new ScriptedModel(Object.assign(callTools(['call_1', 'refund', { amount: 20 }]), { id: 'answer_1' }))

  it('refuses arguments that were edited in the state between question and answer', async () => {
    const stage = createStage(hold)
    const { agent, ran } = createPausingAgent(stage, editableCall())
    await agent.invoke(say('refund 20'), thread)
    await editState(agent)
    const { messages } = await agent.invoke(resume({ decisions: { call_1: { type: 'approve' } } }), thread)
    expect(toolResults(messages)).toMatchObject([{ id: 'call_1', status: 'error' }])
    expect(ran).toEqual([])
    // One for each of the two actions.
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED', 'BLOCKED'])
    expect(await stage.evaluator.getApproval('act_1')).toMatchObject({ status: 'cancelled' })
  })

  it('asks anew about arguments that were edited in the state before the graph went on', async () => {
    const stage = createStage(hold)
    const { agent, ran } = createPausingAgent(stage, editableCall())
    await agent.invoke(say('refund 20'), thread)
    await editState(agent)
    const shown = interruptOf(await agent.graph.invoke(null, thread))
    expect(shown.actionRequests).toMatchObject([{ args: { amount: 9000 } }])
    await agent.invoke(resume({ decisions: { call_1: { type: 'approve' } } }), thread)
    expect(ran).toEqual([9000])
  })

  it('goes on without an answer of its own when the approval was answered elsewhere', async () => {
    const stage = createStage(hold)
    const { agent, ran } = createPausingAgent(stage)
    await agent.invoke(say('refund 20'), thread)
    await stage.evaluator.resolveApproval('act_1', { resolution: 'approved' }, { resolvedBy: 'dashboard' })
    await agent.invoke(resume(true), thread)
    expect(ran).toEqual([20])
  })

  it('does not take the end of the request that asked for the end of the one that answers', async () => {
    const stage = createStage(hold)
    const { agent, ran } = createPausingAgent(stage)
    const first = new AbortController()
    await agent.invoke(say('refund 20'), { ...thread, signal: first.signal })
    first.abort(new Error('the client hung up'))
    await agent.invoke(resume({ decisions: { call_1: { type: 'approve' } } }), thread)
    expect(ran).toEqual([20])
    expect((await stage.settled()).outcomes).toEqual(['SUCCESS'])
  })

  it('pauses in the tool step when another middleware jumped over the hook after the model', async () => {
    const stage = createStage(hold)
    const { refund, ran } = createRefundTool()
    const jump = createMiddleware({
      name: 'Jump',
      afterModel: {
        canJumpTo: ['tools'],
        hook: ({ messages }) => (messages.at(-1)?.text === '' ? { jumpTo: 'tools' } : undefined),
      },
    })
    const middleware = [guardMiddleware(stage.guard), jump]
    const agent = createAgent({
      model: oneCall(),
      tools: [refund],
      middleware,
      checkpointer: new MemorySaver(),
      version: 'v1',
    })
    const shown = interruptOf(await agent.invoke(say('refund 20'), thread))
    expect(shown.bighub.calls.map((each) => each.toolCallId)).toEqual(['call_1'])
    expect(isInterrupted(await agent.invoke(resume({ decisions: [{ type: 'approve' }] }), thread))).toBe(true)
    await agent.invoke(resume({ decisions: { call_1: { type: 'approve' } } }), thread)
    expect(ran).toEqual([20])
    expect(stage.evaluator.requests).toHaveLength(1)
  })

  it('shows the pause in stream mode and runs the call after the answer', async () => {
    const stage = createStage(hold)
    const { agent, ran } = createPausingAgent(stage)
    const steps = async (input: Parameters<typeof agent.stream>[0]) => {
      const seen: string[] = []
      for await (const chunk of await agent.stream(input, { ...thread, streamMode: 'updates' }))
        seen.push(...Object.keys(chunk))
      return seen
    }
    expect(await steps(say('refund 20'))).toEqual(['model_request', '__interrupt__'])
    expect(await steps(resume({ decisions: [{ type: 'approve' }] }))).toEqual([
      'BighubGuard.after_model',
      'tools',
      'model_request',
      'BighubGuard.after_model',
    ])
    expect(ran).toEqual([20])
  })
})

describe('a call that could not be evaluated after the model', () => {
  it('is evaluated again when it is about to run, and held there', async () => {
    let isDown = true
    const stage = createStage(() => {
      if (!isDown) return hold.refund
      isDown = false
      throw new Error('connection refused')
    })
    const { agent, ran } = createPausingAgent(stage)
    const shown = interruptOf(await agent.invoke(say('refund 20'), thread))
    expect(shown.bighub.calls.map((each) => each.toolCallId)).toEqual(['call_1'])
    await agent.invoke(resume({ decisions: { call_1: { type: 'approve' } } }), thread)
    expect(ran).toEqual([20])
    expect(stage.evaluator.requests).toHaveLength(2)
  })

  it('is refused after these two tries in fail mode closed', async () => {
    const stage = createStage(() => {
      throw new Error('connection refused')
    })
    const { agent, ran } = createPausingAgent(stage)
    const { messages } = await agent.invoke(say('refund 20'), thread)
    expect(toolResults(messages)[0]?.text).toContain('could not be checked right now')
    expect(ran).toEqual([])
    expect(stage.evaluator.requests).toHaveLength(2)
  })
})

describe('a held call of an agent inside a tool', () => {
  it('pauses the outer agent and runs once after the answer', async () => {
    const stage = createStage(hold)
    const { refund, ran } = createRefundTool()
    const inner = createAgent({ model: oneCall(), tools: [refund], middleware: [guardMiddleware(stage.guard)] })
    const delegate = tool(async () => (await inner.invoke(say('refund 20'))).messages.at(-1)?.text, {
      name: 'delegate',
      schema: z.object({}),
    })
    const outer = createAgent({
      model: new ScriptedModel(callTools(['call_9', 'delegate', {}])),
      tools: [delegate],
      middleware: [guardMiddleware(stage.guard)],
      checkpointer: new MemorySaver(),
    })
    const shown = interruptOf(await outer.invoke(say('delegate'), thread))
    expect(shown.bighub.calls.map((each) => each.toolCallId)).toEqual(['call_1'])
    const { messages } = await outer.invoke(resume({ decisions: { call_1: { type: 'approve' } } }), thread)
    expect(toolResults(messages)).toEqual([{ id: 'call_9', text: 'done', status: 'success' }])
    expect(ran).toEqual([20])
    expect(stage.evaluator.requests.map((each) => each.action)).toEqual(['delegate', 'refund'])
    expect((await stage.settled()).outcomes).toEqual(['SUCCESS', 'SUCCESS'])
  })
})

describe('a held call where the graph cannot pause', () => {
  const waiting = (approvals: GuardOptions['approvals']) => createStage(hold, { approvals: approvals ?? {} })

  it.each(['approved', 'denied'] as const)('asks the callback in process: %s', async (resolution) => {
    const asked: (string | null)[] = []
    const stage = waiting({
      onRequest: ({ callId }) => {
        asked.push(callId)
        return { resolution, resolvedBy: 'ana' }
      },
    })
    const { agent, ran } = createPausingAgent(stage)
    const result = await agent.invoke(say('refund 20'), thread)
    expect(isInterrupted(result)).toBe(false)
    expect(asked).toEqual(['call_1'])
    expect(ran).toEqual(resolution === 'approved' ? [20] : [])
    expect((await stage.settled()).outcomes).toEqual([resolution === 'approved' ? 'SUCCESS' : 'BLOCKED'])
  })

  it('waits in process without a checkpointer, until somebody answers', async () => {
    const stage = createStage(hold)
    stage.guard.on('approval-request', ({ approval }) => {
      void stage.evaluator.resolveApproval(approval.request_id, { resolution: 'approved' })
    })
    const { refund, ran } = createRefundTool()
    const agent = createAgent({ model: oneCall(), tools: [refund], middleware: [guardMiddleware(stage.guard)] })
    await agent.invoke(say('refund 20'))
    expect(ran).toEqual([20])
    expect(stage.evaluator.requests).toHaveLength(1)
  })

  it('refuses when the wait is over', async () => {
    const stage = waiting({ waitMs: 5 })
    const { refund, ran } = createRefundTool()
    const agent = createAgent({ model: oneCall(), tools: [refund], middleware: [guardMiddleware(stage.guard)] })
    const { messages } = await agent.invoke(say('refund 20'))
    expect(toolResults(messages)[0]?.text).toContain('no answer came while this run waited')
    expect(ran).toEqual([])
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED'])
  })

  it('waits in process for a call without an id, which no answer could name', async () => {
    const stage = waiting({ waitMs: 5 })
    const { agent, ran } = createPausingAgent(
      stage,
      new ScriptedModel(callTools([undefined, 'refund', { amount: 20 }])),
    )
    const result = await agent.invoke(say('refund 20'), thread)
    expect(isInterrupted(result)).toBe(false)
    expect(toolResults(result.messages)[0]?.text).toContain('no answer came')
    expect(ran).toEqual([])
    expect(stage.evaluator.requests).toHaveLength(1)
  })
})
