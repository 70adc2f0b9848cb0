import type { Guard } from '@bighub/core'
import { guardedOptions } from './guarded-mark.ts'
import { beginInHook } from './hold/begin-in-hook.ts'
import { toGuardedCall } from './to-guarded-call.ts'
import { type CallOptions, type ExecutableTool, isExecutable, type Message } from './tool-shape.ts'

/** What the SDK's `toolApproval` may answer. */
export type ApprovalStatus =
  | undefined
  | 'not-applicable'
  | 'approved'
  | 'denied'
  | 'user-approval'
  | { readonly type: 'not-applicable'; readonly reason?: never }
  | { readonly type: 'approved' | 'denied' | 'user-approval'; readonly reason?: string }

/** What the SDK's `toolApproval` function is asked about; it hands over more, which goes on to your own function. */
export interface ProposedCall {
  readonly toolCall: { readonly toolCallId: string; readonly toolName: string; readonly input: unknown }
  readonly tools: Readonly<Record<string, unknown>> | undefined
  readonly messages: readonly Message[]
  readonly toolsContext?: unknown
}

export interface GuardApprovalSettings {
  /** Your own rule. It is asked about calls that the guard lets run, so the stricter answer wins. */
  readonly ownRule?: (call: ProposedCall) => ApprovalStatus | PromiseLike<ApprovalStatus>
}

/**
 * The `toolApproval` function of `generateText`, `streamText` or an agent, to be used beside {@link guardTools}: a blocked call
 * ends as `denied` before the tool is touched, a held one asks the user with a sentence why. The SDK asks this function instead
 * of the tools' own `needsApproval`, which is therefore asked from here.
 *
 * Tools that are not guarded are left to your own function.
 */
export function guardApproval(
  guard: Guard,
  settings: GuardApprovalSettings = {},
): (call: ProposedCall) => Promise<ApprovalStatus> {
  return async (call) => {
    const { toolCall, tools, messages } = call
    const tool = tools && Object.hasOwn(tools, toolCall.toolName) ? tools[toolCall.toolName] : undefined
    const options = guardedOptions(guard, tool)
    if (options) {
      const around = { toolCallId: toolCall.toolCallId, messages }
      const guarded = toGuardedCall({ name: toolCall.toolName, input: toolCall.input }, around, options)
      const { begun, isHeld } = await beginInHook(guard, guarded, messages)
      const isDenied = isHeld && (await begun.approval()).status === 'denied'
      if (begun.disposition === 'block' || isDenied) {
        const admission = await begun.admit()
        if (!admission.admitted) return { type: 'denied', reason: admission.refusal.message }
      }
      if (isHeld) return { type: 'user-approval', reason: 'A person has to approve this call before it runs.' }
    }
    const own = await settings.ownRule?.(call)
    if (own !== undefined && own !== 'not-applicable') return own
    // The tool's own wish; where the tool is guarded, its call is judged already and this asks nobody twice.
    return isExecutable(tool) && (await wantsApproval(tool, call)) ? 'user-approval' : own
  }
}

async function wantsApproval({ needsApproval }: ExecutableTool, call: ProposedCall): Promise<boolean> {
  if (typeof needsApproval !== 'function') return needsApproval === true
  const { toolCall, messages, toolsContext } = call
  const contexts = (toolsContext ?? {}) as Readonly<Record<string, unknown>>
  const context = Object.hasOwn(contexts, toolCall.toolName) ? contexts[toolCall.toolName] : undefined
  const around: CallOptions & { context: unknown } = { toolCallId: toolCall.toolCallId, messages, context }
  return needsApproval(toolCall.input, around)
}
