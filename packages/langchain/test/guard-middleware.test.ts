import { AIMessage, HumanMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { Command } from '@langchain/langgraph'
import { createAgent, createMiddleware, ToolMessage } from 'langchain'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { guardMiddleware } from '../src/index.ts'
import { callTools, ScriptedModel } from './scripted-model.ts'
import { createRefundTool, createStage, say, toolResults } from './stage.ts'

const oneCall = (amount = 20) => new ScriptedModel(callTools(['call_1', 'refund', { amount }]))

describe('guardMiddleware', () => {
  it('runs a call that may run and reports its success once', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool()
    const agent = createAgent({ model: oneCall(), tools: [refund], middleware: [guardMiddleware(stage.guard)] })
    const { messages } = await agent.invoke(say('refund 20'))
    expect(toolResults(messages)).toEqual([{ id: 'call_1', text: 'refunded 20', status: 'success' }])
    expect(ran).toEqual([20])
    expect(stage.evaluator.requests).toHaveLength(1)
    expect(await stage.settled()).toEqual({ outcomes: ['SUCCESS'], effects: ['succeeded'] })
  })

  it('tells the evaluator the tool, its arguments, the call and what the user said', async () => {
    const stage = createStage()
    const { refund } = createRefundTool()
    const middleware = [
      guardMiddleware(stage.guard, { refund: { value: (args) => args.amount * 2, domain: 'payments' } }),
    ]
    const agent = createAgent({ model: oneCall(), tools: [refund], middleware })
    await agent.invoke(say('refund 20 please'))
    expect(stage.evaluator.requests[0]).toMatchObject({
      action: 'refund',
      value: 40,
      domain: 'payments',
      context: {
        call: { tool: 'refund', call_id: 'call_1', arguments: { amount: 20 }, provenance: { amount: 'user' } },
        run: { user_text: 'refund 20 please' },
      },
    })
  })

  it('does not take a summary written by a middleware for the words of the user', async () => {
    const stage = createStage()
    const { refund } = createRefundTool()
    const agent = createAgent({ model: oneCall(), tools: [refund], middleware: [guardMiddleware(stage.guard)] })
    const summary = new HumanMessage({ content: 'a refund of 20', additional_kwargs: { lc_source: 'summarization' } })
    await agent.invoke({ messages: [summary, new HumanMessage('go on')] })
    expect(stage.evaluator.requests[0]?.context).toMatchObject({
      call: { provenance: { amount: 'none' } },
      run: { user_text: 'go on' },
    })
  })

  it('lets the model read a note behind the result of a call that ran with caution', async () => {
    const stage = createStage({ refund: 'proceed_with_caution' })
    const { refund, ran } = createRefundTool()
    const model = oneCall()
    const agent = createAgent({ model, tools: [refund], middleware: [guardMiddleware(stage.guard)] })
    await agent.invoke(say('refund 20'))
    expect(model.requests[1]?.at(-1)?.text).toMatch(/^refunded 20\n\nNote: this call was allowed with caution/)
    expect(ran).toEqual([20])
  })

  it('adds no note to the output of a returnDirect tool, since that is the answer to the user', async () => {
    const stage = createStage({ lookup: 'proceed_with_caution' })
    const lookup = tool(() => 'found', { name: 'lookup', schema: z.object({}), returnDirect: true })
    const model = new ScriptedModel(callTools(['call_1', 'lookup', {}]))
    const agent = createAgent({ model, tools: [lookup], middleware: [guardMiddleware(stage.guard)] })
    const { messages } = await agent.invoke(say('look'))
    expect(messages.at(-1)?.text).toBe('found')
    expect(model.requests).toHaveLength(1)
  })

  it('blocks a call with a message that the model reads and that gives nothing away', async () => {
    const stage = createStage({
      refund: {
        recommendation: 'do_not_proceed',
        risk_score: 0.937,
        reason: 'rule r_77 at /etc/policy.json',
        blocked_by: 'max_value',
      },
    })
    const { refund, ran } = createRefundTool()
    const model = oneCall()
    const agent = createAgent({ model, tools: [refund], middleware: [guardMiddleware(stage.guard)] })
    const { messages } = await agent.invoke(say('refund 20'))
    const [result] = toolResults(messages)
    expect(result).toMatchObject({ id: 'call_1', status: 'error' })
    expect(result?.text).toContain('The tool "refund" was not executed.')
    expect(result?.text).not.toMatch(/0\.937|r_77|policy\.json|max_value/)
    expect(model.requests[1]?.at(-1)?.text).toBe(result?.text)
    expect(messages.at(-1)?.text).toBe('done')
    expect(ran).toEqual([])
    expect((await stage.settled()).outcomes).toEqual(['BLOCKED'])
  })

  it('does not end the run when a returnDirect tool is blocked', async () => {
    const stage = createStage({ lookup: 'do_not_proceed' })
    const lookup = tool(() => 'found', { name: 'lookup', schema: z.object({}), returnDirect: true })
    const model = new ScriptedModel(callTools(['call_1', 'lookup', {}]))
    const agent = createAgent({ model, tools: [lookup], middleware: [guardMiddleware(stage.guard)] })
    const { messages } = await agent.invoke(say('look'))
    expect(messages.at(-1)?.text).toBe('done')
  })

  it('blocks one of two parallel calls and runs the other', async () => {
    const stage = createStage((request) => (request.value === 99 ? 'do_not_proceed' : 'proceed'))
    const { refund, ran } = createRefundTool()
    const model = new ScriptedModel(
      callTools(['call_1', 'refund', { amount: 99 }], ['call_2', 'refund', { amount: 5 }]),
    )
    const agent = createAgent({ model, tools: [refund], middleware: [guardMiddleware(stage.guard)] })
    const { messages } = await agent.invoke(say('two refunds'))
    expect(toolResults(messages).map((each) => [each.id, each.status])).toEqual([
      ['call_1', 'error'],
      ['call_2', 'success'],
    ])
    expect(ran).toEqual([5])
    const { outcomes } = await stage.settled()
    expect(outcomes.toSorted()).toEqual(['BLOCKED', 'SUCCESS'])
  })

  it('keeps runs without a thread apart, also when a model numbers its calls anew', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool()
    const middleware = [guardMiddleware(stage.guard)]
    for (const user of ['first', 'second'])
      await createAgent({ model: oneCall(), tools: [refund], middleware }).invoke(say(user))
    expect(ran).toEqual([20, 20])
    expect(stage.evaluator.requests.map((each) => each.context?.run?.user_text)).toEqual(['first', 'second'])
    const [one, two] = stage.evaluator.requests.map((each) => each.context?.trajectory_id)
    expect(one).not.toBe(two)
  })

  it('appends the note to the message that a command writes, and to no other', async () => {
    const stage = createStage({ move: 'proceed_with_caution' })
    const own = new ToolMessage({ content: 'moved', tool_call_id: 'call_1', name: 'move' })
    const move = tool(() => new Command({ update: { messages: [own] } }), { name: 'move', schema: z.object({}) })
    const model = new ScriptedModel(callTools(['call_1', 'move', {}]))
    const agent = createAgent({ model, tools: [move], middleware: [guardMiddleware(stage.guard)] })
    const { messages } = await agent.invoke(say('move'))
    expect(toolResults(messages)[0]?.text).toMatch(/^moved\n\nNote: /)
    expect(own.text).toBe('moved')
  })
})

describe('guardMiddleware with tools that fail', () => {
  const failures: readonly [string, () => unknown][] = [
    ['an Error', () => new TypeError('boom')],
    ['a string', () => 'boom'],
    ['undefined', () => undefined],
    ['an object', () => ({ code: 7 })],
  ]

  it.each(failures)('shows the model the same as without a guard when a tool throws %s', async (_, thrown) => {
    const stage = createStage()
    const broken = tool(
      () => {
        // oxlint-disable-next-line typescript/only-throw-error -- what tools really throw
        throw thrown()
      },
      { name: 'broken', schema: z.object({}) },
    )
    const run = async (...middleware: ReturnType<typeof guardMiddleware>[]) => {
      const model = new ScriptedModel(callTools(['call_1', 'broken', {}]))
      const { messages } = await createAgent({ model, tools: [broken], middleware }).invoke(say('break'))
      return toolResults(messages)
    }
    expect(await run(guardMiddleware(stage.guard))).toEqual(await run())
    expect(await stage.settled()).toEqual({ outcomes: ['FAILURE'], effects: ['failed'] })
  })

  it('throws what the tool threw, if asked to', async () => {
    const stage = createStage()
    const broken = tool(
      () => {
        throw new TypeError('boom')
      },
      { name: 'broken', schema: z.object({}) },
    )
    const model = new ScriptedModel(callTools(['call_1', 'broken', {}]))
    const middleware = [guardMiddleware(stage.guard, {}, { toolErrors: 'throw' })]
    await expect(createAgent({ model, tools: [broken], middleware }).invoke(say('break'))).rejects.toThrow(TypeError)
    expect((await stage.settled()).outcomes).toEqual(['FAILURE'])
  })

  it('lets the error of an inner middleware end the run, as without a guard', async () => {
    const stage = createStage()
    const { refund } = createRefundTool()
    const strict = createMiddleware({
      name: 'Strict',
      wrapToolCall: () => {
        throw new RangeError('not on sundays')
      },
    })
    const agent = createAgent({ model: oneCall(), tools: [refund], middleware: [guardMiddleware(stage.guard), strict] })
    await expect(agent.invoke(say('refund 20'))).rejects.toThrow('not on sundays')
  })

  it('judges a call once when an inner middleware runs it again', async () => {
    const stage = createStage()
    let attempts = 0
    const flaky = tool(
      () => {
        if (++attempts < 3) throw new Error('not yet')
        return 'at last'
      },
      { name: 'flaky', schema: z.object({}) },
    )
    const again = createMiddleware({
      name: 'Again',
      wrapToolCall: async (request, handler) => {
        for (;;)
          try {
            return await handler(request)
          } catch {
            // Until it works.
          }
      },
    })
    const model = new ScriptedModel(callTools(['call_1', 'flaky', {}]))
    const agent = createAgent({ model, tools: [flaky], middleware: [guardMiddleware(stage.guard), again] })
    const { messages } = await agent.invoke(say('try'))
    expect(toolResults(messages)[0]?.text).toBe('at last')
    expect(stage.evaluator.requests).toHaveLength(1)
    expect((await stage.settled()).outcomes).toEqual(['SUCCESS'])
  })

  it('answers invalid arguments and unknown tools as without a guard, with one evaluation each', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool()
    const run = async (...middleware: ReturnType<typeof guardMiddleware>[]) => {
      const model = new ScriptedModel(
        callTools(['call_1', 'refund', { amount: 'much' }], ['call_2', 'nothing_of_the_kind', {}]),
      )
      const { messages } = await createAgent({ model, tools: [refund], middleware }).invoke(say('go'))
      // The validation error quotes its stack, which differs by the frames of the middleware.
      return toolResults(messages).map(({ id, text, status }) => [id, text.replaceAll(/\n\s+at .*/g, ''), status])
    }
    expect(await run(guardMiddleware(stage.guard))).toEqual(await run())
    expect(stage.evaluator.requests).toHaveLength(2)
    expect(ran).toEqual([])
    expect((await stage.settled()).outcomes).toEqual(['FAILURE', 'FAILURE'])
  })

  it('evaluates nothing when the model wrote arguments that are no JSON', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool()
    const broken = new AIMessage({
      content: 'hm',
      invalid_tool_calls: [{ id: 'call_1', name: 'refund', args: '{"amount":', error: 'Malformed args.' }],
    })
    const agent = createAgent({
      model: new ScriptedModel(broken),
      tools: [refund],
      middleware: [guardMiddleware(stage.guard)],
    })
    const { messages } = await agent.invoke(say('refund'))
    expect(messages.at(-1)?.text).toBe('hm')
    expect(stage.evaluator.requests).toEqual([])
    expect(ran).toEqual([])
  })
})

describe('guardMiddleware without an evaluation', () => {
  const down = () => {
    throw new Error('connection refused at /var/run/engine.sock')
  }

  it('runs nothing in fail mode closed and says so without details', async () => {
    const stage = createStage(down)
    const { refund, ran } = createRefundTool()
    const agent = createAgent({ model: oneCall(), tools: [refund], middleware: [guardMiddleware(stage.guard)] })
    const { messages } = await agent.invoke(say('refund 20'))
    expect(toolResults(messages)[0]).toMatchObject({ status: 'error' })
    expect(toolResults(messages)[0]?.text).toContain('could not be checked right now')
    expect(toolResults(messages)[0]?.text).not.toContain('engine.sock')
    expect(ran).toEqual([])
  })

  it('runs the tool once in fail mode open', async () => {
    const stage = createStage(down, { failMode: 'open' })
    const { refund, ran } = createRefundTool()
    const agent = createAgent({ model: oneCall(), tools: [refund], middleware: [guardMiddleware(stage.guard)] })
    const { messages } = await agent.invoke(say('refund 20'))
    expect(toolResults(messages)[0]?.text).toBe('refunded 20')
    expect(ran).toEqual([20])
    expect((await stage.settled()).outcomes).toEqual([])
  })

  it('rejects the run when the guard was closed', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool()
    await stage.guard.close()
    const agent = createAgent({ model: oneCall(), tools: [refund], middleware: [guardMiddleware(stage.guard)] })
    await expect(agent.invoke(say('refund 20'))).rejects.toThrow('the guard is closed')
    expect(ran).toEqual([])
  })
})

describe('guardMiddleware in stream mode', () => {
  it('streams the same chunks as without a guard, plus its own step', async () => {
    const stage = createStage()
    const { refund } = createRefundTool()
    const run = async (...middleware: ReturnType<typeof guardMiddleware>[]) => {
      const agent = createAgent({ model: oneCall(), tools: [refund], middleware })
      const steps: string[] = []
      for await (const chunk of await agent.stream(say('refund 20'), { streamMode: 'updates' }))
        steps.push(...Object.keys(chunk))
      return steps
    }
    const guarded = await run(guardMiddleware(stage.guard))
    expect(guarded.filter((step) => step !== 'BighubGuard.after_model')).toEqual(await run())
  })

  it('passes on what a streaming tool yields, and nothing of a blocked one', async () => {
    const stage = createStage({ forbidden: 'do_not_proceed' })
    const started: string[] = []
    const count = (name: string) =>
      tool(
        async function* () {
          started.push(name)
          yield 1
          yield 2
          return 'counted'
        },
        { name, schema: z.object({}) },
      )
    const model = new ScriptedModel(callTools(['call_1', 'count', {}], ['call_2', 'forbidden', {}]))
    const agent = createAgent({
      model,
      tools: [count('count'), count('forbidden')],
      middleware: [guardMiddleware(stage.guard)],
    })
    const events: unknown[] = []
    // oxlint-disable-next-line typescript/no-explicit-any -- the stream mode exists at runtime only
    for await (const event of await agent.stream(say('count'), { streamMode: 'tools' as any })) events.push(event)
    const text = JSON.stringify(events)
    expect(text.match(/on_tool_event/g)).toHaveLength(2)
    expect(text).not.toContain('call_2')
    expect(started).toEqual(['count'])
    const { outcomes } = await stage.settled()
    expect(outcomes.toSorted()).toEqual(['BLOCKED', 'SUCCESS'])
  })
})

describe('guardMiddleware beside other middlewares', () => {
  it('does not evaluate a call that another middleware answered before it could run', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool()
    const answer = createMiddleware({
      name: 'Answer',
      afterModel: ({ messages }) =>
        messages.at(-1)?.text === ''
          ? { messages: [new ToolMessage({ content: 'over the limit', tool_call_id: 'call_1' })] }
          : undefined,
    })
    const model = new ScriptedModel(callTools(['call_1', 'refund', { amount: 1 }], ['call_2', 'refund', { amount: 2 }]))
    const agent = createAgent({ model, tools: [refund], middleware: [guardMiddleware(stage.guard), answer] })
    const { messages } = await agent.invoke(say('two refunds'))
    expect(toolResults(messages).map((each) => each.text)).toEqual(['over the limit', 'refunded 2'])
    expect(stage.evaluator.requests.map((each) => each.value)).toEqual([2])
    expect(ran).toEqual([2])
  })

  it('does not turn an abort into a message', async () => {
    const stage = createStage()
    const abort = new AbortController()
    const toolCall = { id: 'call_1', name: 'refund', args: {} }
    const request = {
      toolCall,
      tool: undefined,
      state: { messages: [] },
      runtime: { signal: abort.signal, context: undefined },
    }
    const stopped = new Error('stopped')
    const result = guardMiddleware(stage.guard).wrapToolCall?.(request, () => {
      abort.abort(stopped)
      throw stopped
    })
    await expect(result).rejects.toBe(stopped)
    expect(await stage.settled()).toEqual({ outcomes: [], effects: ['aborted'] })
  })
})
