import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, type BaseMessage } from '@langchain/core/messages'
import type { ToolCall } from '@langchain/core/messages/tool'
import type { ChatResult } from '@langchain/core/outputs'

/** A chat model that answers from a script, then with `done`; it remembers what it read. */
export class ScriptedModel extends BaseChatModel {
  readonly script: readonly AIMessage[]
  /** The messages of each request, in order. */
  readonly requests: BaseMessage[][] = []

  constructor(...script: readonly AIMessage[]) {
    super({})
    this.script = script
  }

  override _llmType(): string {
    return 'scripted'
  }

  override bindTools(): this {
    return this
  }

  override async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    const message = this.script[this.requests.length] ?? new AIMessage('done')
    this.requests.push(messages)
    return { generations: [{ text: message.text, message }] }
  }
}

/** An answer that calls tools: one entry a call, as `[id, tool, arguments]`. */
export function callTools(
  ...calls: readonly [id: string | undefined, name: string, args: ToolCall['args']][]
): AIMessage {
  return new AIMessage({ content: '', tool_calls: calls.map((call) => toCall(...call)) })
}

function toCall(id: string | undefined, name: string, args: ToolCall['args']): ToolCall {
  return id === undefined ? { name, args, type: 'tool_call' } : { id, name, args, type: 'tool_call' }
}
