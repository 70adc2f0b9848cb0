import { deserialize, serialize } from 'node:v8'
import { type ApprovalInterrupt, guardMiddleware } from '@bighub/langchain'
import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import type { ChatResult } from '@langchain/core/outputs'
import { tool } from '@langchain/core/tools'
import { Command, INTERRUPT, isInterrupted, MemorySaver } from '@langchain/langgraph'
import { createAgent } from 'langchain'
import * as z from 'zod'
import { argumentsOf, callIdOf, runIdOf, TOOL } from '../tortured-call.ts'
import type { Agent, Stage } from './stage.ts'

/** An agent of `createAgent` with the middleware, a thread a call, its checkpoints in a file. */
export function createLangchainAgent(stage: Stage): Agent {
  const refund = tool((args) => stage.refund(args), {
    name: TOOL,
    description: 'Pays money back.',
    schema: z.object({ n: z.number(), amount: z.number() }),
  })
  return async (n) => {
    const checkpointer = new StoredSaver(stage, n)
    const agent = createAgent({
      model: new OneCallModel(n),
      tools: [refund],
      middleware: [guardMiddleware(stage.guard)],
      checkpointer,
    })
    const thread = { configurable: { thread_id: runIdOf(n) } }
    // Null goes on where the thread stands; its type knows only what an agent begins with.
    const input = checkpointer.isEmpty ? { messages: [new HumanMessage(`call ${n}`)] } : (null as never)
    let result: unknown = await agent.invoke(input, thread)
    while (isInterrupted<ApprovalInterrupt>(result)) {
      const shown = result[INTERRUPT][0]?.value?.bighub.calls[0]
      if (!shown) throw new Error(`call ${n} waits for nothing that is shown`)
      const { status } = await stage.answerTo(n, shown.approval.request_id)
      // An answer that is on record already is not changed by this one.
      const decision = { type: status === 'denied' ? 'reject' : 'approve' } as const
      result = await agent.invoke(new Command({ resume: { [shown.toolCallId]: decision } }), thread)
    }
  }
}

/** A thread's checkpoints, kept between processes. */
class StoredSaver extends MemorySaver {
  readonly isEmpty: boolean
  readonly #stage: Stage
  readonly #n: number

  constructor(stage: Stage, n: number) {
    super()
    this.#stage = stage
    this.#n = n
    const stored = stage.load(n)
    this.isEmpty = stored === null
    // Written by `#save`.
    if (stored !== null) Object.assign(this, deserialize(Buffer.from(stored, 'base64')) as object)
  }

  override async put(...args: Parameters<MemorySaver['put']>): ReturnType<MemorySaver['put']> {
    const config = await super.put(...args)
    this.#save()
    return config
  }

  override async putWrites(...args: Parameters<MemorySaver['putWrites']>): Promise<void> {
    await super.putWrites(...args)
    this.#save()
  }

  #save(): void {
    this.#stage.save(this.#n, serialize({ storage: this.storage, writes: this.writes }).toString('base64'))
  }
}

/** A model that makes one call and is done when it has an answer. */
class OneCallModel extends BaseChatModel {
  readonly #n: number

  constructor(n: number) {
    super({})
    this.#n = n
  }

  override _llmType(): string {
    return 'scripted'
  }

  override bindTools(): this {
    return this
  }

  override async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    const call = { id: callIdOf(this.#n), name: TOOL, args: { ...argumentsOf(this.#n) }, type: 'tool_call' as const }
    const isAnswered = messages.some((message) => ToolMessage.isInstance(message))
    const message = isAnswered ? new AIMessage('done') : new AIMessage({ content: '', tool_calls: [call] })
    return { generations: [{ text: message.text, message }] }
  }
}
