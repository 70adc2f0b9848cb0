import type { BegunCall, Guard } from '@bighub/core'
import type { RunContext } from '@openai/agents'
import { settleNotRun } from '../call-end.ts'
import { adoptFacts, factsOf, type RunFacts } from '../run-facts.ts'
import { readAnswers } from './sdk-answers.ts'

/** Most paused calls remembered; the oldest goes first. Its refusal, or its return from a store, is not recognised then. */
const CAPACITY = 1000

/** A call that the SDK paused for, as the guard knows it. */
export interface PausedCall {
  readonly guard: Guard
  readonly begun: BegunCall
  readonly toolName: string
  readonly callId: string
}

interface ShownCall extends PausedCall {
  readonly context: RunContext
  readonly facts: RunFacts
}

const shown = new Set<ShownCall>()
const shownOnce = new WeakSet<BegunCall>()

/** Notes that the SDK is about to show a call to a person exactly as it was begun. */
export function markShown(context: RunContext, call: PausedCall): void {
  shownOnce.add(call.begun)
  shown.add({ ...call, context, facts: factsOf(context) })
  const [oldest] = shown
  if (oldest && shown.size > CAPACITY) shown.delete(oldest)
}

/** Whether the SDK paused for this very call, in this process or in the one that held it before. */
export function wasShown(begun: BegunCall): boolean {
  return shownOnce.has(begun) || begun.isResumed
}

/**
 * Recognises a run that comes back under a new context, as it does when its state was stored: the new context holds a decision
 * about a call that was shown. Ids are the provider's; where two runs share one, nothing is recognised.
 */
export function recogniseRun(context: RunContext, call: Omit<PausedCall, 'begun'>): void {
  if (factsOf(context).conversation !== undefined) return
  const answers = readAnswers(context)
  if (answers.isEmpty) return
  const earlier = [...shown].filter((each) => each.guard === call.guard && each.context !== context)
  const runs = new Set(
    earlier.flatMap((each) => (isSameCall(each, call) || answers.name(each.callId) ? [each.facts] : [])),
  )
  const [run] = runs
  if (run && runs.size === 1) adoptFacts(context, run)
}

/**
 * Records the approval of a call that comes back from its pause. Where the SDK approves a call that nobody was shown (an
 * approval for all calls of the tool, a state from elsewhere), the answer does not count and the call stays held.
 */
export async function recordApproval(context: RunContext, call: PausedCall): Promise<void> {
  if (!wasShown(call.begun) || !(await isPending(call.begun)) || readAnswers(context).of(call) !== true) return
  await call.begun.resolveApproval({ resolution: 'approved', resolvedBy: 'user' })
}

/** Records the refusals among the calls that a run paused for. The SDK tells nobody about them. */
export async function recordDenials(context: RunContext): Promise<void> {
  for (const call of findDenied(context)) {
    shown.delete(call)
    const { begun, toolName, callId } = call
    if (await isPending(begun)) {
      const comment = context.getRejectionMessage(toolName, callId)
      await begun.resolveApproval({
        resolution: 'denied',
        resolvedBy: 'user',
        ...(comment === undefined ? {} : { comment }),
      })
      // Nobody will run it, so its decision ends here.
      await begun.admit()
    } else await settleNotRun(begun, 'a person declined')
  }
}

/** Whether a held call still waits for its answer. */
export async function isPending(begun: BegunCall): Promise<boolean> {
  return begun.disposition === 'await_approval' && (await begun.approval()).status === 'pending'
}

/** Refused calls of this context, or of a run that came back under it with nothing but refusals. */
function findDenied(context: RunContext): ShownCall[] {
  const answers = readAnswers(context)
  if (answers.isEmpty) return []
  const isOnly = (call: ShownCall): boolean =>
    ![...shown].some((each) => each.begun !== call.begun && isSameCall(each, call))
  return [...shown].filter(
    (call) => answers.of(call) === false && (call.context === context || (answers.name(call.callId) && isOnly(call))),
  )
}

function isSameCall(a: Omit<PausedCall, 'begun'>, b: Omit<PausedCall, 'begun'>): boolean {
  return a.guard === b.guard && a.callId === b.callId && a.toolName === b.toolName
}
