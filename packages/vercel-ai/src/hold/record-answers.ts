import type { BegunCall, Guard } from '@bighub/core'
import { readUserText } from '../to-guarded-call.ts'
import type { Message } from '../tool-shape.ts'
import { type Answer, readAnswers } from './read-answers.ts'

/** Calls that the SDK showed to a person exactly as they were begun. */
const shown = new WeakSet<BegunCall>()

/** Notes that the SDK is about to show a held call to a person. */
export function markShown(begun: BegunCall): void {
  shown.add(begun)
}

/** Whether a person was shown this call with these arguments, by this process or by the one that held it before. */
export function wasShown(begun: BegunCall): boolean {
  return shown.has(begun) || begun.isResumed
}

/** Whether a held call still waits for its answer. */
export async function isPending(begun: BegunCall): Promise<boolean> {
  return begun.disposition === 'await_approval' && (await begun.approval()).status === 'pending'
}

/**
 * Writes down what people answered to held calls, from a history that came back from the client. Guarded tools do so by
 * themselves when they are called; call it before `generateText` or `streamText` to have refusals on record at once, since the
 * SDK calls no tool after a refusal.
 *
 * An answer counts for the call as it was shown: one for other arguments, or one already answered elsewhere, changes nothing. An
 * answer to a call that another process has shown is recorded when the call itself comes back.
 */
export async function recordAnswers(guard: Guard, messages: readonly Message[]): Promise<void> {
  const answers = readAnswers(messages)
  if (answers.length === 0) return
  const conversation = readUserText(messages)[0]
  for (const answer of answers) {
    const begun = await guard.find(answer.toolCallId, undefined, conversation)
    if (begun && wasShown(begun) && (await isPending(begun))) await record(begun, answer)
  }
}

async function record(begun: BegunCall, { approved, reason }: Answer): Promise<void> {
  await begun.resolveApproval({
    resolution: approved ? 'approved' : 'denied',
    resolvedBy: 'user',
    ...(reason === undefined ? {} : { comment: reason }),
  })
  // Nobody will run it, so its decision ends here.
  if (!approved) await begun.admit()
}
