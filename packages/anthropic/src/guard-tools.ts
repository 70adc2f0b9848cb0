import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError'
import { type Guard, type ToolOptions, type ToolOptionsByName, toolOptionsFor } from '@bighub/core'
import { isGuarded, markGuarded } from './guarded-mark.ts'
import { type ContentBlock, isRunnable, type RunContext, type RunnableTool } from './tool-shape.ts'

/**
 * Guards the tools of `client.beta.messages.toolRunner`. A refused call ends as an error result whose text the model reads; a held
 * one waits in this process for its person.
 *
 * What comes back is a new list of the same type; the tools given stay as they are. A tool that this guard guards already comes
 * back unchanged. So does one without `run` (the provider runs it), which `guard.coverage()` names.
 *
 * @param toolOptions - What the guard should know about tools, by name.
 * @returns a function from a list of tools to the guarded one.
 */
export function guardTools(
  guard: Guard,
  toolOptions: ToolOptionsByName = {},
): <const Tools extends readonly object[]>(tools: readonly [...Tools]) => [...Tools] {
  // Each tool is replaced by a copy of itself at its place, so the list keeps its type.
  return <const Tools extends readonly object[]>(tools: readonly [...Tools]) =>
    tools.map((tool) => guardTool(guard, tool, toolOptions)) as [...Tools]
}

function guardTool(guard: Guard, tool: object, toolOptions: ToolOptionsByName): object {
  if (isGuarded(guard, tool)) return tool
  const { name, type } = tool as { readonly name?: string; readonly type?: string }
  const title = name ?? type ?? 'unnamed'
  if (!isRunnable(tool)) {
    guard.cover(title, 'has no run function: the model provider runs it')
    return tool
  }
  const guarded = { ...tool, run: guardRun(guard, tool, title, toolOptionsFor(toolOptions, title)) }
  markGuarded(guard, guarded)
  guard.cover(title)
  return guarded
}

/** @throws ToolError when the call does not run: the runner's own way to an error result with words of one's own. */
function guardRun(guard: Guard, tool: RunnableTool, name: string, options: ToolOptions): RunnableTool['run'] {
  return async (args, context?: RunContext) => {
    const call = {
      tool: name,
      arguments: args,
      // Before 0.85 there is no context, and an empty id is none.
      callId: (context?.toolUse ?? context?.toolUseBlock)?.id || undefined,
      signal: context?.signal ?? undefined,
      takesEdits: true,
      options,
    }
    const result = await guard.run(call, (edited) => tool.run(edited, context))
    if (result.status === 'refused') throw new ToolError(result.refusal.message)
    return result.note === null ? result.value : withNote(result.value, result.note)
  }
}

function withNote(content: string | readonly ContentBlock[], note: string): string | readonly ContentBlock[] {
  return typeof content === 'string' ? `${content}\n\n${note}` : [...content, { type: 'text', text: note }]
}
