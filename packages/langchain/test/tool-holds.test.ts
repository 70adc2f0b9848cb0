import type { EvaluateRequest } from '@bighub/core'
import {
  Command,
  INTERRUPT,
  isInterrupted,
  MemorySaver,
  MessagesAnnotation,
  START,
  StateGraph,
} from '@langchain/langgraph'
import { ToolNode } from '@langchain/langgraph/prebuilt'
import { createAgent } from 'langchain'
import { describe, expect, it } from 'vitest'
import { type ApprovalInterrupt, type ApprovalResume, guardTools } from '../src/index.ts'
import { callTools, ScriptedModel } from './scripted-model.ts'
import { createRefundTool, createStage, say, toolResults } from './stage.ts'

const thread = { configurable: { thread_id: 'thread_1' } }
const hold = 'review_recommended' as const

/** A graph with one node for all calls of a turn: the place where LangGraph matches resume values by position only. */
function createGraph(
  stage: ReturnType<typeof createStage>,
  calls: ReturnType<typeof callTools>,
  options: { canPause?: boolean } = {},
) {
  const { refund, ran } = createRefundTool()
  const graph = new StateGraph(MessagesAnnotation)
    .addNode('model', () => ({ messages: [calls] }))
    .addNode('tools', new ToolNode(guardTools(stage.guard)([refund])))
    .addEdge(START, 'model')
    .addEdge('model', 'tools')
    .compile(options.canPause === false ? {} : { checkpointer: new MemorySaver() })
  const answer = (value: ApprovalResume) => graph.invoke(new Command({ resume: value }), thread)
  return { graph, ran, answer }
}

/** Ids of the calls that a paused graph asks about. */
function asked(result: unknown): string[] {
  const interrupts = isInterrupted<ApprovalInterrupt>(result) ? result[INTERRUPT] : []
  return interrupts.flatMap(({ value }) => value?.bighub.calls.map((each) => each.toolCallId) ?? [])
}

/** Evaluates the call for this amount later than the others. */
const slowFor = (amount: number) => async (request: EvaluateRequest) => {
  if (request.value === amount) await new Promise((resolve) => setTimeout(resolve, 20))
  return hold
}

const twoCalls = () => callTools(['call_1', 'refund', { amount: 80 }], ['call_2', 'refund', { amount: 90 }])

describe('held calls of guarded tools in one node', () => {
  it('pause the graph and run once after approval', async () => {
    const stage = createStage({ refund: hold })
    const { graph, ran, answer } = createGraph(stage, callTools(['call_1', 'refund', { amount: 20 }]))
    expect(asked(await graph.invoke(say('go'), thread))).toEqual(['call_1'])
    expect(ran).toEqual([])
    const { messages } = await answer({ decisions: { call_1: { type: 'approve' } } })
    expect(toolResults(messages)).toEqual([{ id: 'call_1', text: 'refunded 20', status: 'success' }])
    expect(ran).toEqual([20])
    expect(stage.evaluator.requests).toHaveLength(1)
    expect(await stage.settled()).toEqual({ outcomes: ['SUCCESS'], effects: ['succeeded'] })
  })

  it('let the model read that a person declined', async () => {
    const stage = createStage({ refund: hold })
    const { graph, ran, answer } = createGraph(stage, callTools(['call_1', 'refund', { amount: 20 }]))
    await graph.invoke(say('go'), thread)
    const { messages } = await answer({ decisions: { call_1: { type: 'reject' } } })
    expect(toolResults(messages)).toMatchObject([{ status: 'error', text: expect.stringContaining('declined') }])
    expect(ran).toEqual([])
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED'])
  })

  it.each(
    [0, 30].flatMap((answerAfterMs) => [
      { slow: 80, approved: 'call_1', runs: [80], answerAfterMs },
      { slow: 80, approved: 'call_2', runs: [90], answerAfterMs },
      { slow: 90, approved: 'call_1', runs: [80], answerAfterMs },
      { slow: 90, approved: 'call_2', runs: [90], answerAfterMs },
    ]),
  )(
    'never run on the approval of another: $slow is slow, $approved is approved after $answerAfterMs ms',
    async ({ slow, approved, runs, answerAfterMs }) => {
      const stage = createStage(slowFor(slow))
      const { graph, ran, answer } = createGraph(stage, twoCalls())
      const questions: string[] = []
      let open = asked(await graph.invoke(say('go'), thread))
      while (open.length > 0) {
        questions.push(...open)
        // Late enough, both are evaluated when the graph comes back, and reach their questions in the order of the calls.
        await new Promise((resolve) => setTimeout(resolve, answerAfterMs))
        expect(questions.length).toBeLessThan(5)
        const decisions = Object.fromEntries(
          open.map((id) => [id, { type: id === approved ? 'approve' : 'reject' }] as const),
        )
        open = asked(await answer({ decisions }))
      }
      expect(ran).toEqual(runs)
      // Each call is asked about once, also where its answer reached the other one first.
      expect(questions.toSorted()).toEqual(['call_1', 'call_2'])
      expect(stage.evaluator.requests).toHaveLength(2)
      expect((await stage.settled()).outcomes.toSorted()).toEqual(['BLOCKED', 'SUCCESS'])
    },
  )

  it('take answers for both from one value, whichever of them it reaches', async () => {
    for (const slow of [80, 90]) {
      const stage = createStage(slowFor(slow))
      const { graph, ran, answer } = createGraph(stage, twoCalls())
      await graph.invoke(say('go'), thread)
      const decisions = { call_1: { type: 'approve' }, call_2: { type: 'approve' } } as const
      let rounds = 0
      while (asked(await answer({ decisions })).length > 0) expect(++rounds).toBeLessThan(4)
      expect(new Set(ran)).toEqual(new Set([80, 90]))
      expect(ran).toHaveLength(2)
      expect((await stage.settled()).outcomes).toEqual(['SUCCESS', 'SUCCESS'])
    }
  })

  it('are not answered by a list, which would be matched by position', async () => {
    const stage = createStage({ refund: hold })
    const { graph, ran, answer } = createGraph(stage, twoCalls())
    await graph.invoke(say('go'), thread)
    const result = await answer({ decisions: [{ type: 'approve' }] })
    expect(asked(result)).toHaveLength(1)
    expect(ran).toEqual([])
  })

  it('leave a free sibling running once, although LangGraph starts it again on resume', async () => {
    const stage = createStage((request) => (request.value === 5 ? 'proceed' : hold))
    const { graph, ran, answer } = createGraph(
      stage,
      callTools(['call_1', 'refund', { amount: 5 }], ['call_2', 'refund', { amount: 80 }]),
    )
    expect(asked(await graph.invoke(say('go'), thread))).toEqual(['call_2'])
    const { messages } = await answer({ decisions: { call_2: { type: 'approve' } } })
    expect(toolResults(messages).map((each) => each.text)).toEqual(['refunded 5', 'refunded 80'])
    expect(ran).toEqual([5, 80])
    expect(stage.evaluator.requests).toHaveLength(2)
    expect((await stage.settled()).outcomes).toEqual(['SUCCESS', 'SUCCESS'])
  })

  it('do not run twice when the same resume is sent again', async () => {
    const stage = createStage({ refund: hold })
    const { graph, ran, answer } = createGraph(stage, callTools(['call_1', 'refund', { amount: 20 }]))
    await graph.invoke(say('go'), thread)
    await answer({ decisions: { call_1: { type: 'approve' } } })
    await answer({ decisions: { call_1: { type: 'approve' } } })
    expect(ran).toEqual([20])
    expect((await stage.settled()).outcomes).toEqual(['SUCCESS'])
  })

  it('do not run with arguments that were changed in the state', async () => {
    const stage = createStage({ refund: hold })
    const first = Object.assign(callTools(['call_1', 'refund', { amount: 20 }]), { id: 'answer_1' })
    const { graph, ran, answer } = createGraph(stage, first)
    await graph.invoke(say('go'), thread)
    const changed = Object.assign(callTools(['call_1', 'refund', { amount: 9000 }]), { id: 'answer_1' })
    await graph.updateState(thread, { messages: [changed] }, 'model')
    const { messages } = await answer({ decisions: { call_1: { type: 'approve' } } })
    expect(toolResults(messages)).toMatchObject([{ status: 'error' }])
    expect(ran).toEqual([])
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED', 'BLOCKED'])
  })

  it('wait in process where the graph has no checkpointer', async () => {
    const stage = createStage({ refund: hold })
    stage.guard.on('approval-request', ({ approval }) => {
      void stage.evaluator.resolveApproval(approval.request_id, { resolution: 'approved' })
    })
    const { graph, ran } = createGraph(stage, callTools(['call_1', 'refund', { amount: 20 }]), { canPause: false })
    const { messages } = await graph.invoke(say('go'))
    expect(toolResults(messages)).toMatchObject([{ text: 'refunded 20' }])
    expect(ran).toEqual([20])
  })

  it('ask the callback in process instead, where there is one', async () => {
    const stage = createStage({ refund: hold }, { approvals: { onRequest: () => ({ resolution: 'denied' }) } })
    const { graph, ran } = createGraph(stage, callTools(['call_1', 'refund', { amount: 20 }]))
    const result = await graph.invoke(say('go'), thread)
    expect(asked(result)).toEqual([])
    expect(toolResults(result.messages)).toMatchObject([{ status: 'error' }])
    expect(ran).toEqual([])
  })

  it('wait in process outside any graph', async () => {
    const stage = createStage({ refund: hold }, { approvals: { waitMs: 5 } })
    const { refund, ran } = createRefundTool()
    const [guarded] = guardTools(stage.guard)([refund])
    await expect(guarded.invoke({ amount: 20 })).rejects.toThrow('no answer came while this run waited')
    expect(ran).toEqual([])
  })
})

describe('held calls of guarded tools in an agent without the middleware', () => {
  it('are asked about one by one and answered by id', async () => {
    const stage = createStage({ refund: hold })
    const { refund, ran } = createRefundTool()
    const agent = createAgent({
      model: new ScriptedModel(twoCalls()),
      tools: guardTools(stage.guard)([refund]),
      checkpointer: new MemorySaver(),
    })
    const first = await agent.invoke(say('go'), thread)
    expect(asked(first).toSorted()).toEqual(['call_1', 'call_2'])
    const second = await agent.invoke(new Command({ resume: { decisions: { call_2: { type: 'approve' } } } }), thread)
    expect(asked(second)).toEqual(['call_1'])
    expect(ran).toEqual([90])
    const { messages } = await agent.invoke(
      new Command({ resume: { decisions: { call_1: { type: 'reject' } } } }),
      thread,
    )
    expect(ran).toEqual([90])
    expect(toolResults(messages).map((each) => [each.id, each.status])).toEqual([
      ['call_1', 'error'],
      ['call_2', 'success'],
    ])
    expect(stage.evaluator.requests).toHaveLength(2)
  })
})
