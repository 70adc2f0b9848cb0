import type { BegunCall, Guard, GuardedCall } from '@bighub/core'
import type { Message } from '../tool-shape.ts'
import { readAnswers } from './read-answers.ts'
import { isPending, markShown, recordAnswers, wasShown } from './record-answers.ts'

/** A call that the SDK asked about before it would run the tool. */
export interface AskedCall {
  readonly begun: BegunCall
  /** The SDK has to pause for a person, or had to and is back with the answer. */
  readonly isHeld: boolean
}

/**
 * Begins a call in one of the SDK's approval hooks. A held call is shown by the SDK, unless the guard has an approval callback,
 * which is asked when the tool is called.
 *
 * On the way back from a pause the SDK asks again, perhaps in another process. An answer that stands in the history for a call
 * which nobody was shown in this way (its arguments were changed on the way) cannot approve it: the call is denied.
 */
export async function beginInHook(guard: Guard, call: GuardedCall, messages: readonly Message[]): Promise<AskedCall> {
  await recordAnswers(guard, messages)
  const begun = await guard.begin(call)
  // Where another process has shown it, its answer could not be recorded before the call itself came back.
  if (begun.isResumed) await recordAnswers(guard, messages)
  if (begun.disposition !== 'await_approval' || guard.options.approvals.onRequest) return { begun, isHeld: false }
  if (!(await isPending(begun))) return { begun, isHeld: true }
  const isAnswered = readAnswers(messages).some(({ toolCallId }) => toolCallId === call.callId)
  if (!isAnswered) markShown(begun)
  else if (!wasShown(begun))
    await begun.resolveApproval({
      resolution: 'denied',
      comment: 'the answer was given for other arguments than those of this call',
    })
  return { begun, isHeld: true }
}
