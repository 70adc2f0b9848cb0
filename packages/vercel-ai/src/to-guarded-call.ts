import type { GuardedCall, ToolOptions } from '@bighub/core'
import type { CallOptions, Message } from './tool-shape.ts'

/**
 * A tool call in the guard's terms. The SDK knows no thread: unless a run is around (`guard.withRun`), the conversation is
 * known by the first thing the user said.
 */
export function toGuardedCall(
  call: { readonly name: string; readonly input: unknown },
  { toolCallId, messages, abortSignal }: CallOptions,
  options: ToolOptions,
): GuardedCall {
  const userText = readUserText(messages ?? [])
  return {
    tool: call.name,
    arguments: call.input,
    // An empty id is none: it would make all such calls of a run one call.
    callId: toolCallId || undefined,
    conversation: userText[0],
    signal: abortSignal,
    options,
    userText,
  }
}

/** The text of each message by the user, in order. */
export function readUserText(messages: readonly Message[]): string[] {
  return messages.flatMap(({ role, content }) => {
    if (role !== 'user') return []
    if (typeof content === 'string') return [content]
    const parts: readonly { readonly text?: unknown }[] = Array.isArray(content) ? content : []
    return [parts.flatMap(({ text }) => (typeof text === 'string' ? [text] : [])).join('\n')]
  })
}
