import type { Guard, ToolOptions, ToolOptionsByName } from '@bighub/core'
import { isRunnableToolLike } from '@langchain/core/tools'
import { guardRunnableTool } from './guard-runnable-tool.ts'
import { guardStructuredTool, isCallable } from './guard-structured-tool.ts'
import { isGuardedBy, markGuarded } from './guarded-mark.ts'
import { type AnyTool, nameOf, optionsOf, rememberOptions, runsHere, withAnnotations } from './tool-facts.ts'

/**
 * Guards tools for everything that calls them directly: `ToolNode`, prebuilt and deep agents, loops of your own. In an agent
 * made with `createAgent`, `guardMiddleware` is the better place; both together judge each call once.
 *
 * The tools that come back are copies of the same type; the originals stay as they are. A tool that this guard guards already
 * comes back unchanged. A tool that cannot be guarded (one that the model provider runs) comes back unchanged as well and is
 * named by `guard.coverage()`.
 *
 * @param toolOptions - What the guard should know about tools, by name.
 * @returns a function from a list of tools to the list of guarded ones.
 */
export function guardTools(
  guard: Guard,
  toolOptions: ToolOptionsByName = {},
): <Tools extends readonly AnyTool[] | []>(tools: Tools) => Tools {
  // Each tool is replaced by a copy of itself, in order, so the list keeps its type.
  return <Tools extends readonly AnyTool[] | []>(tools: Tools) =>
    tools.map((tool) => guardTool(guard, tool, optionsOf(guard, nameOf(tool), toolOptions))) as unknown as Tools
}

function guardTool(guard: Guard, tool: AnyTool, options: ToolOptions): AnyTool {
  if (isGuardedBy(guard, tool)) return tool
  const name = nameOf(tool)
  const complete = withAnnotations(options, tool)
  const guarded = isCallable(tool)
    ? guardStructuredTool(guard, tool, complete)
    : isRunnableToolLike(tool)
      ? guardRunnableTool(guard, tool, complete)
      : undefined
  if (!guarded) {
    guard.cover(
      name,
      runsHere(tool)
        ? 'is no LangChain tool, so its call cannot be intercepted'
        : 'has no implementation in this process',
    )
    return tool
  }
  markGuarded(guard, guarded)
  rememberOptions(guard, name, complete)
  guard.cover(name)
  return guarded
}
