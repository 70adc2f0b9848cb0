// oxlint-disable no-underscore-dangle -- `_call` is LangChain's name for the method that every tool class has.
import { CallRefusedError, type Guard, type Refusal, type RunResult, type ToolOptions } from '@bighub/core'
import { isDirectToolOutput, type ToolCall } from '@langchain/core/messages/tool'
import type { ClientTool, ToolRunnableConfig } from '@langchain/core/tools'
import { appendNote } from './append-note.ts'
import { isJudgedBy } from './guarded-mark.ts'
import type { Interrupt } from './hold/pause-for-answers.ts'
import { isControlFlow } from './is-control-flow.ts'
import { judgeCall } from './judge-call.ts'
import { createPartRelay, isGenerator } from './part-relay.ts'
import { readMessages, toGuardedCall } from './to-guarded-call.ts'
import { toRefusalMessage } from './to-tool-message.ts'
import type { AnyTool } from './tool-facts.ts'

/** A tool's config as graphs hand it over: LangGraph adds what its own tools read. */
export type GraphToolConfig = ToolRunnableConfig & { readonly interrupt?: Interrupt; readonly state?: unknown }

/** What all of LangChain's tool classes have: the method that runs once the arguments were validated. */
interface CallableTool {
  readonly name: string
  readonly returnDirect?: boolean
  readonly responseFormat?: string
  _call(input: unknown, runManager?: unknown, config?: GraphToolConfig): unknown
}

/** Whether a tool has the method that {@link guardStructuredTool} replaces. */
export function isCallable(tool: AnyTool): tool is AnyTool & CallableTool {
  return typeof (tool as Partial<CallableTool>)._call === 'function'
}

/**
 * A copy of a tool whose `_call` is guarded; `invoke`, `call`, `batch` and `stream` all end there. The original runs the tool,
 * so that its private fields resolve.
 */
export function guardStructuredTool<Tool extends ClientTool | AnyTool>(
  guard: Guard,
  tool: Tool & CallableTool,
  options: ToolOptions,
): Tool {
  const copy: Tool = Object.create(Object.getPrototypeOf(tool), Object.getOwnPropertyDescriptors(tool))
  Object.defineProperty(copy, '_call', { value: call, configurable: true, writable: true })
  return copy

  async function call(input: unknown, runManager?: unknown, config?: GraphToolConfig): Promise<unknown> {
    const toolCall = config?.toolCall
    if (isJudgedBy(guard, tool.name, toolCall)) return tool._call(input, runManager, config)
    const around = { configurable: config?.configurable, signal: config?.signal, messages: readMessages(config?.state) }
    const guarded = toGuardedCall({ id: toolCall?.id, name: tool.name, args: input }, around, options)
    const { begun, admission } = await judgeCall(guard, guarded, config?.interrupt)
    if (!admission.admitted) return toRefusalOutput(tool, toolCall, admission.refusal)
    const relay = createPartRelay()
    const running = begun
      .run(async () => {
        const output = await tool._call(input, runManager, config)
        return isGenerator(output) ? relay.pump(output) : output
      }, isControlFlow)
      .then((result) => toOutput(tool, toolCall, result))
    const isStreaming = await Promise.race([relay.opened.then(() => true), running.then(() => false)])
    return isStreaming ? relay.read(running) : running
  }
}

function toOutput(tool: CallableTool, toolCall: ToolCall | undefined, result: RunResult<unknown>): unknown {
  if (result.status === 'refused') return toRefusalOutput(tool, toolCall, result.refusal)
  const { value, note } = result
  // The output of a `returnDirect` tool is an answer to the user, not to the model.
  if (note === null || tool.returnDirect) return value
  const hasArtifact = tool.responseFormat === 'content_and_artifact' && Array.isArray(value) && value.length === 2
  return hasArtifact ? [withNote(value[0], note, toolCall), value[1]] : withNote(value, note, toolCall)
}

/** Data become a message's text as soon as there is a call to answer, so the note can stand behind that text. */
function withNote(content: unknown, note: string, toolCall: ToolCall | undefined): unknown {
  const noted = appendNote(content, note, toolCall?.id)
  if (noted !== content || !toolCall?.id || isDirectToolOutput(content)) return noted
  try {
    return appendNote(JSON.stringify(content) ?? '', note, toolCall.id)
  } catch {
    return content
  }
}

/** Without a call id there is no message to answer with: whoever called the tool directly gets an exception. */
function toRefusalOutput(tool: CallableTool, toolCall: ToolCall | undefined, refusal: Refusal): unknown {
  if (!toolCall?.id) throw new CallRefusedError(tool.name, refusal.message)
  const message = toRefusalMessage(toolCall, refusal)
  return tool.responseFormat === 'content_and_artifact' ? [message, undefined] : message
}
