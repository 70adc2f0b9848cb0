import type { BegunCall, Guard, GuardedCall } from '@bighub/core'
import { isFirstSight, isPending, isUnseenReplacement, markSeen } from '../begin-call.ts'
import { isControlFlow } from '../is-control-flow.ts'
import { type ApprovalInterrupt, type HeldCall, toApprovalInterrupt } from './approval-interrupt.ts'
import { readDecisions } from './read-decisions.ts'

/** LangGraph's `interrupt`, as a middleware's runtime and a tool's config carry it. */
export type Interrupt = ((value: unknown) => unknown) | undefined

export interface PauseSettings {
  readonly guard: Guard
  readonly interrupt: Interrupt
  /** The calls are all calls of the model's turn, in its order, and nothing else pauses in the same place of the graph. */
  readonly isWholeTurn: boolean
}

/**
 * Pauses the graph until a person has answered every held call among these: once for the whole batch, again for what an answer
 * left open. Afterwards no call of the batch is pending.
 *
 * Does nothing where the graph cannot pause: no interrupt, no checkpointer, a call without an id, or an approval callback that
 * answers instead. Those calls wait in this process.
 */
export async function pauseForAnswers(
  calls: readonly { readonly call: GuardedCall; readonly begun: BegunCall }[],
  settings: PauseSettings,
): Promise<void> {
  const { guard, interrupt } = settings
  if (!interrupt || guard.options.approvals.onRequest) return
  // Calls that were answered meanwhile stay in the batch, so that a replayed list means the same calls on every pass.
  const batch = calls.flatMap(({ call, begun }) =>
    begun.disposition === 'await_approval' && call.callId !== undefined ? [{ callId: call.callId, call, begun }] : [],
  )
  const unseen = new Set(batch.filter((held) => isFirstSight(held.begun)).map((held) => held.begun))
  while (await somePending(batch)) {
    const request = await toApprovalInterrupt(batch)
    const sibling = recordings.get(guard)
    if (sibling) {
      await sibling.catch(() => undefined)
      continue
    }
    const resumed = raise(request, batch, interrupt)
    if (!resumed) return withdrawAborted(batch)
    await recordAlone(guard, recordDecisions(resumed.value, batch, { ...settings, unseen }))
  }
}

/**
 * Answers being written down. Calls that share a node wait for it before they pause, since the value that one of them was
 * resumed with may hold the answer of another.
 */
const recordings = new WeakMap<Guard, Promise<void>>()

async function recordAlone(guard: Guard, recording: Promise<void>): Promise<void> {
  recordings.set(guard, recording)
  try {
    await recording
  } finally {
    if (recordings.get(guard) === recording) recordings.delete(guard)
  }
}

/** The calls will wait in this process, unless the run is over already: then no tool is reached that would notice. */
async function withdrawAborted(batch: readonly HeldCall[]): Promise<void> {
  for (const { call, begun } of batch)
    if (call.signal?.aborted && (await isPending(begun))) await begun.cancel('the run was aborted')
}

async function somePending(batch: readonly HeldCall[]): Promise<boolean> {
  const pending = await Promise.all(batch.map((held) => isPending(held.begun)))
  return pending.includes(true)
}

/** The value that the graph was resumed with, or null where it cannot pause. */
function raise(
  request: ApprovalInterrupt,
  batch: readonly HeldCall[],
  interrupt: NonNullable<Interrupt>,
): { readonly value: unknown } | null {
  try {
    return { value: interrupt(request) }
  } catch (error) {
    if (isMissingCheckpointer(error)) return null
    if (isControlFlow(error)) for (const held of batch) markSeen(held.begun)
    throw error
  }
}

/** LangGraph says so before it does anything; its documented error code is the only public way to learn it. */
function isMissingCheckpointer(error: unknown): boolean {
  return error instanceof Error && (error as { lc_error_code?: unknown }).lc_error_code === 'MISSING_CHECKPOINTER'
}

/**
 * Writes down what a person said. Where several calls share one node of the graph, the value may have reached this call while
 * it names another: that one's answer is recorded too, since it would be lost otherwise.
 */
async function recordDecisions(
  value: unknown,
  batch: readonly HeldCall[],
  settings: PauseSettings & { readonly unseen: ReadonlySet<BegunCall> },
): Promise<void> {
  const { guard } = settings
  const runId = batch[0]?.call.runId
  const decisions = readDecisions(value, settings.isWholeTurn ? batch.map((held) => held.callId) : null)
  for (const [callId, answer] of decisions) {
    const begun = batch.find((held) => held.callId === callId)?.begun ?? (await guard.find(callId, runId))
    if (!begun || !(await isPending(begun))) continue
    await begun.resolveApproval(
      isUnseenReplacement(begun) || settings.unseen.has(begun)
        ? { resolution: 'denied', comment: 'the arguments were changed after they had been shown' }
        : answer,
    )
  }
}
