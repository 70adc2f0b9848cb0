import type { Refusal } from '@bighub/core'
import { ToolMessage } from '@langchain/core/messages'
import type { ToolCall } from '@langchain/core/messages/tool'
import { ToolInvocationError } from 'langchain'

type NamedCall = Pick<ToolCall, 'id' | 'name'>

/** A refusal as the model reads it. The status keeps a `returnDirect` tool from ending the run with it. */
export function toRefusalMessage(toolCall: NamedCall, refusal: Refusal): ToolMessage {
  return toErrorMessage(toolCall, refusal.message)
}

/** What `createAgent` shows the model when a tool throws and no middleware is in the way. */
export function toThrownMessage(toolCall: NamedCall, error: unknown): ToolMessage {
  const isInvalidInput = error instanceof ToolInvocationError
  return toErrorMessage(toolCall, isInvalidInput ? error.message : `${String(error)}\n Please fix your mistakes.`)
}

function toErrorMessage(toolCall: NamedCall, content: string): ToolMessage {
  return new ToolMessage({ content, name: toolCall.name, tool_call_id: toolCall.id ?? '', status: 'error' })
}
