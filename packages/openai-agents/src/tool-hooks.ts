import type { BegunCall, Guard } from '@bighub/core'
import { type ToolInputGuardrailDefinition, type ToolOutputGuardrailDefinition } from '@openai/agents'
import { beginAsked, beginWritten, findCall } from './begin-call.ts'
import { onCallEnd, settleNotRun } from './call-end.ts'
import { noteOf, withNote } from './caution-notes.ts'
import { answer } from './guardrail-answer.ts'
import { readAnswers } from './hold/sdk-answers.ts'
import { isPending, markShown, recogniseRun, recordApproval, recordDenials } from './hold/shown-calls.ts'
import type { AnyFunctionTool, HookedTool } from './hooked-tool.ts'
import { readArguments } from './read-arguments.ts'

/** Whether held calls wait in this process, for the guard's own callback, instead of pausing the run. */
export function waitsHere(guard: Guard): boolean {
  return guard.options.approvals.onRequest !== null
}

/**
 * The SDK's approval hook: evaluates a call before the SDK would run it, and says whether the SDK has to pause for a person,
 * because the guard holds the call or else because the tool itself wants it. A blocked call needs nobody.
 *
 * @param ownWish - The tool's own hook.
 */
export function needsApproval(
  hooked: HookedTool,
  ownWish: AnyFunctionTool['needsApproval'],
): AnyFunctionTool['needsApproval'] {
  const { guard, name } = hooked
  // The SDK turns broken JSON into a pause wherever this hook is a function of ours, so it is one only where it has to be.
  if (waitsHere(guard)) return ownWish
  return async (context, input, callId) => {
    // Without an id no answer could name the call: it is judged when it runs.
    if (!callId) return ownWish(context, input, callId)
    const call = { guard, toolName: name, callId }
    recogniseRun(context, call)
    await recordDenials(context)
    const begun = await beginAsked(hooked, { context, callId, arguments: input })
    if (begun.disposition === 'block') return false
    const pauses = (await isPending(begun)) || (await ownWish(context, input, callId))
    // The SDK asks once more about a stored call that comes back with its answer: nobody is shown anything then.
    if (pauses && readAnswers(context).of(call) === undefined) markShown(context, { ...call, begun })
    return pauses
  }
}

/** Stops calls that must not run, after a person was asked and before the tool is touched. The first guardrail of its tool. */
export function judgeInput(hooked: HookedTool): ToolInputGuardrailDefinition {
  return {
    type: 'tool_input',
    name: 'bighub',
    run: async ({ context, agent, toolCall }) => {
      const { callId, arguments: written } = toolCall
      const input = readArguments(written)
      // The SDK has words of its own for arguments that it cannot read or that do not fit.
      if (input === undefined) {
        const begun = findCall(hooked, context, callId, written)
        if (begun) onCallEnd(agent, context, callId, () => settleNotRun(begun, 'the arguments do not fit'))
        return answer.allow()
      }
      // Before 0.19 the SDK does not ask about a stored call that comes back with its answer.
      recogniseRun(context, { guard: hooked.guard, toolName: hooked.name, callId })
      const begun = await beginWritten(hooked, { context, callId, arguments: input }, written)
      await recordApproval(context, { guard: hooked.guard, begun, toolName: hooked.name, callId })
      if (await mustNotRun(begun)) {
        const admission = await begun.admit()
        if (!admission.admitted) return answer.rejectContent(admission.refusal.message)
      }
      onCallEnd(agent, context, callId, () => settleNotRun(begun, 'the SDK ended it before the tool began'))
      return answer.allow()
    },
  }
}

/** Adds the note of a call that ran with caution to what the model reads; none where a schema says what that is. */
export function notesFor(hooked: HookedTool, tool: AnyFunctionTool): readonly ToolOutputGuardrailDefinition[] {
  if (tool.outputSchema) return []
  return [
    {
      type: 'tool_output',
      name: 'bighub_note',
      run: async ({ context, agent, toolCall, output }) => {
        const begun = findCall(hooked, context, toolCall.callId, toolCall.arguments)
        const note = begun && noteOf(begun)
        const text = note === undefined ? undefined : withNote(output, note, { agent, tool: toolCall.name })
        return text === undefined ? answer.allow() : answer.rejectContent(text)
      },
    },
  ]
}

/** Whether a held call has got an answer that forbids it, or the decision itself does. */
async function mustNotRun(begun: BegunCall): Promise<boolean> {
  if (begun.disposition !== 'await_approval') return begun.disposition === 'block'
  const { status } = await begun.approval()
  return status !== 'pending' && status !== 'approved'
}
