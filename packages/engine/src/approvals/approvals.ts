import {
  type ApprovalItem,
  type ApprovalPolicy,
  type ApprovalStatus,
  type Approver,
  type CancelApprovalRequest,
  ConflictError,
  type ConsumeApprovalRequest,
  type ConsumeApprovalResponse,
  cancelApprovalRequestSchema,
  consumeApprovalRequestSchema,
  type GetApprovalOptions,
  InvalidInputError,
  NotFoundError,
  policyForDomain,
  type ResolveApprovalRequest,
  resolveApprovalRequestSchema,
} from '@bighub/core/protocol'
import { effectIdOf, readEffect } from '../effects/read-effect.ts'
import type { EngineCore } from '../engine-core.ts'
import type { ApprovalKept, ConsumedKept, EngineState, EvaluationKept } from '../engine-state.ts'
import { normaliseRequest } from '../evaluate/normalise-request.ts'
import { planEvaluation } from '../evaluate/record-evaluation.ts'
import type { Planned } from '../sequencer.ts'
import type { UnchainedRecord } from '../storage/chain.ts'
import type { LogRecord } from '../storage/storage.ts'
import { type ApprovalChange, answerApproval, type PersonsAnswer } from './answer-approval.ts'
import { type EditedArguments, editCall } from './edit-call.ts'
import { findObstacle } from './find-obstacle.ts'

/** How often a wait looks for answers that another process wrote, in milliseconds. */
const FOREIGN_LOOK_MS = 200
/** Unanswered approvals that are looked through for overdue ones before a list is given. */
const MOST_PENDING = 100_000

/** Requests to a person and their answers (guard.md §3): bound to the exact action, one use, expiring. */
export class Approvals {
  readonly #core: EngineCore

  constructor(core: EngineCore) {
    this.#core = core
  }

  /** Newest first. @param filter.status - @defaultValue 'pending'; null for all */
  async list(
    filter: { status?: ApprovalStatus | null | undefined; limit?: number | undefined } = {},
  ): Promise<ApprovalItem[]> {
    const status = filter.status === undefined ? 'pending' : filter.status
    await this.#core.state()
    const pending = await this.#core.storage.listApprovals('pending', MOST_PENDING)
    await Promise.all(pending.map((item) => this.#keepTime(item)))
    return [...(await this.#core.storage.listApprovals(status, filter.limit ?? 100))]
  }

  async get(requestId: string, options: GetApprovalOptions = {}): Promise<ApprovalItem> {
    // Waiting takes real time, whatever the engine's clock says.
    const deadline = performance.now() + (options.waitMs ?? 0)
    for (;;) {
      const item = await this.#read(requestId)
      const left = deadline - performance.now()
      if (item.status !== 'pending' || left <= 0 || options.signal?.aborted) return item
      await this.#waitForChange(requestId, Math.min(left, FOREIGN_LOOK_MS), options.signal)
    }
  }

  async resolve(requestId: string, request: ResolveApprovalRequest, approver?: Approver): Promise<ApprovalItem> {
    const parsed = resolveApprovalRequestSchema.safeParse(request)
    if (!parsed.success) throw InvalidInputError.fromZod('an answer to an approval', parsed.error)
    const { resolution, comment, arguments: edited } = parsed.data
    await this.#read(requestId)
    const answer = { resolution, comment: comment ?? null, by: approver?.resolvedBy ?? 'application' }
    if (edited !== undefined) return this.#edit(requestId, answer, edited)
    return this.#change(requestId, (item, state) =>
      answerApproval(item, { ...answer, at: this.#core.now() }, approvalPolicyFor(item, state)),
    )
  }

  async cancel(requestId: string, request: CancelApprovalRequest = {}): Promise<ApprovalItem> {
    const parsed = cancelApprovalRequestSchema.safeParse(request)
    if (!parsed.success) throw InvalidInputError.fromZod('a cancellation', parsed.error)
    return this.#change(requestId, (item) =>
      item.status === 'pending' || (item.status === 'approved' && !item.consumed_at)
        ? { status: 'cancelled', cancel_reason: parsed.data.reason ?? null }
        : null,
    )
  }

  /** One transaction: look at everything again, use the approval up, claim the call. */
  async consume(requestId: string, request: ConsumeApprovalRequest): Promise<ConsumeApprovalResponse> {
    const parsed = consumeApprovalRequestSchema.safeParse(request)
    if (!parsed.success) throw InvalidInputError.fromZod('a use of an approval', parsed.error)
    const core = this.#core
    await this.#read(requestId)
    return core.run({
      sync: true,
      reads: { approval: requestId, subject: requestId, effectKey: parsed.data.effect_key },
      plan: (state, found): Planned<ConsumeApprovalResponse> => {
        const item = found.approval
        if (!item) throw new NotFoundError('approval', requestId)
        const evaluation = evaluationOf(found.records, requestId)
        const obstacle = findObstacle({
          item,
          evaluation,
          state,
          digest: parsed.data.arguments_digest,
          isClaimed: found.claim !== null || readEffect(found.records) !== null,
          at: core.now(),
        })
        if (obstacle) return { records: [], answer: () => ({ consumed: false, ...obstacle }) }
        const at = core.now()
        const claim = { ...parsed.data, owner: core.owner }
        const { rules, value } = keptOf(evaluation)
        const kept: ConsumedKept = {
          claim: { effect_key: claim.effect_key, arguments_digest: claim.arguments_digest, owner: claim.owner },
          rules,
          value,
        }
        return {
          records: [
            {
              type: 'approval_consumed',
              at,
              subject: requestId,
              kept: { ...kept },
              payload: {},
              effectKey: claim.effect_key,
            },
          ],
          approvals: [{ ...item, consumed_at: new Date(at).toISOString() }],
          answer: () => ({ consumed: true, effect_id: effectIdOf(requestId) }),
        }
      },
    })
  }

  /**
   * Puts the call as the reviewer wants it in the held one's place: judged as a new decision, answered by this very answer, and in
   * one transaction with the end of the old one.
   */
  async #edit(requestId: string, answer: Omit<PersonsAnswer, 'at'>, args: EditedArguments): Promise<ApprovalItem> {
    if (answer.resolution !== 'approved')
      throw new InvalidInputError('arguments', 'go with the resolution "approved" only')
    const core = this.#core
    const [item, records] = [await this.#read(requestId), await core.storage.readSubject(requestId)]
    const request = normaliseRequest(editCall(evaluationOf(records, requestId), item, args))
    const { effect_key: effectKey = '' } = request.call
    return core.run<ApprovalItem>({
      sync: true,
      reads: { approval: requestId, subject: requestId, effectKey },
      plan: (state, found) => {
        const present = found.approval
        if (!present) throw new NotFoundError('approval', requestId)
        const at = core.now()
        const rules = approvalPolicyFor(present, state)
        // Who may not approve the call may not change it either; one that has ended stays as it is.
        const change = answerApproval(present, { ...answer, at }, rules)
        const before = found.claim?.subject ?? state.holds.find(effectKey)
        if (!change || before !== undefined)
          throw new ConflictError(
            'approval_closed',
            before === undefined
              ? `the approval ${requestId} is ${present.status} already`
              : `the call with these arguments is the decision ${before} already`,
          )
        // Who asked for the call has asked for what became of it.
        const by = present.requested_by ?? null
        const judged = planEvaluation(core, request, { state, at, claims: false, by })
        const ended: ApprovalItem = {
          ...present,
          status: 'cancelled',
          cancel_reason: `${answer.by} changed the arguments`,
          superseded_by: judged.response.request_id,
        }
        const [opened] = judged.approvals.map((each) => ({ ...each, escalated_at: present.escalated_at ?? null }))
        const vote = opened && answerApproval(opened, { ...answer, at }, rules)
        return {
          records: [
            judged.record,
            answerRecord(ended, 'approval_ended', { evaluation: evaluationOf(found.records, requestId), state, at }),
            ...(vote
              ? [answerRecord({ ...opened, ...vote }, typeOf(vote), { evaluation: judged.record, state, at })]
              : []),
          ],
          approvals: [ended, ...(vote ? [{ ...opened, ...vote }] : [])],
          answer: () => ended,
        }
      },
    })
  }

  async #read(requestId: string): Promise<ApprovalItem> {
    const item = await this.#core.run({
      reads: { approval: requestId },
      plan: (_, found) => ({ records: [], answer: () => found.approval }),
    })
    if (!item) throw new NotFoundError('approval', requestId)
    return this.#keepTime(item)
  }

  /** What time alone makes of an approval: it expires, or is put before more people. Noticed when somebody looks. */
  async #keepTime(item: ApprovalItem): Promise<ApprovalItem> {
    if (this.#isOverdue(item))
      return this.#change(item.request_id, (current) => (this.#isOverdue(current) ? { status: 'expired' } : null))
    if (!this.#mustEscalate(item, this.#core.currentState())) return item
    return this.#change(item.request_id, (current, state) =>
      this.#mustEscalate(current, state)
        ? { status: 'pending', escalated_at: new Date(this.#core.now()).toISOString() }
        : null,
    )
  }

  #mustEscalate(item: ApprovalItem, state: EngineState): boolean {
    const { escalation } = approvalPolicyFor(item, state)
    if (item.status !== 'pending' || item.escalated_at || !escalation) return false
    return Date.parse(item.created_at) + escalation.after_seconds * 1000 <= this.#core.now()
  }

  #isOverdue(item: ApprovalItem): boolean {
    return item.status === 'pending' && Date.parse(item.expires_at) <= this.#core.now()
  }

  /** Changes an approval, synced to disk. `change` gives the new fields, or null to leave it as it is. */
  async #change(
    requestId: string,
    change: (item: ApprovalItem, state: EngineState) => ApprovalChange | null,
  ): Promise<ApprovalItem> {
    const core = this.#core
    return core.run<ApprovalItem>({
      sync: true,
      reads: { approval: requestId, subject: requestId },
      plan: (state, found) => {
        const item = found.approval
        if (!item) throw new NotFoundError('approval', requestId)
        const fields = change(item, state)
        if (!fields) return { records: [], answer: () => item }
        const ended: ApprovalItem = { ...item, ...fields }
        return {
          records: [
            answerRecord(ended, typeOf(fields), {
              evaluation: evaluationOf(found.records, requestId),
              state,
              at: core.now(),
            }),
          ],
          approvals: [ended],
          answer: () => ended,
        }
      },
    })
  }

  #waitForChange(requestId: string, waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const stopWatching = this.#core.watch(requestId, end)
      const timer = setTimeout(() => void this.#core.state().then(end, end), waitMs)
      signal?.addEventListener('abort', end, { once: true })
      function end(): void {
        stopWatching()
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        resolve()
      }
    })
  }
}

function answerRecord(
  item: ApprovalItem,
  type: UnchainedRecord['type'],
  { evaluation, state, at }: { evaluation: Pick<LogRecord, 'kept'>; state: EngineState; at: number },
): UnchainedRecord {
  const kept = keptOf(evaluation)
  const answer: ApprovalKept = {
    status: item.status,
    trajectory_id: kept.step?.trajectory_id ?? null,
    digest: kept.digest,
    version: state.version,
  }
  return {
    type,
    at,
    subject: item.request_id,
    kept: { ...answer },
    payload: {
      resolved_by: item.resolved_by ?? null,
      comment: item.comment ?? null,
      cancel_reason: item.cancel_reason ?? null,
      approval: item,
    },
  }
}

function typeOf(change: ApprovalChange): UnchainedRecord['type'] {
  if (change.status === 'approved' || change.status === 'denied') return 'approval_resolved'
  if (change.status !== 'pending') return 'approval_ended'
  return change.escalated_at ? 'approval_escalated' : 'approval_voted'
}

function approvalPolicyFor(item: ApprovalItem, state: EngineState): ApprovalPolicy {
  return policyForDomain(state.policy, item.domain ?? null).approvals
}

function evaluationOf(records: readonly LogRecord[], requestId: string): LogRecord {
  const evaluation = records.find((record) => record.type === 'evaluation')
  if (!evaluation) throw new NotFoundError('decision', requestId)
  return evaluation
}

function keptOf(evaluation: Pick<LogRecord, 'kept'>): EvaluationKept {
  // Written by this program under the type `evaluation`.
  return evaluation.kept as unknown as EvaluationKept
}
