import type { GuardedCall, ToolOptions } from '@bighub/core'
import type { ToolContext } from './tool-shape.ts'

/** A tool call in the guard's terms. The run is the thread; without one, the conversation that the first message began. */
export function toGuardedCall(
  call: { readonly name: string; readonly input: unknown },
  { agent, abortSignal }: ToolContext,
  options: ToolOptions,
): GuardedCall {
  const userText = (agent?.messages ?? []).flatMap(readUserText)
  return {
    tool: call.name,
    arguments: call.input,
    // An empty id is none: it would make all such calls of a run one call.
    callId: agent?.toolCallId || undefined,
    runId: agent?.threadId,
    conversation: userText[0],
    signal: abortSignal,
    takesEdits: true,
    options,
    userText,
  }
}

function readUserText(message: unknown): string[] {
  const { role, content } = (message ?? {}) as { readonly role?: unknown; readonly content?: unknown }
  if (role !== 'user') return []
  if (typeof content === 'string') return [content]
  const parts: unknown = Array.isArray(content) ? content : (content as { parts?: unknown } | undefined)?.parts
  if (!Array.isArray(parts)) return []
  return [
    (parts as readonly { text?: unknown }[]).flatMap(({ text }) => (typeof text === 'string' ? [text] : [])).join('\n'),
  ]
}
