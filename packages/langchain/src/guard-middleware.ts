import { ConfigurationError, type Guard, type GuardedCall, type ToolOptionsByName } from '@bighub/core'
import { AIMessage, type BaseMessage, ToolMessage } from '@langchain/core/messages'
import type { ToolCall } from '@langchain/core/messages/tool'
import { type AgentMiddleware, createMiddleware, type Runtime, type WrapToolCallHook } from 'langchain'
import { appendNote } from './append-note.ts'
import { beginCall } from './begin-call.ts'
import { isJudgedBy, markJudged } from './guarded-mark.ts'
import { pauseForAnswers } from './hold/pause-for-answers.ts'
import { isControlFlow } from './is-control-flow.ts'
import { judgeCall } from './judge-call.ts'
import { type CallSurroundings, toGuardedCall } from './to-guarded-call.ts'
import { toRefusalMessage, toThrownMessage } from './to-tool-message.ts'
import { type AnyTool, nameOf, optionsOf, runsHere, withAnnotations } from './tool-facts.ts'

/** How the middleware fits into its agent. What is judged, and how, is the guard's. */
export interface GuardMiddlewareSettings {
  /** LangChain wants the names of an agent's middlewares to differ. @defaultValue 'BighubGuard' */
  readonly name?: string
  /**
   * The agent's tools, for `guard.coverage()` and for what MCP tools say about themselves. Calls are guarded with or without
   * this list. @defaultValue tools are covered when they are first called
   */
  readonly tools?: readonly AnyTool[]
  /**
   * What becomes of an error that a tool throws: a message that the model reads, as in an agent without middleware, or an
   * exception, for agents whose own outer middleware retries or words errors. @defaultValue 'message'
   */
  readonly toolErrors?: 'message' | 'throw'
}

/** The middleware's type: it adds no state, no context and no tools to the agent. */
export type GuardMiddleware = AgentMiddleware<undefined, undefined, unknown, readonly [], readonly []>

/**
 * Guards every tool call of an agent made with `createAgent`. Put it first in the list of middlewares, so that nothing retries
 * or answers around it.
 *
 * A call that must be held pauses the graph: one interrupt for all held calls of a turn, in the shape LangChain's review
 * interfaces render, resumed with an {@link ApprovalResume}. Without a checkpointer, or with `approvals.onRequest`, it waits in
 * this process instead.
 *
 * @param toolOptions - What the guard should know about tools, by name.
 * @throws ConfigurationError if a setting has a value that cannot work.
 */
export function guardMiddleware(
  guard: Guard,
  toolOptions: ToolOptionsByName = {},
  settings: GuardMiddlewareSettings = {},
): GuardMiddleware {
  const { name, tools, toolErrors } = resolveSettings(settings)
  for (const tool of tools) coverTool(guard, tool)

  // By name alone, so that both hooks give the guard the same options and thereby mean the same call.
  const optionsByName = (tool: string) =>
    withAnnotations(
      optionsOf(guard, tool, toolOptions),
      tools.find((each) => nameOf(each) === tool),
    )

  // What a reviewer has changed goes on to the agent's own tool node, which checks it against the tool's schema.
  const toCall = (call: ToolCall, around: CallSurroundings): GuardedCall => ({
    ...toGuardedCall(call, around, optionsByName(call.name)),
    takesEdits: true,
  })

  async function pauseForTurn(messages: readonly BaseMessage[], runtime: Runtime): Promise<void> {
    const around = { configurable: runtime.configurable, signal: runtime.signal, messages }
    const calls = openCalls(messages).map((each) => toCall(each, around))
    const judged = await Promise.all(calls.map(async (call) => ({ call, begun: await beginCall(guard, call) })))
    await pauseForAnswers(judged, { guard, interrupt: runtime.interrupt, isWholeTurn: true })
  }

  const wrapToolCall: WrapToolCallHook = async (request, handler) => {
    const { toolCall, tool, runtime } = request
    if (isJudgedBy(guard, toolCall.name, toolCall)) return handler(request)
    if (tool) guard.cover(toolCall.name)
    const around = { configurable: runtime.configurable, signal: runtime.signal, messages: request.state.messages }
    const call = toCall(toolCall, around)
    const { begun, admission } = await judgeCall(guard, call, runtime.interrupt)
    if (!admission.admitted) return toRefusalMessage(toolCall, admission.refusal)
    try {
      const result = await begun.run(
        (args) => handler({ ...request, toolCall: markJudged(guard, withArguments(toolCall, args)) }),
        isControlFlow,
      )
      if (result.status === 'refused') return toRefusalMessage(toolCall, result.refusal)
      // The output of a `returnDirect` tool is an answer to the user, not to the model.
      if (result.note === null || (tool && 'returnDirect' in tool && tool.returnDirect)) return result.value
      // A message stays a message and a command stays a command.
      return appendNote(result.value, result.note, toolCall.id) as typeof result.value
    } catch (error) {
      // The error of a middleware further in ends the run, with or without a guard.
      const isFatal = isControlFlow(error) || runtime.signal?.aborted === true || isMiddlewareError(error)
      if (isFatal || toolErrors === 'throw') throw error
      return toThrownMessage(toolCall, error)
    }
  }

  return createMiddleware<undefined, undefined, readonly []>({
    name,
    wrapToolCall,
    // Each hook after the model costs the agent a graph step; a callback that answers needs none.
    ...(guard.options.approvals.onRequest
      ? {}
      : { afterModel: (state, runtime) => pauseForTurn(state.messages, runtime) }),
  })
}

function resolveSettings(settings: GuardMiddlewareSettings): Required<GuardMiddlewareSettings> {
  const { name = 'BighubGuard', tools = [], toolErrors = 'message' } = settings
  for (const key of Object.keys(settings))
    if (!SETTINGS.has(key))
      throw new ConfigurationError(key, `is not a setting of guardMiddleware; there are ${[...SETTINGS].join(', ')}`)
  if (toolErrors !== 'message' && toolErrors !== 'throw')
    throw new ConfigurationError('toolErrors', `${JSON.stringify(toolErrors)} is not one of message, throw`)
  return { name, tools, toolErrors }
}

const SETTINGS: ReadonlySet<string> = new Set([
  'name',
  'tools',
  'toolErrors',
] satisfies (keyof GuardMiddlewareSettings)[])

function coverTool(guard: Guard, tool: AnyTool): void {
  // A bare function definition is run by some middleware of the agent, inside this one.
  const isDefinition = (tool as { type?: unknown }).type === 'function'
  if (runsHere(tool) || isDefinition) guard.cover(nameOf(tool))
  else guard.cover(nameOf(tool), 'runs at the model provider, where no hook of this process can stop it')
}

/** By its brand, as LangChain does: the first 1.x releases do not export the class, the next ones brand the class only. */
function isMiddlewareError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const brands = [error, error.constructor].map((each) => (each as { '~brand'?: unknown })['~brand'])
  return brands.includes('MiddlewareError')
}

/** The call as a reviewer has changed it; itself if nobody has. */
function withArguments(call: ToolCall, args: unknown): ToolCall {
  if (args === call.args || typeof args !== 'object' || args === null) return call
  return { ...call, args: { ...args } }
}

/** The calls of the model's last turn that have no result yet. */
function openCalls(messages: readonly BaseMessage[]): readonly ToolCall[] {
  const turn = messages.findLast((message): message is AIMessage => AIMessage.isInstance(message))
  const answered = new Set(messages.flatMap((each) => (ToolMessage.isInstance(each) ? [each.tool_call_id] : [])))
  return turn?.tool_calls?.filter((call) => call.id && !answered.has(call.id)) ?? []
}
