import { CallRefusedError, type Guard, type ToolOptionsByName, toolOptionsFor } from '@bighub/core'
import { type RunContext, type ToolInputGuardrailDefinition, tool } from '@openai/agents'
import { beginWritten } from './begin-call.ts'
import { markStarted } from './call-end.ts'
import { keepNote } from './caution-notes.ts'
import { markGuarded } from './guarded-mark.ts'
import type { AnyFunctionTool } from './hooked-tool.ts'
import { judgeInput, needsApproval, notesFor, waitsHere } from './tool-hooks.ts'

/**
 * A drop-in for the SDK's `tool()` whose tools are guarded. A held call pauses in the SDK's own way (an interruption); a refused
 * one ends with a text that the model may read.
 *
 * @param toolOptions - What the guard should know about tools, by name.
 * @returns a function with the types of `tool()`, from the SDK's tool options to the guarded tool.
 */
export function guardTool(guard: Guard, toolOptions: ToolOptionsByName = {}): typeof tool {
  const create = (options: AnyToolOptions): AnyFunctionTool => {
    const made: AnyFunctionTool = tool({ ...options, name: options.name ?? options.execute.name, execute })
    const hooked = { guard, name: made.name, options: toolOptionsFor(toolOptions, made.name) }

    async function execute(input: unknown, context?: RunContext, details?: CallDetails): Promise<unknown> {
      const { callId, arguments: written = '' } = details?.toolCall ?? {}
      const call = { context, callId, arguments: input, signal: details?.signal }
      const begun = await beginWritten(hooked, call, written)
      const result = await begun.run(() => {
        markStarted(begun)
        return options.execute(input, context, details)
      })
      if (result.status === 'executed') {
        keepNote(begun, result.note)
        return result.value
      }
      // Text is no output of a tool with a schema: such a tool has an `errorFunction`, or its run fails.
      if (made.outputSchema) throw new CallRefusedError(made.name, result.refusal.message)
      return result.refusal.message
    }

    // With a callback the guard pauses nothing: all happens in `execute`, which gets the tool's own arguments and the signal.
    const before: readonly ToolInputGuardrailDefinition[] = waitsHere(guard) ? [] : [judgeInput(hooked)]
    const guarded: AnyFunctionTool = {
      ...made,
      needsApproval: needsApproval(hooked, made.needsApproval),
      inputGuardrails: [...before, ...(made.inputGuardrails ?? [])],
      outputGuardrails: [...(made.outputGuardrails ?? []), ...notesFor(hooked, made)],
    }
    markGuarded(guard, guarded, hooked.options)
    guard.cover(made.name)
    return guarded
  }
  // What goes in and out are the SDK's own options and tool, whose types pass through.
  return create as typeof tool
}

/** What the SDK hands to a tool beside its input and context. */
type CallDetails = Parameters<AnyFunctionTool['invoke']>[2]

/** The SDK's tool options, whatever they infer. */
// oxlint-disable-next-line typescript/no-explicit-any
type AnyToolOptions = Parameters<typeof tool<any, any, any, any>>[0]
