import type { GuardedCall, ToolOptions } from '@bighub/core'
import { type BaseMessage, HumanMessage, isBaseMessage } from '@langchain/core/messages'

/** What surrounds a tool call, wherever LangChain hands it over: a middleware's runtime and state, or a tool's config. */
export interface CallSurroundings {
  readonly configurable?: Readonly<Record<string, unknown>> | undefined
  readonly signal?: AbortSignal | undefined
  readonly messages: readonly BaseMessage[]
}

/** A tool call in the guard's terms. The run is the thread; without one, the conversation that the first message began. */
export function toGuardedCall(
  call: { readonly id?: string | undefined; readonly name: string; readonly args: unknown },
  around: CallSurroundings,
  options: ToolOptions,
): GuardedCall {
  return {
    tool: call.name,
    arguments: call.args,
    // An empty id is none: it would make all such calls of a run one call.
    callId: call.id || undefined,
    runId: readThreadId(around.configurable) ?? around.messages[0]?.id,
    signal: around.signal,
    options,
    userText: around.messages.filter(isFromUser).map((message) => message.text),
  }
}

/** The messages in a graph's state, which may be the list itself. */
export function readMessages(state: unknown): readonly BaseMessage[] {
  const messages = Array.isArray(state) ? state : (state as { messages?: unknown } | null | undefined)?.messages
  return Array.isArray(messages) ? messages.filter((each) => isBaseMessage(each)) : []
}

function readThreadId(configurable: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const id = configurable?.['thread_id']
  return typeof id === 'string' || typeof id === 'number' ? String(id) : undefined
}

/** A summary written by a middleware stands in the history as a human message, but nobody said it. */
function isFromUser(message: BaseMessage): boolean {
  return HumanMessage.isInstance(message) && message.additional_kwargs['lc_source'] === undefined
}
