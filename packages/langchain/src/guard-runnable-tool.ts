import { CallRefusedError, type Guard, type ToolOptions } from '@bighub/core'
import type { ToolCall } from '@langchain/core/messages/tool'
import { Runnable, type RunnableConfig, type RunnableToolLike } from '@langchain/core/runnables'
import { appendNote } from './append-note.ts'
import type { GraphToolConfig } from './guard-structured-tool.ts'
import { isJudgedBy } from './guarded-mark.ts'
import { isControlFlow } from './is-control-flow.ts'
import { judgeCall } from './judge-call.ts'
import { readMessages, toGuardedCall } from './to-guarded-call.ts'
import { toRefusalMessage } from './to-tool-message.ts'

/**
 * A copy of a tool made with `runnable.asTool()` whose runnable is guarded. Such a tool has no `_call`; everything it does,
 * also after `withConfig`, goes through the runnable it is bound to.
 */
export function guardRunnableTool(guard: Guard, tool: RunnableToolLike, options: ToolOptions): RunnableToolLike {
  const copy: RunnableToolLike = Object.create(Object.getPrototypeOf(tool), Object.getOwnPropertyDescriptors(tool))
  copy.bound = new GuardedRunnable(guard, tool, options)
  return copy
}

/** Judges what comes in, then hands it to the tool's own runnable. Batches and streams of the base class end in `invoke`. */
class GuardedRunnable extends Runnable {
  override lc_namespace = ['bighub', 'langchain']
  override name: string
  readonly #guard: Guard
  readonly #tool: RunnableToolLike
  readonly #options: ToolOptions

  constructor(guard: Guard, tool: RunnableToolLike, options: ToolOptions) {
    super()
    this.name = tool.name
    this.#guard = guard
    this.#tool = tool
    this.#options = options
  }

  override async invoke(input: unknown, config?: Partial<RunnableConfig>): Promise<unknown> {
    const { bound, name } = this.#tool
    // Read from the graph's config: the type of a runnable's own config knows nothing of graphs.
    const { configurable, signal, state, interrupt } = (config ?? {}) as GraphToolConfig
    const toolCall = isToolCall(input) ? input : undefined
    if (isJudgedBy(this.#guard, name, toolCall)) return bound.invoke(input, config)
    const around = { configurable, signal, messages: readMessages(state) }
    const call = toGuardedCall(
      { id: toolCall?.id, name, args: toolCall ? toolCall.args : input },
      around,
      this.#options,
    )
    const { begun, admission } = await judgeCall(this.#guard, call, interrupt)
    const result = admission.admitted
      ? await begun.run(() => bound.invoke(input, config), isControlFlow)
      : ({ status: 'refused', refusal: admission.refusal } as const)
    if (result.status === 'executed')
      return result.note === null ? result.value : appendNote(result.value, result.note, toolCall?.id)
    if (!toolCall?.id) throw new CallRefusedError(name, result.refusal.message)
    return toRefusalMessage(toolCall, result.refusal)
  }
}

function isToolCall(input: unknown): input is ToolCall {
  return typeof input === 'object' && input !== null && (input as { type?: unknown }).type === 'tool_call'
}
