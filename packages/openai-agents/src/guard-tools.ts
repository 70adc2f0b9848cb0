import { type Guard, type ToolOptions, type ToolOptionsByName, toolOptionsFor } from '@bighub/core'
import type { Tool } from '@openai/agents'
import { guardedOptions, markGuarded } from './guarded-mark.ts'
import type { AnyFunctionTool } from './hooked-tool.ts'
import { endRun, isAgentTool, startRun } from './run-in-sdk.ts'
import { judgeInput, needsApproval, notesFor } from './tool-hooks.ts'

/**
 * Guards tools that exist already: `agent.asTool()`, MCP tools (`getAllMcpTools`), tools of others. For tools of your own,
 * {@link guardTool} knows more about how a call ended.
 *
 * The tools that come back are copies of the same type with the same `invoke`; the originals stay as they are, except a tool from
 * `agent.asTool()`, which is guarded itself: the SDK would not find its agent behind a copy. A tool that this guard guards
 * already comes back unchanged. So does one that is no function tool (hosted by the model provider, or built into the SDK), which
 * `guard.coverage()` names.
 *
 * @param toolOptions - What the guard should know about tools, by name.
 * @returns a function from a list of tools to the list of guarded ones.
 */
export function guardTools(
  guard: Guard,
  toolOptions: ToolOptionsByName = {},
  // Tools of any context go into a list, and come out as they were.
  // oxlint-disable-next-line typescript/no-explicit-any
): <Tools extends readonly Tool<any>[] | []>(tools: Tools) => Tools {
  // Each tool is replaced by a copy of itself, in order, so the list keeps its type.
  // oxlint-disable-next-line typescript/no-explicit-any
  return <Tools extends readonly Tool<any>[] | []>(tools: Tools) =>
    tools.map((tool) => guardOne(guard, tool, toolOptionsFor(toolOptions, tool.name))) as unknown as Tools
}

// oxlint-disable-next-line typescript/no-explicit-any
function guardOne(guard: Guard, tool: Tool<any>, options: ToolOptions): Tool<any> {
  if (guardedOptions(guard, tool)) return tool
  if (tool.type !== 'function') {
    guard.cover(
      tool.name,
      tool.type === 'hosted_tool'
        ? 'runs at the model provider'
        : 'is built into the SDK, which calls no hook of ours before it acts',
    )
    return tool
  }
  const hooked = { guard, name: tool.name, options }
  const hooks = {
    needsApproval: needsApproval(hooked, tool.needsApproval),
    inputGuardrails: [judgeInput(hooked), ...(tool.inputGuardrails ?? []), startRun(hooked, tool)],
    outputGuardrails: [endRun(hooked, tool), ...(tool.outputGuardrails ?? []), ...notesFor(hooked, tool)],
  }
  // The SDK finds the agent behind `asTool()` by the tool object itself when a stored state comes back.
  const guarded: AnyFunctionTool = Object.assign(isAgentTool(tool) ? tool : { ...tool }, hooks)
  markGuarded(guard, guarded, options)
  guard.cover(tool.name)
  return guarded
}
