import type { Guard } from '@bighub/core'
import type { AdapterRun, AdapterRunOptions, AdapterSubject, ProposedCall } from '@bighub/core/testing'
import { tool } from '@langchain/core/tools'
import { Command, isInterrupted, MemorySaver, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { ToolNode } from '@langchain/langgraph/prebuilt'
import { createAgent } from 'langchain'
import * as z from 'zod'
import { guardMiddleware, guardTools } from '../src/index.ts'
import { callTools, ScriptedModel } from './scripted-model.ts'
import { say, toolResults } from './stage.ts'

const skips = {
  "malformed JSON: the framework's own words, and no storm of evaluations": 'models hand over parsed arguments',
}

/** What the adapter's conformance is checked on. */
export const subjects: readonly AdapterSubject[] = [
  {
    name: '@bighub/langchain: middleware',
    framework: 'langchain',
    modes: ['invoke'],
    holds: 'pause',
    skips,
    run: runAgent,
  },
  {
    name: '@bighub/langchain: tools in a ToolNode',
    framework: '@langchain/langgraph',
    modes: ['invoke'],
    holds: 'pause',
    skips,
    run: runGraph,
  },
]

/** The part of an agent or a graph that is looked at. */
interface Invocable {
  invoke(input: unknown, options: object): Promise<{ readonly messages: Parameters<typeof toolResults>[0] }>
}

function runAgent(options: AdapterRunOptions): Promise<AdapterRun> {
  const checkpointer = new MemorySaver()
  return start(options, (guard) => {
    const refund = toolOf(options)
    // A second wrap is the tool itself: middleware of one name is refused by LangChain.
    const tools = guard && options.wraps > 1 ? guardTools(guard)([refund]) : [refund]
    const middleware = guard ? [guardMiddleware(guard)] : []
    return createAgent({ model: new ScriptedModel(callsOf(options)), tools, middleware, checkpointer })
  })
}

function runGraph(options: AdapterRunOptions): Promise<AdapterRun> {
  const checkpointer = new MemorySaver()
  return start(options, (guard) => {
    let tools = [toolOf(options)]
    if (guard) for (let wrap = 0; wrap < options.wraps; wrap++) tools = guardTools(guard)(tools)
    return new StateGraph(MessagesAnnotation)
      .addNode('model', () => ({ messages: [callsOf(options)] }))
      .addNode('tools', new ToolNode(tools))
      .addEdge(START, 'model')
      .addEdge('model', 'tools')
      .compile({ checkpointer })
  })
}

/** Runs what `create` makes for a guard; what is made for another one goes on from the same checkpoints. */
function start({ guard, signal }: AdapterRunOptions, create: (guard: Guard | null) => Invocable): Promise<AdapterRun> {
  const settings = { configurable: { thread_id: crypto.randomUUID() }, ...(signal ? { signal } : {}) }
  return step(create(guard), say('Please pay it back.'))

  async function step(runnable: Invocable, input: unknown): Promise<AdapterRun> {
    try {
      const result = await runnable.invoke(input, settings)
      const read = Object.fromEntries(toolResults(result.messages).map(({ id, text }) => [id, withoutStack(text)]))
      if (!isInterrupted(result)) return { read }
      return { read, resume: (answers, other) => answerAll(other ? create(other) : runnable, answers) }
    } catch (error) {
      return { read: {}, error }
    }
  }

  /** One node for all calls asks about one at a time. */
  async function answerAll(
    runnable: Invocable,
    answers: Readonly<Record<string, 'approved' | 'denied'>>,
  ): Promise<AdapterRun> {
    const decisions = Object.fromEntries(
      Object.entries(answers).map(([id, answer]) => [id, { type: answer === 'approved' ? 'approve' : 'reject' }]),
    )
    const run = await step(runnable, new Command({ resume: { decisions } }))
    return run.resume ? run.resume(answers) : run
  }
}

function toolOf({ execute }: AdapterRunOptions) {
  const schema = z.object({ amount: z.number() })
  return tool(({ amount }) => execute(amount), { name: 'refund', description: 'Pays money back.', schema })
}

function callsOf({ calls }: AdapterRunOptions) {
  return callTools(...calls.map(toCall))
}

function toCall([id, name, args]: ProposedCall): [id: string, name: string, args: Record<string, unknown>] {
  return [id, name, typeof args === 'string' ? {} : args]
}

/** LangChain shows the model the stack of a misfit, in which every layer has its line. */
function withoutStack(text: string): string {
  return text.replaceAll(/\n {4}at .*/g, '')
}
