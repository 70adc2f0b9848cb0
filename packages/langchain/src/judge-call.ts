import type { Admission, BegunCall, Guard, GuardedCall } from '@bighub/core'
import { beginCall } from './begin-call.ts'
import { type Interrupt, pauseForAnswers } from './hold/pause-for-answers.ts'

/**
 * Evaluates a call, pauses the graph if a person has to answer, and says whether the tool may run now.
 *
 * @throws LangGraph's control flow when the graph pauses; the signal's reason if the run was aborted.
 */
export async function judgeCall(
  guard: Guard,
  call: GuardedCall,
  interrupt: Interrupt,
): Promise<{ readonly begun: BegunCall; readonly admission: Admission }> {
  const begun = await beginCall(guard, call)
  await pauseForAnswers([{ call, begun }], { guard, interrupt, isWholeTurn: false })
  return { begun, admission: await begun.admit() }
}
