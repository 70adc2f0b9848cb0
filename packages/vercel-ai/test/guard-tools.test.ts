import { dynamicTool, tool } from 'ai'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { guardTools } from '../src/index.ts'
import { readResults, scriptedModel, toolCall } from './scripted-model.ts'
import { createRefundTool, createStage, MODES, play } from './stage.ts'

const CAUTION = {
  recommendation: 'proceed_with_caution',
  risk_score: 0.4127,
  reason: 'rule "max-refund" is close',
} as const
const BLOCK = { recommendation: 'do_not_proceed', risk_score: 0.873, reason: 'rule "max-refund": 12.5 > 10' } as const

describe.each(MODES)('a guarded tool in %s', (mode) => {
  it('runs when the evaluation lets it, and its success is reported once', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool()
    const model = scriptedModel([toolCall('call_1', 'refund', { amount: 5 })])
    const { text } = await play(mode, { model, tools: guardTools(stage.guard)({ refund }) })
    expect(text).toBe('done')
    expect(ran).toEqual([5])
    expect(readResults(model)).toEqual({ call_1: { type: 'text', text: 'refunded 5' } })
    expect(stage.evaluator.requests).toHaveLength(1)
    expect(stage.evaluator.requests[0]).toMatchObject({ action: 'refund', context: { call: { call_id: 'call_1' } } })
    expect(await stage.settled()).toEqual({ outcomes: ['SUCCESS'], effects: ['succeeded'] })
  })

  it('tells the evaluator what the user said', async () => {
    const stage = createStage()
    const { refund } = createRefundTool()
    const model = scriptedModel([toolCall('call_1', 'refund', { amount: 5 })])
    await play(mode, { model, tools: guardTools(stage.guard)({ refund }) })
    const { context } = stage.evaluator.requests[0] as { context: { run: { user_text: string } } }
    expect(context.run.user_text).toBe('Please pay it back.')
  })

  it('runs with caution and tells the model, while the application gets the result as it is', async () => {
    const stage = createStage({ refund: CAUTION })
    const { refund } = createRefundTool()
    const model = scriptedModel([toolCall('call_1', 'refund', { amount: 5 })])
    const { parts } = await play(mode, { model, tools: guardTools(stage.guard)({ refund }) })
    expect(parts).toContainEqual(expect.objectContaining({ type: 'tool-result', output: 'refunded 5' }))
    const { text } = readResults(model)['call_1'] ?? { text: '' }
    expect(text).toMatch(/^refunded 5\n\n.*caution/is)
    expect(text).not.toMatch(/0\.41|max-refund/)
  })

  it('puts the note behind data, and behind the parts of a tool that words its own output', async () => {
    const stage = createStage({ read: CAUTION, draw: CAUTION })
    const read = tool({ inputSchema: z.object({}), execute: () => ({ rows: 2 }) })
    const draw = tool({
      inputSchema: z.object({}),
      execute: () => 'a picture',
      toModelOutput: () => ({ type: 'content', value: [{ type: 'text', text: 'drawn' }] }),
    })
    const model = scriptedModel([toolCall('a', 'read', {}), toolCall('b', 'draw', {})])
    await play(mode, { model, tools: guardTools(stage.guard)({ read, draw }) })
    const results = readResults(model)
    expect(results['a']).toMatchObject({ type: 'text', text: expect.stringMatching(/^\{"rows":2\}\n\n.*caution/is) })
    expect(JSON.parse(results['b']?.text ?? '')).toEqual([
      { type: 'text', text: 'drawn' },
      { type: 'text', text: expect.stringMatching(/caution/i) },
    ])
  })

  it('does not run when blocked; the model reads why not, but neither score nor rule', async () => {
    const stage = createStage({ refund: BLOCK })
    const { refund, ran } = createRefundTool()
    const model = scriptedModel([toolCall('call_1', 'refund', { amount: 12.5 })])
    const { parts, text } = await play(mode, { model, tools: guardTools(stage.guard)({ refund }) })
    expect(ran).toEqual([])
    expect(text).toBe('done')
    expect(parts.map((part) => part.type)).toContain('tool-error')
    const read = readResults(model)['call_1']
    expect(read).toMatchObject({ type: 'error-text', text: expect.stringContaining('"refund" was not executed') })
    expect(read?.text).not.toMatch(/0\.87|max-refund|12\.5 > 10|\.ts|node_modules/)
    expect(await stage.settled()).toMatchObject({ outcomes: ['BLOCKED'] })
  })

  it('throws what the tool throws, with the same text for the model as without a guard', async () => {
    const thrown: readonly unknown[] = [new TypeError('the shop is closed'), 'just a string', { code: 7 }]
    for (const error of thrown) {
      const stage = createStage()
      const fail = tool({
        inputSchema: z.object({}),
        execute: async (): Promise<string> => {
          throw error
        },
      })
      const turns = [[toolCall('call_1', 'fail', {})]]
      const bare = scriptedModel(...turns)
      const guarded = scriptedModel(...turns)
      await play(mode, { model: bare, tools: { fail } })
      await play(mode, { model: guarded, tools: guardTools(stage.guard)({ fail }) })
      expect(readResults(guarded)).toEqual(readResults(bare))
      expect(await stage.settled()).toEqual({ outcomes: ['FAILURE'], effects: ['failed'] })
    }
  })

  it('never evaluates what the SDK rejects: wrong arguments, unknown tools, broken JSON', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool()
    const turns = [
      [
        toolCall('a', 'refund', { amount: 'much' }),
        toolCall('b', 'no_such_tool', {}),
        toolCall('c', 'refund', '{"amount": '),
      ],
    ]
    const bare = scriptedModel(...turns)
    const guarded = scriptedModel(...turns)
    await play(mode, { model: bare, tools: { refund } })
    await play(mode, { model: guarded, tools: guardTools(stage.guard)({ refund }) })
    expect(stage.evaluator.requests).toEqual([])
    expect(ran).toEqual([])
    expect(Object.keys(readResults(guarded))).toEqual(['a', 'b', 'c'])
    expect(readResults(guarded)).toEqual(readResults(bare))
  })

  it('judges parallel calls each by itself', async () => {
    const stage = createStage(({ value }) => (value === 1 ? 'do_not_proceed' : 'proceed'))
    const { refund, ran } = createRefundTool()
    const model = scriptedModel([toolCall('a', 'refund', { amount: 1 }), toolCall('b', 'refund', { amount: 2 })])
    await play(mode, { model, tools: guardTools(stage.guard)({ refund }) })
    expect(ran).toEqual([2])
    expect(readResults(model)).toMatchObject({ a: { type: 'error-text' }, b: { type: 'text', text: 'refunded 2' } })
  })

  it('is evaluated once when wrapped twice', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool()
    const wrap = guardTools(stage.guard)
    const once = wrap({ refund })
    expect(wrap(once).refund).toBe(once.refund)
    await play(mode, { model: scriptedModel([toolCall('a', 'refund', { amount: 1 })]), tools: wrap(once) })
    expect(stage.evaluator.requests).toHaveLength(1)
    expect(ran).toEqual([1])
  })

  it('does not run without an evaluation unless the guard fails open', async () => {
    for (const failMode of ['closed', 'open'] as const) {
      const down = () => {
        throw new Error('connection refused at 10.0.0.7')
      }
      const stage = createStage(down, { failMode })
      const { refund, ran } = createRefundTool()
      const model = scriptedModel([toolCall('a', 'refund', { amount: 1 })])
      await play(mode, { model, tools: guardTools(stage.guard)({ refund }) })
      expect(ran).toEqual(failMode === 'open' ? [1] : [])
      expect(readResults(model)['a']?.text).not.toContain('10.0.0.7')
    }
  })

  it('works for tools whose type is known at run time only', async () => {
    const stage = createStage({ anything: 'do_not_proceed' })
    const anything = dynamicTool({ inputSchema: z.object({}), execute: async () => 'ran' })
    const model = scriptedModel([toolCall('a', 'anything', {})])
    await play(mode, { model, tools: guardTools(stage.guard)({ anything }) })
    expect(readResults(model)).toMatchObject({ a: { type: 'error-text' } })
  })
})

describe.each(MODES)('a tool that yields, in %s', (mode) => {
  const createCount = (log: unknown[]) =>
    tool({
      inputSchema: z.object({}),
      async *execute() {
        yield 'one'
        log.push('between')
        yield 'one two'
      },
    })

  it('keeps its parts and ends with the last one', async () => {
    const stage = createStage()
    const model = scriptedModel([toolCall('a', 'count', {})])
    await play(mode, { model, tools: guardTools(stage.guard)({ count: createCount([]) }) })
    expect(readResults(model)).toEqual({ a: { type: 'text', text: 'one two' } })
    expect(await stage.settled()).toEqual({ outcomes: ['SUCCESS'], effects: ['succeeded'] })
  })

  it('yields nothing when it is blocked', async () => {
    const stage = createStage({ count: 'do_not_proceed' })
    const log: unknown[] = []
    const model = scriptedModel([toolCall('a', 'count', {})])
    await play(mode, { model, tools: guardTools(stage.guard)({ count: createCount(log) }) })
    expect(log).toEqual([])
    expect(readResults(model)).toMatchObject({ a: { type: 'error-text' } })
  })

  it('hands over its last part when a plain function returns something to iterate', async () => {
    const stage = createStage()
    const log: unknown[] = []
    const inner = createCount(log)
    const count = tool({
      inputSchema: z.object({}),
      execute: (input, options) => inner.execute?.(input, options) as AsyncIterable<string>,
    })
    const model = scriptedModel([toolCall('a', 'count', {})])
    await play(mode, { model, tools: guardTools(stage.guard)({ count }) })
    expect(readResults(model)).toEqual({ a: { type: 'text', text: 'one two' } })
  })

  it('fails when it throws midway', async () => {
    const stage = createStage()
    const count = tool({
      inputSchema: z.object({}),
      async *execute() {
        yield 'one'
        throw new Error('lost count')
      },
    })
    const model = scriptedModel([toolCall('a', 'count', {})])
    await play(mode, { model, tools: guardTools(stage.guard)({ count }) })
    expect(readResults(model)).toMatchObject({ a: { type: 'error-text', text: expect.stringContaining('lost count') } })
    expect(await stage.settled()).toEqual({ outcomes: ['FAILURE'], effects: ['failed'] })
  })
})

describe('parts of a stream', () => {
  it('arrive as preliminary results while the tool runs, and none more than without a guard', async () => {
    const { streamText, isStepCount } = await import('ai')
    const stage = createStage()
    const count = tool({
      inputSchema: z.object({}),
      async *execute() {
        yield 'one'
        yield 'one two'
      },
    })
    const read = async (tools: { count: typeof count }) => {
      const model = scriptedModel([toolCall('a', 'count', {})])
      const { fullStream } = streamText({ model, tools, prompt: 'go', stopWhen: isStepCount(3) })
      const outputs: unknown[] = []
      for await (const part of fullStream)
        if (part.type === 'tool-result') outputs.push([part.output, part.preliminary ?? false])
      return outputs
    }
    const bare = await read({ count })
    expect(await read(guardTools(stage.guard)({ count }))).toEqual(bare)
    expect(bare).toEqual([
      ['one', true],
      ['one two', true],
      ['one two', false],
    ])
  })
})

describe('an abort', () => {
  it.each(MODES)('before and during the evaluation keeps the tool from starting, in %s', async (mode) => {
    for (const moment of ['before', 'during'] as const) {
      const abort = new AbortController()
      const stage = createStage(() => {
        abort.abort(new Error('the user left'))
        return 'proceed'
      })
      const { refund, ran } = createRefundTool()
      if (moment === 'before') abort.abort(new Error('the user left'))
      const model = scriptedModel([toolCall('a', 'refund', { amount: 1 })])
      const tools = guardTools(stage.guard)({ refund })
      await play(mode, { model, tools, abortSignal: abort.signal }).catch(() => undefined)
      expect(ran).toEqual([])
      expect((await stage.settled()).outcomes).not.toContain('SUCCESS')
    }
  })

  it.each(MODES)('during the tool reaches it and leaves the effect unknown, in %s', async (mode) => {
    const abort = new AbortController()
    const stage = createStage()
    let sawAbort = false
    const wait = tool({
      inputSchema: z.object({}),
      execute: async (_input, { abortSignal }): Promise<string> => {
        abort.abort(new Error('the user left'))
        sawAbort = abortSignal?.aborted === true
        throw new Error('interrupted')
      },
    })
    const model = scriptedModel([toolCall('a', 'wait', {})])
    const tools = guardTools(stage.guard)({ wait })
    await play(mode, { model, tools, abortSignal: abort.signal }).catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(sawAbort).toBe(true)
    expect(await stage.settled()).toEqual({ outcomes: [], effects: ['aborted'] })
  })
})

describe('a guarded tool outside the SDK', () => {
  it('is guarded as well, and throws its refusal', async () => {
    const stage = createStage(({ value }) => (value === 1 ? 'do_not_proceed' : 'proceed'))
    const { refund, ran } = createRefundTool()
    const guarded = guardTools(stage.guard)({ refund }).refund
    const around = { toolCallId: '', messages: [], context: {} }
    await expect(Promise.resolve(guarded.execute?.({ amount: 1 }, around))).rejects.toThrow('"refund" was not executed')
    expect(await guarded.execute?.({ amount: 2 }, around)).toBe('refunded 2')
    expect(await guarded.execute?.({ amount: 2 }, around)).toBe('refunded 2')
    expect(ran).toEqual([2, 2])
  })
})

describe('coverage', () => {
  it('names the guarded tools and those that run elsewhere', () => {
    const stage = createStage()
    const { refund } = createRefundTool()
    const pick = tool({ inputSchema: z.object({}) })
    const guarded = guardTools(stage.guard)({ refund, pick })
    expect(guarded.pick).toBe(pick)
    expect(stage.guard.coverage()).toMatchObject({
      guarded: ['refund'],
      unguarded: [{ tool: 'pick', reason: expect.stringContaining('no execute function') }],
    })
  })

  it('leaves the tools that were given as they are, `this` and extra fields included', async () => {
    const stage = createStage()
    const marker = Symbol('kept')
    const own = {
      inputSchema: z.object({}),
      prefix: 'I am ',
      [marker]: 1,
      async execute(this: { prefix: string }) {
        return `${this.prefix}myself`
      },
    }
    const before = own.execute
    const { own: guarded } = guardTools(stage.guard)({ own })
    expect(own.execute).toBe(before)
    expect(guarded[marker]).toBe(1)
    const execute = guarded.execute as (input: unknown, options: unknown) => Promise<string>
    expect(await execute.call(guarded, {}, {})).toBe('I am myself')
  })

  it('takes the claims of MCP tools along', async () => {
    const stage = createStage()
    const wipe = {
      inputSchema: z.object({}),
      metadata: { annotations: { destructiveHint: true, title: 'Wipe', readOnlyHint: 'no' } },
      execute: async () => 'wiped',
    }
    const { wipe: guarded } = guardTools(stage.guard)({ wipe })
    await (guarded.execute as (input: unknown, options: unknown) => Promise<unknown>)({}, {})
    expect(stage.evaluator.requests[0]?.context?.call?.annotations).toEqual({ destructiveHint: true })
  })
})
