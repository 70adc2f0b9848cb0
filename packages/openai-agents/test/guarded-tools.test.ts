import { Agent, handoff, RunContext, tool } from '@openai/agents'
import { functionCall } from '@openai/agents/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { guardTool, guardTools } from '../src/index.ts'
import { readResults, scriptedModel } from './scripted-model.ts'
import { agentWith, CASES, createRefundTool, createStage, play, toolOf } from './stage.ts'

const CAUTION = {
  recommendation: 'proceed_with_caution',
  risk_score: 0.4127,
  reason: 'rule "max-refund" is close',
} as const
const BLOCK = { recommendation: 'do_not_proceed', risk_score: 0.873, reason: 'rule "max-refund": 12.5 > 10' } as const
const FAILED = 'An error occurred while running the tool. Please try again.'

const PAY_WITH_SCHEMA = {
  name: 'pay',
  description: '',
  parameters: z.object({}),
  outputSchema: z.object({ paid: z.number(), why: z.string() }),
  execute: () => ({ paid: 5, why: '' }),
} as const

describe.each(CASES)('a tool guarded by $seam, in mode $mode,', ({ seam, mode }) => {
  it('runs when the evaluation lets it, and its success is reported once', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool(toolOf(seam, stage.guard))
    const model = scriptedModel([['call_1', 'refund', { amount: 5 }]])
    const result = await play(mode, agentWith(model, refund))
    expect(result.finalOutput).toBe('done')
    expect(ran).toEqual([5])
    expect(readResults(model)).toEqual({ call_1: 'refunded 5' })
    expect(stage.evaluator.requests).toHaveLength(1)
    expect(stage.evaluator.requests[0]).toMatchObject({
      action: 'refund',
      value: 5,
      context: { call: { call_id: 'call_1' } },
    })
    expect(await stage.settled()).toEqual({ outcomes: ['SUCCESS'], effects: ['succeeded'] })
  })

  it('runs with caution and tells the model, without score or rule', async () => {
    const stage = createStage({ refund: CAUTION })
    const { refund, ran } = createRefundTool(toolOf(seam, stage.guard))
    const model = scriptedModel([['call_1', 'refund', { amount: 5 }]])
    await play(mode, agentWith(model, refund))
    expect(ran).toEqual([5])
    expect(readResults(model)['call_1']).toMatch(/^refunded 5\n\n.*caution/is)
    expect(readResults(model)['call_1']).not.toMatch(/0\.41|max-refund/)
    expect(await stage.settled()).toEqual({ outcomes: ['SUCCESS'], effects: ['succeeded'] })
  })

  it('does not run when blocked; the model reads why not, but neither score nor rule', async () => {
    const stage = createStage({ refund: BLOCK })
    const { refund, ran } = createRefundTool(toolOf(seam, stage.guard))
    const model = scriptedModel([['call_1', 'refund', { amount: 12.5 }]])
    const result = await play(mode, agentWith(model, refund))
    expect(ran).toEqual([])
    expect(result.finalOutput).toBe('done')
    const text = readResults(model)['call_1']
    expect(text).toContain('"refund" was not executed')
    expect(text).not.toMatch(/0\.87|max-refund|12\.5 > 10|\.ts|node_modules/)
    expect(stage.evaluator.requests).toHaveLength(1)
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED'])
  })

  it('fails for the model as without a guard, and the failure is reported once', async () => {
    const errorFunctions = [undefined, (_: unknown, error: unknown) => `sorry: ${String(error)}`] as const
    for (const errorFunction of errorFunctions) {
      const stage = createStage()
      const fail = (create: typeof tool) =>
        create({
          name: 'fail',
          description: '',
          parameters: z.object({}),
          ...(errorFunction ? { errorFunction } : {}),
          execute: async (): Promise<string> => {
            throw new TypeError('the shop is closed')
          },
        })
      const bare = scriptedModel([['call_1', 'fail', {}]])
      const guarded = scriptedModel([['call_1', 'fail', {}]])
      await play(mode, agentWith(bare, fail(tool)))
      await play(mode, agentWith(guarded, fail(toolOf(seam, stage.guard))))
      expect(readResults(guarded)).toEqual(readResults(bare))
      // The words of a tool's own error function cannot be told from a result where the SDK invokes the tool.
      const isKnown = seam === 'guardTool' || !errorFunction
      expect((await stage.settled()).outcomes).toEqual([isKnown ? 'FAILURE' : 'SUCCESS'])
    }
  })

  it('lets the run fail with the original error where the tool wants that', async () => {
    const stage = createStage()
    const error = new RangeError('too much')
    const fail = toolOf(
      seam,
      stage.guard,
    )({
      name: 'fail',
      description: '',
      parameters: z.object({}),
      errorFunction: null,
      execute: async () => {
        throw error
      },
    })
    await expect(play(mode, agentWith(scriptedModel([['a', 'fail', {}]]), fail))).rejects.toMatchObject({ error })
    // Where the SDK invokes the tool, a failed run may as well have stopped it.
    expect(await stage.settled()).toEqual(
      seam === 'guardTool' ? { outcomes: ['FAILURE'], effects: ['failed'] } : { outcomes: [], effects: ['aborted'] },
    )
  })

  it('does not run on arguments that do not fit; the model reads the words of the SDK', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool(toolOf(seam, stage.guard))
    const bare = scriptedModel([['a', 'refund', { amount: 'much' }]])
    const guarded = scriptedModel([['a', 'refund', { amount: 'much' }]])
    await play(mode, agentWith(bare, createRefundTool(tool).refund))
    await play(mode, agentWith(guarded, refund))
    expect(readResults(guarded)).toEqual(readResults(bare))
    expect(ran).toEqual([])
    expect(stage.evaluator.requests).toHaveLength(1)
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED'])
  })

  it('never runs on broken JSON: the SDK pauses as for every conditional approval, and nothing is evaluated', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool(toolOf(seam, stage.guard))
    const model = scriptedModel([['a', 'refund', '{"amount": ']])
    const agent = agentWith(model, refund)
    const paused = await play(mode, agent)
    const [item] = paused.interruptions
    if (!item) throw new Error('the SDK did not pause')
    paused.state.approve(item)
    await play(mode, agent, paused.state)
    expect(readResults(model)['a']).toContain('valid JSON')
    expect(ran).toEqual([])
    expect(stage.evaluator.requests).toEqual([])
  })

  it('lets the model read the words of the SDK for broken JSON when a callback answers for people', async () => {
    const stage = createStage({}, { approvals: { onRequest: () => undefined } })
    const { refund } = createRefundTool(toolOf(seam, stage.guard))
    const model = scriptedModel([['a', 'refund', '{"amount": ']])
    expect((await play(mode, agentWith(model, refund))).interruptions).toEqual([])
    expect(readResults(model)['a']).toContain('valid JSON')
    expect(stage.evaluator.requests).toEqual([])
  })

  it('leaves unknown tools to the SDK', async () => {
    const stage = createStage()
    const { refund } = createRefundTool(toolOf(seam, stage.guard))
    const run = play(mode, agentWith(scriptedModel([['a', 'no_such_tool', {}]]), refund))
    await expect(run).rejects.toThrow('no_such_tool')
    expect(stage.evaluator.requests).toEqual([])
  })

  it('judges parallel calls each by itself', async () => {
    const stage = createStage(({ value }) => (value === 1 ? 'do_not_proceed' : 'proceed'))
    const { refund, ran } = createRefundTool(toolOf(seam, stage.guard))
    const model = scriptedModel([
      ['a', 'refund', { amount: 1 }],
      ['b', 'refund', { amount: 2 }],
    ])
    await play(mode, agentWith(model, refund))
    expect(ran).toEqual([2])
    expect(readResults(model)).toMatchObject({ a: expect.stringContaining('was not executed'), b: 'refunded 2' })
    expect((await stage.settled()).outcomes.toSorted()).toEqual(['BLOCKED', 'SUCCESS'])
  })

  it('does not run without an evaluation unless the guard fails open', async () => {
    for (const failMode of ['closed', 'open'] as const) {
      const down = () => {
        throw new Error('connection refused at 10.0.0.7')
      }
      const stage = createStage(down, { failMode })
      const { refund, ran } = createRefundTool(toolOf(seam, stage.guard))
      const model = scriptedModel([['a', 'refund', { amount: 1 }]])
      await play(mode, agentWith(model, refund))
      expect(ran).toEqual(failMode === 'open' ? [1] : [])
      expect(readResults(model)['a']).not.toContain('10.0.0.7')
    }
  })

  it('judges the arguments as the tool gets them, with the defaults of the schema', async () => {
    const stage = createStage()
    const got: unknown[] = []
    const pay = toolOf(
      seam,
      stage.guard,
    )({
      name: 'pay',
      description: '',
      parameters: z.object({ amount: z.number().default(7) }),
      execute: (input) => void got.push(input),
    })
    await play(mode, agentWith(scriptedModel([['a', 'pay', {}]]), pay))
    expect(got).toEqual([{ amount: 7 }])
    expect(stage.evaluator.requests).toMatchObject([{ value: 7 }])
  })

  it('puts the note behind data, but into no picture, and into no output that ends the run', async () => {
    const stage = createStage({ read: CAUTION, draw: CAUTION })
    const create = toolOf(seam, stage.guard)
    const read = create({ name: 'read', description: '', parameters: z.object({}), execute: () => ({ rows: 2 }) })
    const draw = create({
      name: 'draw',
      description: '',
      parameters: z.object({}),
      execute: () => ({ type: 'image', image: 'data:image/png;base64,AA==' }),
    })
    const model = scriptedModel([
      ['a', 'read', {}],
      ['b', 'draw', {}],
    ])
    await play(mode, agentWith(model, read, draw))
    expect(readResults(model)['a']).toMatch(/^\{"rows":2\}\n\n.*caution/is)
    expect(readResults(model)['b']).not.toMatch(/caution/i)
    const last = new Agent({
      name: 'Last',
      model: scriptedModel([['c', 'read', {}]]),
      tools: [read],
      toolUseBehavior: 'stop_on_first_tool',
    })
    expect((await play(mode, last)).finalOutput).toBe('{"rows":2}')
  })

  it('ends a run that stops on its first tool with the refusal', async () => {
    const stage = createStage({ refund: BLOCK })
    const { refund, ran } = createRefundTool(toolOf(seam, stage.guard))
    const model = scriptedModel([['a', 'refund', { amount: 1 }]])
    const agent = new Agent({ name: 'Shop', model, tools: [refund], toolUseBehavior: 'stop_on_first_tool' })
    expect((await play(mode, agent)).finalOutput).toContain('"refund" was not executed')
    expect(ran).toEqual([])
  })

  it('keeps the output of a tool with a schema; a refusal goes to its error function', async () => {
    for (const answer of ['proceed_with_caution', 'do_not_proceed'] as const) {
      const stage = createStage({ pay: answer })
      const pay = toolOf(
        seam,
        stage.guard,
      )({ ...PAY_WITH_SCHEMA, errorFunction: (_context, error) => ({ paid: 0, why: String(error) }) })
      const model = scriptedModel([['a', 'pay', {}]])
      await play(mode, agentWith(model, pay))
      const { paid, why } = JSON.parse(readResults(model)['a'] ?? '') as { paid: number; why: string }
      expect([paid, why.includes('"pay" was not executed')]).toEqual(
        answer === 'do_not_proceed' ? [0, true] : [5, false],
      )
    }
  })

  it('fails the run when a tool with a schema and no error function is refused', async () => {
    const stage = createStage({ pay: 'do_not_proceed' })
    const pay = toolOf(seam, stage.guard)(PAY_WITH_SCHEMA)
    const run = play(mode, agentWith(scriptedModel([['a', 'pay', {}]]), pay))
    await expect(run).rejects.toThrow('"pay" was not executed')
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED'])
  })

  it('keeps guardrails of its own, and a call that they refuse is reported as not run', async () => {
    const stage = createStage()
    const ran: unknown[] = []
    const pay = toolOf(
      seam,
      stage.guard,
    )({
      name: 'pay',
      description: '',
      parameters: z.object({}),
      inputGuardrails: [
        { name: 'mine', run: async () => ({ behavior: { type: 'rejectContent' as const, message: 'not today' } }) },
      ],
      execute: () => void ran.push(1),
    })
    const model = scriptedModel([['a', 'pay', {}]])
    await play(mode, agentWith(model, pay))
    expect(readResults(model)).toEqual({ a: 'not today' })
    expect(ran).toEqual([])
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED'])
  })

  it('shows a refusal to no output guardrail of its own, and a result as the tool returned it', async () => {
    const seen: unknown[] = []
    const stage = createStage(({ value }) => (value === 1 ? BLOCK : CAUTION))
    const pay = toolOf(
      seam,
      stage.guard,
    )({
      name: 'pay',
      description: '',
      parameters: z.object({ amount: z.number() }),
      outputGuardrails: [
        {
          name: 'mine',
          run: async ({ output }) => {
            seen.push(output)
            return { behavior: { type: 'allow' as const } }
          },
        },
      ],
      execute: ({ amount }) => `paid ${amount}`,
    })
    const model = scriptedModel([
      ['a', 'pay', { amount: 1 }],
      ['b', 'pay', { amount: 2 }],
    ])
    await play(mode, agentWith(model, pay))
    expect(seen).toEqual(['paid 2'])
  })

  it('is guarded in the agent that a run is handed to', async () => {
    const stage = createStage({ refund: BLOCK })
    const { refund, ran } = createRefundTool(toolOf(seam, stage.guard))
    const second = new Agent({
      name: 'Second',
      model: scriptedModel([['b', 'refund', { amount: 1 }]]),
      tools: [refund],
    })
    const first = Agent.create({
      name: 'First',
      model: scriptedModel([['a', 'transfer_to_Second', {}]]),
      handoffs: [handoff(second)],
    })
    const result = await play(mode, first)
    expect(result.finalOutput).toBe('done')
    expect(result.lastAgent?.name).toBe('Second')
    expect(ran).toEqual([])
    expect(stage.evaluator.requests).toHaveLength(1)
  })

  it('is evaluated once when it is wrapped twice', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool(toolOf(seam, stage.guard))
    expect(guardTools(stage.guard)([refund])[0]).toBe(refund)
    await play(mode, agentWith(scriptedModel([['a', 'refund', { amount: 1 }]]), ...guardTools(stage.guard)([refund])))
    expect(stage.evaluator.requests).toHaveLength(1)
    expect(ran).toEqual([1])
  })

  it('is judged by both guards when two guard it', async () => {
    const [inner, outer] = [createStage(), createStage({ refund: BLOCK })]
    const { refund, ran } = createRefundTool(toolOf(seam, inner.guard))
    const model = scriptedModel([['a', 'refund', { amount: 1 }]])
    await play(mode, agentWith(model, ...guardTools(outer.guard)([refund])))
    expect(ran).toEqual([])
    expect((await outer.settled()).outcomes).toEqual(['BLOCKED'])
    expect((await inner.settled()).outcomes).not.toContain('SUCCESS')
  })
})

describe('a guarded tool outside of a run', () => {
  it('is guarded where it is created, but not where only the SDK knows of the guard', async () => {
    const stage = createStage({ refund: BLOCK })
    const created = createRefundTool(guardTool(stage.guard))
    expect(await created.refund.invoke(new RunContext(), '{"amount":5}')).toContain('was not executed')
    expect(created.ran).toEqual([])
    const existing = createRefundTool(toolOf('guardTools', stage.guard))
    expect(await existing.refund.invoke(new RunContext(), '{"amount":5}')).toBe('refunded 5')
  })

  it('takes an id that comes again with other arguments for a new call, and with the same ones for the old call', async () => {
    const stage = createStage(({ value }) => (value === 9000 ? BLOCK : 'proceed'))
    const { refund, ran } = createRefundTool(guardTool(stage.guard))
    const context = new RunContext()
    const call = (args: string) =>
      refund.invoke(context, args, { toolCall: functionCall('refund', args, { callId: 'a' }) })
    expect(await call('{"amount":1}')).toBe('refunded 1')
    expect(await call('{"amount":1}')).toBe('refunded 1')
    expect(await call('{"amount":9000}')).toContain('was not executed')
    expect(ran).toEqual([1])
  })

  it('says what it failed with only to the evaluator', async () => {
    const stage = createStage()
    const fail = guardTool(stage.guard)({
      name: 'fail',
      description: '',
      parameters: z.object({}),
      execute: async () => {
        throw new Error('secret path')
      },
    })
    const model = scriptedModel([['a', 'fail', {}]])
    await play('run', agentWith(model, fail))
    await stage.guard.flush()
    expect(readResults(model)).toEqual({ a: FAILED })
    expect(stage.evaluator.outcomes[0]).toMatchObject({ details: { error: expect.stringContaining('secret path') } })
  })
})
