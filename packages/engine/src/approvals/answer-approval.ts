import { AccessError, type ApprovalItem, type ApprovalPolicy, ConflictError } from '@bighub/core/protocol'

export interface PersonsAnswer {
  readonly resolution: 'approved' | 'denied'
  readonly comment: string | null
  /** Who answers, as authentication tells. */
  readonly by: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** What an answer changes about an approval: its end, or one more of the approvals that it needs. */
export type ApprovalChange = Partial<ApprovalItem> & Pick<ApprovalItem, 'status'>

/**
 * What a person's answer makes of an approval; null if that stands already.
 *
 * @throws ConflictError (`approval_closed`) if it has ended otherwise; AccessError (`forbidden`) if this person may not answer it.
 */
export function answerApproval(
  item: ApprovalItem,
  answer: PersonsAnswer,
  rules: ApprovalPolicy,
): ApprovalChange | null {
  const { resolution, comment, by } = answer
  if (item.status === resolution) return null
  if (item.status !== 'pending')
    throw new ConflictError('approval_closed', `the approval ${item.request_id} is ${item.status} already`)
  assertMayAnswer(item, answer, rules)
  const at = new Date(answer.at).toISOString()
  if (resolution === 'denied') return { status: 'denied', resolution, comment, resolved_at: at, resolved_by: by }
  const before = item.approvals_given ?? []
  // One person counts once, however often they say so.
  if (before.some((each) => each.by === by)) return null
  const given = [...before, { by, at, comment }]
  if (given.length < (item.approvals_needed ?? 1)) return { status: 'pending', approvals_given: given }
  return { status: 'approved', resolution, comment, resolved_at: at, resolved_by: by, approvals_given: given }
}

function assertMayAnswer(item: ApprovalItem, { resolution, by }: PersonsAnswer, rules: ApprovalPolicy): void {
  const { four_eyes: needsFourEyes, approvers, escalation } = rules
  const mayAlways = approvers === null || approvers.includes(by)
  const mayByNow =
    item.escalated_at && escalation && (escalation.approvers === null || escalation.approvers.includes(by))
  if (!mayAlways && !mayByNow)
    throw new AccessError('forbidden', `the policy does not name "${by}" among those who answer this approval`)
  // Whoever asked may take the call back, but not let it through.
  if (needsFourEyes && resolution === 'approved' && (by === item.requested_by || by === item.actor))
    throw new AccessError('forbidden', `"${by}" asked for this call; by the policy somebody else has to approve it`)
}
