import { type Guard, type ToolOptions, type ToolOptionsByName, toolOptionsFor } from '@bighub/core'
import { CautionNotes } from './caution-notes.ts'
import { guardExecute } from './guard-execute.ts'
import { guardedOptions, markGuarded } from './guarded-mark.ts'
import { beginInHook } from './hold/begin-in-hook.ts'
import { toGuardedCall } from './to-guarded-call.ts'
import { type CallOptions, type ExecutableTool, isExecutable, withAnnotations } from './tool-shape.ts'

/**
 * Guards the tools of `generateText`, `streamText` or an agent. A held call pauses in the SDK's own way
 * (`tool-approval-request`); a refused one ends as a tool error whose text the model may read.
 *
 * What comes back is a new set of the same type; the tools given stay as they are. A tool that this guard guards already comes
 * back unchanged. So does one without `execute` (the client or the provider runs it), which `guard.coverage()` names.
 *
 * @param toolOptions - What the guard should know about tools, by name.
 * @returns a function from a tool set to the guarded one.
 */
export function guardTools(
  guard: Guard,
  toolOptions: ToolOptionsByName = {},
): <Tools extends Readonly<Record<string, unknown>>>(tools: Tools) => Tools {
  // Each tool is replaced by a copy of itself under its name, so the set keeps its type.
  return <Tools extends Readonly<Record<string, unknown>>>(tools: Tools) =>
    Object.fromEntries(
      Object.entries(tools).map(([name, tool]) => [
        name,
        guardTool(guard, name, tool, toolOptionsFor(toolOptions, name)),
      ]),
    ) as Tools
}

function guardTool(guard: Guard, name: string, tool: unknown, given: ToolOptions): unknown {
  if (guardedOptions(guard, tool)) return tool
  if (!isExecutable(tool)) {
    guard.cover(name, 'has no execute function: the client or the model provider runs it')
    return tool
  }
  const options = withAnnotations(given, tool)
  const notes = new CautionNotes()
  const guarded: ExecutableTool = {
    ...tool,
    execute: guardExecute(guard, tool, { name, options, notes }),
    needsApproval: (input, around) => needsApproval(guard, tool, { name, input, options }, around),
    toModelOutput: notes.toModelOutputOf(tool),
  }
  markGuarded(guard, guarded, options)
  guard.cover(name)
  return guarded
}

/** Whether a person has to be asked: the guard holds the call, or else the tool wants it. A blocked call needs nobody. */
async function needsApproval(
  guard: Guard,
  tool: ExecutableTool,
  call: { readonly name: string; readonly input: unknown; readonly options: ToolOptions },
  around: CallOptions,
): Promise<boolean> {
  const guarded = toGuardedCall(call, around, call.options)
  const { begun, isHeld } = await beginInHook(guard, guarded, around.messages ?? [])
  if (isHeld) return true
  if (begun.disposition === 'block') return false
  return typeof tool.needsApproval === 'function' ? tool.needsApproval(call.input, around) : tool.needsApproval === true
}
