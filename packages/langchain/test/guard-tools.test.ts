import { CallRefusedError } from '@bighub/core'
import { type AIMessage, type BaseMessage, ToolMessage } from '@langchain/core/messages'
import { RunnableLambda } from '@langchain/core/runnables'
import { DynamicTool, StructuredTool, tool } from '@langchain/core/tools'
import { Command, END, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { ToolNode } from '@langchain/langgraph/prebuilt'
import { createAgent } from 'langchain'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type AnyTool, guardMiddleware, guardTools } from '../src/index.ts'
import { callTools, ScriptedModel } from './scripted-model.ts'
import { createRefundTool, createStage, say, toolResults } from './stage.ts'

const call = (id: string, amount: number) => ({ type: 'tool_call', id, name: 'refund', args: { amount } }) as const

/** One tool step of a graph: what LangGraph's own node makes of the calls. */
async function runToolNode(tools: readonly AnyTool[], message: AIMessage): Promise<readonly BaseMessage[]> {
  const node = new ToolNode(tools as ConstructorParameters<typeof ToolNode>[0])
  const { messages } = (await node.invoke({ messages: [...say('go').messages, message] })) as {
    messages: BaseMessage[]
  }
  return messages
}

describe('guardTools', () => {
  it('runs a call in a ToolNode, with the words of the user at hand', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool()
    const messages = await runToolNode(
      guardTools(stage.guard)([refund]),
      callTools(['call_1', 'refund', { amount: 20 }]),
    )
    expect(toolResults(messages)).toEqual([{ id: 'call_1', text: 'refunded 20', status: 'success' }])
    expect(ran).toEqual([20])
    expect(stage.evaluator.requests).toMatchObject([
      { context: { call: { call_id: 'call_1' }, run: { user_text: 'go' } } },
    ])
    expect(await stage.settled()).toEqual({ outcomes: ['SUCCESS'], effects: ['succeeded'] })
  })

  it('blocks one of two parallel calls with a message and runs the other', async () => {
    const stage = createStage((request) =>
      request.value === 99 ? { recommendation: 'do_not_proceed', reason: 'rule r_77', risk_score: 0.937 } : 'proceed',
    )
    const { refund, ran } = createRefundTool()
    const message = callTools(['call_1', 'refund', { amount: 99 }], ['call_2', 'refund', { amount: 5 }])
    const [blocked, free] = toolResults(await runToolNode(guardTools(stage.guard)([refund]), message))
    expect(blocked).toMatchObject({ id: 'call_1', status: 'error' })
    expect(blocked?.text).toContain('was not executed')
    expect(blocked?.text).not.toMatch(/r_77|0\.937/)
    expect(free).toMatchObject({ id: 'call_2', text: 'refunded 5' })
    expect(ran).toEqual([5])
    expect((await stage.settled()).outcomes.toSorted()).toEqual(['BLOCKED', 'SUCCESS'])
  })

  it('answers a blocked call without an id with an exception', async () => {
    const stage = createStage({ refund: 'do_not_proceed' })
    const { refund, ran } = createRefundTool()
    const [guarded] = guardTools(stage.guard)([refund])
    await expect(guarded.invoke({ amount: 20 })).rejects.toThrow(CallRefusedError)
    await expect(guarded.invoke({ amount: 20 })).rejects.toThrow(/^The tool "refund" was not executed/)
    expect(ran).toEqual([])
  })

  it('works outside any framework, for every way to call a tool', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool()
    const [guarded] = guardTools(stage.guard)([refund])
    expect(await guarded.invoke({ amount: 1 })).toBe('refunded 1')
    expect((await guarded.invoke(call('call_2', 2))).text).toBe('refunded 2')
    expect(await guarded.call({ amount: 3 })).toBe('refunded 3')
    expect(await guarded.batch([{ amount: 4 }])).toEqual(['refunded 4'])
    for await (const part of await guarded.stream({ amount: 5 })) expect(part).toBe('refunded 5')
    expect(ran).toEqual([1, 2, 3, 4, 5])
    expect(stage.evaluator.requests).toHaveLength(5)
  })

  it('leaves the original tool as it is', async () => {
    const stage = createStage({ refund: 'do_not_proceed' })
    const { refund } = createRefundTool()
    const [guarded] = guardTools(stage.guard)([refund])
    expect(guarded).not.toBe(refund)
    expect(await refund.invoke({ amount: 20 })).toBe('refunded 20')
    expect(stage.evaluator.requests).toEqual([])
  })

  it('judges what the tool gets: arguments after validation', async () => {
    const stage = createStage()
    const pay = tool(({ amount }) => `paid ${amount}`, {
      name: 'pay',
      schema: z.object({ amount: z.string().transform(Number), note: z.string().default('none') }),
    })
    const [guarded] = guardTools(stage.guard, { pay: { value: (args) => args.amount } })([pay])
    expect(await guarded.invoke({ amount: '12' })).toBe('paid 12')
    expect(stage.evaluator.requests).toMatchObject([
      { value: 12, context: { call: { arguments: { amount: 12, note: 'none' } } } },
    ])
  })

  it('leaves errors and invalid arguments as they are without a guard', async () => {
    const stage = createStage()
    const broken = tool(
      () => {
        throw new TypeError('boom')
      },
      { name: 'broken', schema: z.object({}) },
    )
    const odd = tool(
      () => {
        // oxlint-disable-next-line typescript/only-throw-error -- what tools really throw
        throw { message: 'odd' }
      },
      { name: 'odd', schema: z.object({}) },
    )
    const { refund } = createRefundTool()
    const tools = [broken, odd, refund] as const
    const message = callTools(
      ['call_1', 'broken', {}],
      ['call_2', 'odd', {}],
      ['call_3', 'refund', { amount: 'x' }],
      ['call_4', 'none', {}],
    )
    const guarded = toolResults(await runToolNode(guardTools(stage.guard)(tools), message))
    expect(guarded).toEqual(toolResults(await runToolNode(tools, message)))
    // Validation and look-up come before the tool: nothing was proposed that could run.
    expect(stage.evaluator.requests).toHaveLength(2)
    expect((await stage.settled()).outcomes).toEqual(['FAILURE', 'FAILURE'])
  })

  it('returns what a finished call returned when the same call comes back', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool()
    const [guarded] = guardTools(stage.guard)([refund])
    expect((await guarded.invoke(call('call_1', 20))).text).toBe('refunded 20')
    expect((await guarded.invoke(call('call_1', 20))).text).toBe('refunded 20')
    expect(ran).toEqual([20])
    expect((await stage.settled()).outcomes).toEqual(['SUCCESS'])
  })

  it('says what MCP tools say about themselves', async () => {
    const stage = createStage()
    const read = tool(() => 'text', {
      name: 'read',
      schema: z.object({}),
      metadata: { annotations: { readOnlyHint: true, title: 'x' } },
    })
    const [guarded] = guardTools(stage.guard)([read])
    await guarded.invoke({})
    expect(stage.evaluator.requests[0]?.context?.call).toMatchObject({
      annotations: { readOnlyHint: true },
      mutating: false,
    })
  })

  describe('with caution', () => {
    const caution = () => createStage(() => 'proceed_with_caution')
    const invoke = async (original: StructuredTool) => {
      const [guarded] = guardTools(caution().guard)([original])
      // Every tool answers a tool call with a message.
      return (await guarded.invoke({ type: 'tool_call', id: 'call_1', name: original.name, args: {} })) as ToolMessage
    }
    const NOTE = /Note: this call was allowed with caution/

    it('puts the note behind text', async () => {
      const message = await invoke(tool(() => 'text', { name: 'text', schema: z.object({}) }))
      expect(message.content).toMatch(/^text\n\nNote: /)
      expect(message.status).toBe('success')
    })

    it('puts the note into a content list as a block of its own', async () => {
      const message = await invoke(
        tool(() => [{ type: 'text', text: 'block' }], { name: 'blocks', schema: z.object({}) }),
      )
      expect(message.content).toEqual([
        { type: 'text', text: 'block' },
        { type: 'text', text: expect.stringMatching(NOTE) },
      ])
    })

    it('puts the note behind data, which reach the model as text', async () => {
      const message = await invoke(tool(() => ({ total: 3 }), { name: 'data', schema: z.object({}) }))
      expect(message.content).toMatch(/^\{"total":3\}\n\nNote: /)
    })

    it('keeps the artifact of a tool that has one', async () => {
      const artifact = { rows: [1, 2] }
      const message = await invoke(
        tool(() => ['content', artifact], {
          name: 'rows',
          schema: z.object({}),
          responseFormat: 'content_and_artifact',
        }),
      )
      expect(message.content).toMatch(/^content\n\nNote: /)
      expect(message.artifact).toBe(artifact)
    })

    it('keeps everything else of a message that the tool made itself', async () => {
      const own = new ToolMessage({
        content: 'own',
        tool_call_id: 'call_1',
        status: 'error',
        artifact: 7,
        metadata: { a: 1 },
      })
      const message = await invoke(tool(() => own, { name: 'own', schema: z.object({}) }))
      expect(message).toMatchObject({ status: 'error', artifact: 7, metadata: { a: 1 }, tool_call_id: 'call_1' })
      expect(message.content).toMatch(/^own\n\nNote: /)
      expect(own.content).toBe('own')
    })

    it('leaves data alone that no message carries to a model', async () => {
      const data = { total: 3 }
      const [guarded] = guardTools(caution().guard)([tool(() => data, { name: 'data', schema: z.object({}) })])
      expect(await guarded.invoke({})).toBe(data)
    })
  })

  it('blocks a tool with an artifact in its own form', async () => {
    const stage = createStage({ rows: 'do_not_proceed' })
    const rows = tool(() => ['content', {}], {
      name: 'rows',
      schema: z.object({}),
      responseFormat: 'content_and_artifact',
    })
    const [result] = toolResults(await runToolNode(guardTools(stage.guard)([rows]), callTools(['call_1', 'rows', {}])))
    expect(result).toMatchObject({ status: 'error', text: expect.stringContaining('was not executed') })
  })

  it('passes a pause of the tool itself on and settles nothing', async () => {
    const stage = createStage()
    const pause = Object.assign(new Error('paused'), { is_bubble_up: true })
    let isFirst = true
    const ask = tool(
      () => {
        if (isFirst) {
          isFirst = false
          throw pause
        }
        return 'answered'
      },
      { name: 'ask', schema: z.object({}) },
    )
    const [guarded] = guardTools(stage.guard)([ask])
    const toolCall = { type: 'tool_call', id: 'call_1', name: 'ask', args: {} } as const
    await expect(guarded.invoke(toolCall)).rejects.toBe(pause)
    expect((await stage.settled()).outcomes).toEqual([])
    expect((await guarded.invoke(toolCall)).text).toBe('answered')
    expect((await stage.settled()).outcomes).toEqual(['SUCCESS'])
    expect(stage.evaluator.requests).toHaveLength(1)
  })
})

describe('guardTools with other kinds of tools', () => {
  it('guards string tools', async () => {
    const stage = createStage((request) => (JSON.stringify(request).includes('secret') ? 'do_not_proceed' : 'proceed'))
    const search = new DynamicTool({
      name: 'search',
      description: 'Searches.',
      func: async (input) => `about ${input}`,
    })
    const [guarded] = guardTools(stage.guard)([search])
    expect(await guarded.invoke('cats')).toBe('about cats')
    await expect(guarded.invoke('secret')).rejects.toThrow(CallRefusedError)
    expect(stage.evaluator.requests[0]?.context?.call?.arguments).toEqual({ input: 'cats' })
  })

  it('guards classes with private fields', async () => {
    class Counter extends StructuredTool {
      override name = 'count'
      override description = 'Counts.'
      override schema = z.object({ by: z.number() })
      #total = 10

      override async _call({ by }: { by: number }): Promise<string> {
        this.#total += by
        return String(this.#total)
      }
    }
    const stage = createStage()
    const [guarded] = guardTools(stage.guard)([new Counter()])
    expect(await guarded.invoke({ by: 2 })).toBe('12')
    expect(await guarded.invoke({ by: 3 })).toBe('15')
    expect(guarded).toBeInstanceOf(Counter)
  })

  it('guards runnables that were made tools, however they are called', async () => {
    const stage = createStage((request) =>
      request.context?.call?.arguments?.['amount'] === 99 ? 'do_not_proceed' : 'proceed',
    )
    const ran: number[] = []
    const pay = RunnableLambda.from(({ amount }: { amount: number }) => {
      ran.push(amount)
      return `paid ${amount}`
    }).asTool({ name: 'pay', description: 'Pays.', schema: z.object({ amount: z.number() }) })
    const [guarded] = guardTools(stage.guard)([pay])
    const message = callTools(['call_1', 'pay', { amount: 99 }], ['call_2', 'pay', { amount: 5 }])
    expect(toolResults(await runToolNode([guarded], message))).toMatchObject([
      { id: 'call_1', status: 'error', text: expect.stringContaining('was not executed') },
      { id: 'call_2', text: 'paid 5' },
    ])
    expect(await guarded.batch([{ amount: 6 }])).toEqual(['paid 6'])
    for await (const part of await guarded.stream({ amount: 7 })) expect(part).toBe('paid 7')
    await expect(guarded.withConfig({ tags: ['x'] }).invoke({ amount: 99 })).rejects.toThrow(CallRefusedError)
    expect(ran).toEqual([5, 6, 7])
    expect(await pay.invoke({ amount: 99 })).toBe('paid 99')
  })

  it('puts the caution note behind the output of a runnable', async () => {
    const stage = createStage({ pay: 'proceed_with_caution' })
    const pay = RunnableLambda.from(() => 'paid').asTool({ name: 'pay', schema: z.object({}) })
    const [result] = toolResults(await runToolNode(guardTools(stage.guard)([pay]), callTools(['call_1', 'pay', {}])))
    expect(result?.text).toMatch(/^paid\n\nNote: /)
  })
})

describe('guardTools with a tool that yields', () => {
  const createCounter = (end: 'return' | 'throw' = 'return') =>
    tool(
      async function* () {
        yield 'one'
        yield 'two'
        if (end === 'throw') throw new Error('lost count')
        return 'counted'
      },
      { name: 'count', schema: z.object({}) },
    )

  /** The parts that LangChain reports while the tool runs, and its result. */
  async function watch(counter: AnyTool) {
    const parts: unknown[] = []
    const guarded = counter as ReturnType<typeof createCounter>
    const toolCall = { type: 'tool_call', id: 'call_1', name: 'count', args: {} } as const
    const callbacks = [{ handleToolEvent: (part: unknown) => void parts.push(part) }]
    const result: unknown = await guarded.invoke(toolCall, { callbacks }).catch((error: unknown) => error)
    return { parts, text: ToolMessage.isInstance(result) ? result.text : String(result) }
  }

  it('keeps parts and result', async () => {
    const stage = createStage()
    const [guarded] = guardTools(stage.guard)([createCounter()])
    expect(await watch(guarded)).toEqual({ parts: ['one', 'two'], text: 'counted' })
    expect(await stage.settled()).toEqual({ outcomes: ['SUCCESS'], effects: ['succeeded'] })
  })

  it('puts the caution note behind the result, not into the parts', async () => {
    const stage = createStage({ count: 'proceed_with_caution' })
    const [guarded] = guardTools(stage.guard)([createCounter()])
    const { parts, text } = await watch(guarded)
    expect(parts).toEqual(['one', 'two'])
    expect(text).toMatch(/^counted\n\nNote: /)
  })

  it('emits nothing when the call is blocked', async () => {
    const stage = createStage({ count: 'do_not_proceed' })
    const [guarded] = guardTools(stage.guard)([createCounter()])
    const { parts, text } = await watch(guarded)
    expect(parts).toEqual([])
    expect(text).toContain('was not executed')
  })

  it('reports a failure once when it throws between parts', async () => {
    const stage = createStage()
    const [guarded] = guardTools(stage.guard)([createCounter('throw')])
    expect(await watch(guarded)).toEqual({ parts: ['one', 'two'], text: 'Error: lost count' })
    expect((await stage.settled()).outcomes).toEqual(['FAILURE'])
  })

  it('gives the stored result, without parts, when the same call comes back', async () => {
    const stage = createStage()
    const [guarded] = guardTools(stage.guard)([createCounter()])
    await watch(guarded)
    expect(await watch(guarded)).toEqual({ parts: [], text: 'counted' })
    expect((await stage.settled()).outcomes).toEqual(['SUCCESS'])
  })
})

describe('wrapping twice', () => {
  it('changes nothing with the same guard', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool()
    const once = guardTools(stage.guard)([refund])
    const twice = guardTools(stage.guard)(once)
    expect(twice[0]).toBe(once[0])
    await twice[0].invoke({ amount: 20 })
    expect(stage.evaluator.requests).toHaveLength(1)
    expect(ran).toEqual([20])
  })

  it('lets two guards both have their say', async () => {
    const [lenient, strict] = [createStage(), createStage({ refund: 'do_not_proceed' })]
    const { refund, ran } = createRefundTool()
    const [guarded] = guardTools(strict.guard)(guardTools(lenient.guard)([refund]))
    await expect(guarded.invoke({ amount: 20 })).rejects.toThrow(CallRefusedError)
    expect(ran).toEqual([])
  })

  it('judges once, with the options of the tools, when the middleware of the same guard is there too', async () => {
    const stage = createStage()
    const { refund, ran } = createRefundTool()
    const tools = guardTools(stage.guard, { refund: { value: (args) => args.amount * 100 } })([refund])
    const model = new ScriptedModel(callTools(['call_1', 'refund', { amount: 20 }]))
    const middleware = [guardMiddleware(stage.guard), guardMiddleware(stage.guard, {}, { name: 'Again' })]
    const { messages } = await createAgent({ model, tools, middleware }).invoke(say('refund 20'))
    expect(toolResults(messages)).toEqual([{ id: 'call_1', text: 'refunded 20', status: 'success' }])
    expect(ran).toEqual([20])
    expect(stage.evaluator.requests).toMatchObject([{ value: 2000 }])
    expect((await stage.settled()).outcomes).toEqual(['SUCCESS'])
  })

  it('judges another tool that is called with a judged tool call', async () => {
    const stage = createStage({ refund: 'do_not_proceed' })
    const { refund, ran } = createRefundTool()
    const [inner] = guardTools(stage.guard)([refund])
    const outer = tool(
      async (_, config) => {
        const result = await inner.invoke({
          ...config.toolCall,
          type: 'tool_call',
          name: 'refund',
          args: { amount: 20 },
        })
        return (result as ToolMessage).text
      },
      { name: 'outer', schema: z.object({}) },
    )
    const model = new ScriptedModel(callTools(['call_1', 'outer', {}]))
    const agent = createAgent({ model, tools: [outer], middleware: [guardMiddleware(stage.guard)] })
    const { messages } = await agent.invoke(say('go'))
    expect(toolResults(messages)[0]?.text).toContain('was not executed')
    expect(ran).toEqual([])
  })
})

describe('guardTools in a graph of your own', () => {
  it('keeps commands working', async () => {
    const stage = createStage()
    const finish = tool(
      (_, config) =>
        new Command({
          goto: END,
          update: { messages: [new ToolMessage({ content: 'over', tool_call_id: config.toolCall?.id ?? '' })] },
        }),
      { name: 'finish', schema: z.object({}) },
    )
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('model', () => ({ messages: [callTools(['call_1', 'finish', {}])] }))
      .addNode('tools', new ToolNode(guardTools(stage.guard)([finish])))
      .addEdge(START, 'model')
      .addEdge('model', 'tools')
      .compile()
    const { messages } = await graph.invoke(say('go'))
    expect(messages.at(-1)?.text).toBe('over')
    expect((await stage.settled()).outcomes).toEqual(['SUCCESS'])
  })
})
