import type { ApprovalAnswer } from '@bighub/core'

/** One person's answer to one held call, in the words of LangChain's review interfaces. */
export interface ReviewDecision {
  /** `edit` is answered as a refusal: an approval is good for exactly the call that was shown. */
  readonly type: 'approve' | 'reject' | 'edit'
  /** Stored with the approval, for the operator. */
  readonly message?: string
  /** Who answered; your application vouches for it. @defaultValue 'application' */
  readonly resolvedBy?: string
}

/**
 * What to resume a paused graph with: `new Command({ resume })`.
 *
 * Decisions by tool call id are safe everywhere. The list is in the order of the interrupt's `actionRequests`, and counts only
 * for an interrupt of the middleware that covers a whole turn. Anything else, such as `true`, decides nothing.
 */
export type ApprovalResume =
  | { readonly decisions: readonly ReviewDecision[] | Readonly<Record<string, ReviewDecision>> }
  | Readonly<Record<string, ReviewDecision>>

/**
 * Reads a resume value: answers by tool call id. What cannot be read decides nothing, so that the calls stay held.
 *
 * @param batch - Ids of the calls an ordered list is about; null where a list must not count.
 */
export function readDecisions(value: unknown, batch: readonly string[] | null): Map<string, ApprovalAnswer> {
  if (!isRecord(value)) return new Map()
  const decisions = Object.hasOwn(value, 'decisions') ? value['decisions'] : value
  return new Map(
    toEntries(decisions, batch).flatMap(([id, decision]) => {
      const answer = toAnswer(decision)
      return answer ? [[id, answer] as const] : []
    }),
  )
}

function toEntries(decisions: unknown, batch: readonly string[] | null): (readonly [string, unknown])[] {
  if (!Array.isArray(decisions)) return isRecord(decisions) ? Object.entries(decisions) : []
  // A list of another length was made for another batch; by position it would answer the wrong calls.
  if (decisions.length !== batch?.length) return []
  return batch.map((id, index) => [id, decisions[index]] as const)
}

function toAnswer(decision: unknown): ApprovalAnswer | undefined {
  if (!isRecord(decision)) return undefined
  const { type, message, resolvedBy } = decision
  const details = {
    ...(typeof message === 'string' ? { comment: message } : {}),
    ...(typeof resolvedBy === 'string' ? { resolvedBy } : {}),
  }
  if (type === 'approve') return { resolution: 'approved', ...details }
  if (type === 'reject') return { resolution: 'denied', ...details }
  if (type === 'edit') return { resolution: 'denied', ...details, comment: 'the arguments were edited in the answer' }
  return undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
