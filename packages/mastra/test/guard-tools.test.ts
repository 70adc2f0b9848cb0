import { createGuard, type GuardOptions } from '@bighub/core'
import { createScriptedEvaluator, type ScriptedEvaluatorOptions } from '@bighub/core/testing'
import { Agent } from '@mastra/core/agent'
import { Mastra } from '@mastra/core/mastra'
import { InMemoryStore } from '@mastra/core/storage'
import { createTool } from '@mastra/core/tools'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { guardTools } from '../src/index.ts'
import { type Call, readResults, scriptedModel } from './scripted-model.ts'

const BLOCK = { recommendation: 'do_not_proceed', risk_score: 0.873, reason: 'rule "max-refund"' } as const

/** A guard with a scripted evaluator behind it, and tools that remember what they were run with. */
function createStage(answers?: ScriptedEvaluatorOptions['answers'], options: Partial<GuardOptions> = {}) {
  const evaluator = createScriptedEvaluator(answers ? { answers } : {})
  const guard = createGuard({ evaluator, evaluation: { retries: 0 }, ...options })
  const ran: unknown[] = []
  const refund = createTool({
    id: 'refund',
    description: 'Pays money back.',
    inputSchema: z.object({ amount: z.number() }),
    execute: async ({ amount }) => {
      ran.push(amount)
      if (amount === 3) throw new TypeError('the shop is closed')
      return `refunded ${amount}`
    },
  })
  const ask = createTool({
    id: 'ask',
    description: 'Asks before it acts.',
    inputSchema: z.object({}),
    suspendSchema: z.object({ question: z.string() }),
    resumeSchema: z.object({ sure: z.boolean() }),
    execute: async (_, { agent }) => {
      ran.push(agent?.resumeData ?? 'asked')
      if (!agent?.resumeData) await agent?.suspend({ question: 'Really?' })
      return 'asked and acted'
    },
  })
  return {
    evaluator,
    guard,
    ran,
    tools: guardTools(guard)({ refund, ask }),
    async outcomes() {
      await guard.flush()
      return evaluator.outcomes.map((each) => each.status)
    },
  }
}

type Stage = ReturnType<typeof createStage>

function createAgent(stage: Stage, ...turns: readonly (readonly Call[])[]) {
  const model = scriptedModel(...turns)
  const { tools } = stage
  // Mastra's own declaration of the same interface lets both its methods return what only one does.
  const agent = new Agent({ id: 'shop', name: 'Shop', instructions: 'Be kind.', model: model as never, tools })
  // What waits for its resumption has to be kept somewhere.
  const mastra = new Mastra({ agents: { shop: agent }, storage: new InMemoryStore(), logger: false })
  return { model, agent: mastra.getAgent('shop') }
}

/** Runs an agent to its end and says what the model read. */
async function play(stage: Stage, calls: readonly Call[], abortSignal?: AbortSignal) {
  const { agent, model } = createAgent(stage, calls)
  await agent.generate('Please pay it back.', abortSignal ? { abortSignal } : {})
  return readResults(model)
}

const refund = (id: string, amount: unknown): Call => [id, 'refund', { amount }]

describe('guarded tools of a Mastra agent', () => {
  it('run, note, refuse and report, each call by itself', async () => {
    const stage = createStage(({ value }) => (value === 9 ? BLOCK : value === 6 ? 'proceed_with_caution' : 'proceed'))
    const results = await play(stage, [refund('a', 5), refund('b', 6), refund('c', 9), refund('d', 3)])
    expect(new Set(stage.ran)).toEqual(new Set([3, 5, 6]))
    expect(results).toEqual({
      a: { type: 'text', value: 'refunded 5' },
      b: { type: 'text', value: expect.stringMatching(/^refunded 6\n\nNote: .*caution/s) },
      c: { type: 'error-text', value: expect.stringContaining('"refund" was not executed') },
      d: { type: 'error-text', value: 'the shop is closed' },
    })
    expect(results['c']?.value).not.toMatch(/0\.87|max-refund|\.ts/)
    expect((await stage.outcomes()).toSorted()).toEqual(['BLOCKED', 'FAILURE', 'SUCCESS', 'SUCCESS'])
    const [request] = stage.evaluator.requests
    expect(request?.context).toMatchObject({ call: { call_id: 'a' }, run: { user_text: 'Please pay it back.' } })
  })

  it('leave input that does not fit to Mastra, and evaluate nothing', async () => {
    const stage = createStage()
    const results = await play(stage, [refund('a', 'much')])
    expect(results['a']?.value).toMatchObject({ error: true, message: expect.stringContaining('validation failed') })
    expect([stage.evaluator.requests, stage.ran]).toEqual([[], []])
  })

  it('wait for a person, and run on a yes', async () => {
    const stage = createStage(
      { refund: 'review_recommended' },
      { approvals: { onRequest: ({ callId }) => ({ resolution: callId === 'a' ? 'approved' : 'denied' }) } },
    )
    const results = await play(stage, [refund('a', 5), refund('b', 6)])
    expect(stage.ran).toEqual([5])
    expect(results['b']?.value).toContain('A person was asked and declined')
    expect((await stage.outcomes()).toSorted()).toEqual(['BLOCKED', 'SUCCESS'])
  })

  it('take a suspension for a pause: one evaluation, one outcome', async () => {
    const stage = createStage()
    const { agent, model } = createAgent(stage, [['a', 'ask', {}]])
    const paused = await agent.generate('Go on.')
    expect(paused.finishReason).toBe('suspended')
    expect(await stage.outcomes()).toEqual([])
    const { runId = '' } = paused
    await agent.resumeGenerate({ sure: true }, { runId, toolCallId: 'a' })
    expect(stage.ran).toEqual(['asked', { sure: true }])
    expect(readResults(model)['a']?.value).toBe('asked and acted')
    expect(stage.evaluator.requests).toHaveLength(1)
    expect(await stage.outcomes()).toEqual(['SUCCESS'])
  })

  it.each(['closed', 'open'] as const)('follow fail mode %s when nobody can judge', async (failMode) => {
    const stage = createStage(() => Promise.reject(new Error('away')), { failMode })
    await play(stage, [refund('a', 5)])
    expect(stage.ran).toEqual(failMode === 'open' ? [5] : [])
  })

  it('never begin once the run was aborted during the evaluation', async () => {
    const abort = new AbortController()
    const stage = createStage(async () => {
      abort.abort()
      return 'proceed' as const
    })
    await play(stage, [refund('a', 5)], abort.signal).catch(() => undefined)
    expect(stage.ran).toEqual([])
    expect(await stage.outcomes()).not.toContain('SUCCESS')
  })

  it('are guarded once, and say what is beyond them', () => {
    const { guard, tools } = createStage()
    expect(guardTools(guard)(tools)['refund']).toBe(tools['refund'])
    guardTools(guard)({ search: { type: 'provider-defined', id: 'openai.web_search' } })
    expect(guard.coverage()).toMatchObject({ guarded: ['refund', 'ask'], unguarded: [{ tool: 'search' }] })
  })
})
