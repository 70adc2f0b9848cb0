import {
  type ApprovalItem,
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
  type ResolveApprovalRequest,
  resolveApprovalRequestSchema,
} from '@bighub/core/protocol'
import { effectIdOf, readEffect } from '../effects/read-effect.ts'
import type { EngineCore } from '../engine-core.ts'
import type { ApprovalKept, ConsumedKept, EngineState, EvaluationKept } from '../engine-state.ts'
import type { Planned } from '../sequencer.ts'
import type { UnchainedRecord } from '../storage/chain.ts'
import type { LogRecord } from '../storage/storage.ts'
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
    await Promise.all(pending.filter((item) => this.#isOverdue(item)).map((item) => this.#expire(item)))
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
    const { resolution, comment } = parsed.data
    await this.#read(requestId)
    return this.#change(requestId, (item) => {
      if (item.status === resolution) return null
      if (item.status !== 'pending')
        throw new ConflictError('approval_closed', `the approval ${requestId} is ${item.status} already`)
      return {
        status: resolution,
        resolution,
        comment: comment ?? null,
        resolved_at: new Date(this.#core.now()).toISOString(),
        resolved_by: approver?.resolvedBy ?? 'application',
      }
    })
  }

  async cancel(requestId: string, request: CancelApprovalRequest = {}): Promise<ApprovalItem> {
    const parsed = cancelApprovalRequestSchema.safeParse(request)
    if (!parsed.success) throw InvalidInputError.fromZod('a cancellation', parsed.error)
    return this.#change(requestId, (item) =>
      item.status === 'pending' ? { status: 'cancelled', cancel_reason: parsed.data.reason ?? null } : null,
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

  async #read(requestId: string): Promise<ApprovalItem> {
    const item = await this.#core.run({
      reads: { approval: requestId },
      plan: (_, found) => ({ records: [], answer: () => found.approval }),
    })
    if (!item) throw new NotFoundError('approval', requestId)
    return this.#isOverdue(item) ? this.#expire(item) : item
  }

  #isOverdue(item: ApprovalItem): boolean {
    return item.status === 'pending' && Date.parse(item.expires_at) <= this.#core.now()
  }

  #expire(item: ApprovalItem): Promise<ApprovalItem> {
    return this.#change(item.request_id, (current) => (this.#isOverdue(current) ? { status: 'expired' } : null))
  }

  /** Ends a pending approval, synced to disk. `change` gives the new fields, or null to leave it as it is. */
  async #change(
    requestId: string,
    change: (item: ApprovalItem) => (Partial<ApprovalItem> & { status: Exclude<ApprovalStatus, 'pending'> }) | null,
  ): Promise<ApprovalItem> {
    const core = this.#core
    return core.run<ApprovalItem>({
      sync: true,
      reads: { approval: requestId, subject: requestId },
      plan: (state, found) => {
        const item = found.approval
        if (!item) throw new NotFoundError('approval', requestId)
        const fields = change(item)
        if (!fields) return { records: [], answer: () => item }
        const ended: ApprovalItem = { ...item, ...fields }
        return {
          records: [answerRecord(core.now(), ended, keptOf(evaluationOf(found.records, requestId)), state)],
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

function answerRecord(at: number, item: ApprovalItem, kept: EvaluationKept, state: EngineState): UnchainedRecord {
  const isAnswer = item.status === 'approved' || item.status === 'denied'
  const answer: ApprovalKept = {
    status: item.status as ApprovalKept['status'],
    trajectory_id: kept.step?.trajectory_id ?? null,
    digest: kept.digest,
    version: state.version,
  }
  return {
    type: isAnswer ? 'approval_resolved' : 'approval_ended',
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

function evaluationOf(records: readonly LogRecord[], requestId: string): LogRecord {
  const evaluation = records.find((record) => record.type === 'evaluation')
  if (!evaluation) throw new NotFoundError('decision', requestId)
  return evaluation
}

function keptOf(evaluation: LogRecord): EvaluationKept {
  // Written by this program under the type `evaluation`.
  return evaluation.kept as unknown as EvaluationKept
}
