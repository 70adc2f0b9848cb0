import type { ApprovalItem, BegunCall, Guard, GuardedCall } from '@bighub/core'

/** The guard's view of a call's surroundings, which change when LangGraph comes back to the call in a later invocation. */
interface OwnCall extends GuardedCall {
  signal: AbortSignal | undefined
}

const ownCalls = new WeakMap<BegunCall, OwnCall>()
/** Calls that replaced another one of the same id and have not been shown to a person since. */
const replacements = new WeakSet<BegunCall>()

/**
 * Begins a call, or finds the one begun in an earlier pass of the graph. That one follows the new pass's abort signal: the
 * signal of a request that ended with an interrupt must not stop the request that resumes it.
 *
 * A call whose arguments were changed under its id is a new call; what the old one waited for is withdrawn.
 */
export async function beginCall(guard: Guard, call: GuardedCall): Promise<BegunCall> {
  const before = call.callId === undefined ? undefined : await guard.find(call.callId, call.runId)
  const own: OwnCall = { ...call, signal: call.signal }
  const begun = await guard.begin(own)
  const known = ownCalls.get(begun)
  if (known) known.signal = call.signal
  else ownCalls.set(begun, own)
  if (before && before !== begun && before.digest !== begun.digest) {
    replacements.add(begun)
    if (await isPending(guard, before)) await before.cancel('the call was changed before anybody answered')
  }
  return begun
}

/** Whether an answer for this call must be about an earlier version of it, since nobody was shown this one. */
export function isUnseenReplacement(begun: BegunCall): boolean {
  return replacements.has(begun)
}

/** Notes that the call is shown to a person as it is now. */
export function markSeen(begun: BegunCall): void {
  replacements.delete(begun)
}

/** Whether a held call still waits for its answer. */
export async function isPending(guard: Guard, begun: BegunCall): Promise<boolean> {
  return begun.disposition === 'await_approval' && (await currentApproval(guard, begun)).status === 'pending'
}

/** The approval as it is now: it may have been answered elsewhere, such as in a dashboard, since the call was begun. */
async function currentApproval(guard: Guard, begun: BegunCall): Promise<ApprovalItem> {
  const opened = await begun.approval()
  if (opened.status !== 'pending') return opened
  // Holds of the guard's own are not in the evaluator's ledger; a look that fails changes nothing.
  return guard.options.ledger.getApproval(opened.request_id).catch(() => opened)
}
