import type { BegunCall, Guard, GuardedCall } from '@bighub/core'

/** Calls that replaced another one of the same id and have not been shown to a person since. */
const replacements = new WeakSet<BegunCall>()
/** Calls that have come to the place where the graph pauses. */
const known = new WeakSet<BegunCall>()

/**
 * Begins a call, or finds the one begun in an earlier pass of the graph.
 *
 * A call whose arguments were changed under its id is a new call; what the old one waited for is withdrawn.
 */
export async function beginCall(guard: Guard, call: GuardedCall): Promise<BegunCall> {
  const before = call.callId === undefined ? undefined : await guard.find(call.callId, call.runId)
  const begun = await guard.begin(call)
  if (before && before !== begun && before.digest !== begun.digest) {
    replacements.add(begun)
    if (await isPending(before)) await before.cancel('the call was changed before anybody answered')
  }
  return begun
}

/** Whether an answer for this call must be about an earlier version of it, since nobody was shown this one. */
export function isUnseenReplacement(begun: BegunCall): boolean {
  return replacements.has(begun)
}

/**
 * Notes that a call has come to the place where the graph pauses.
 *
 * @returns whether it is new there, and no earlier process has held it either: an answer that the graph brings along already must be
 * about another call.
 */
export function isFirstSight(begun: BegunCall): boolean {
  const isNew = !known.has(begun) && !begun.isResumed
  known.add(begun)
  return isNew
}

/** Notes that the call is shown to a person as it is now. */
export function markSeen(begun: BegunCall): void {
  replacements.delete(begun)
}

/** Whether a held call still waits for its answer. */
export async function isPending(begun: BegunCall): Promise<boolean> {
  return begun.disposition === 'await_approval' && (await begun.approval()).status === 'pending'
}
