import {
  type ApprovalItem,
  type ApprovalStatus,
  type ClaimEffectResponse,
  ConflictError,
  type ConsumeApprovalResponse,
  type Effect,
  InvalidInputError,
  type Ledger,
  NotFoundError,
} from '../../protocol/index.ts'

/** What a guard keeps for itself where the evaluator has no ledger, or opened no approval for a call that must be held. */
export interface MemoryLedger extends Ledger {
  /** Opens a pending approval. */
  open(approval: Omit<ApprovalItem, 'status' | 'created_at'>): ApprovalItem
}

/** Most entries kept of each kind; the oldest that has ended goes first. */
const CAPACITY = 10_000

/** A ledger in memory: same rules as the engine's, gone with the process. */
export function createMemoryLedger(now: () => number): MemoryLedger {
  const approvals = new Map<string, ApprovalItem>()
  const effects = new Map<string, Effect>()
  const keyById = new Map<string, string>()
  const waiters = new Map<string, Set<() => void>>()

  const iso = (): string => new Date(now()).toISOString()

  function read(requestId: string): ApprovalItem {
    const approval = approvals.get(requestId)
    if (!approval) throw new NotFoundError('approval', requestId)
    if (approval.status === 'pending' && Date.parse(approval.expires_at) <= now()) return end(approval, 'expired')
    return approval
  }

  function end(
    approval: ApprovalItem,
    status: Exclude<ApprovalStatus, 'pending'>,
    facts: Partial<ApprovalItem> = {},
  ): ApprovalItem {
    const ended: ApprovalItem = { ...approval, ...facts, status }
    approvals.set(approval.request_id, ended)
    for (const wake of waiters.get(approval.request_id) ?? []) wake()
    waiters.delete(approval.request_id)
    return ended
  }

  function claim(effectKey: string, requestId: string, digest: string): ClaimEffectResponse {
    const before = effects.get(effectKey)
    if (before) return { effect_id: before.effect_id, claimed: false, state: before.state }
    const effect: Effect = {
      effect_id: `eff_memory_${keyById.size + 1}`,
      effect_key: effectKey,
      request_id: requestId,
      arguments_digest: digest,
      state: 'claimed',
      claimed_at: iso(),
    }
    makeRoom(effects, (each) => each.state !== 'claimed')
    effects.set(effectKey, effect)
    keyById.set(effect.effect_id, effectKey)
    return { effect_id: effect.effect_id, claimed: true, state: 'claimed' }
  }

  return {
    open(fields) {
      const approval: ApprovalItem = { ...fields, status: 'pending', created_at: iso() } as ApprovalItem
      makeRoom(approvals, (each) => each.status !== 'pending')
      approvals.set(approval.request_id, approval)
      return approval
    },

    async claimEffect(request) {
      return claim(request.effect_key, request.request_id, request.arguments_digest)
    },

    async settleEffect(effectId, request) {
      const effect = effects.get(keyById.get(effectId) ?? '')
      if (!effect) throw new NotFoundError('effect', effectId)
      if (effect.state !== 'claimed') return effect
      const settled: Effect = { ...effect, state: request.state, settled_at: iso(), summary: request.summary ?? null }
      effects.set(effect.effect_key, settled)
      return settled
    },

    async getApproval(requestId, options = {}) {
      const approval = read(requestId)
      const waitMs = Math.min(options.waitMs ?? 0, Date.parse(approval.expires_at) - now())
      if (approval.status !== 'pending' || waitMs <= 0 || options.signal?.aborted) return approval
      await new Promise<void>((resolve) => {
        const set = waiters.get(requestId) ?? new Set()
        waiters.set(requestId, set.add(done))
        const timer = setTimeout(done, waitMs)
        options.signal?.addEventListener('abort', done, { once: true })
        function done(): void {
          clearTimeout(timer)
          set.delete(done)
          options.signal?.removeEventListener('abort', done)
          resolve()
        }
      })
      return read(requestId)
    },

    async resolveApproval(requestId, request, approver) {
      const approval = read(requestId)
      if (request.arguments !== undefined)
        throw new InvalidInputError('arguments', 'cannot be changed here: a guard without a ledger judges no call anew')
      const resolution = request.resolution === 'approved' ? 'approved' : 'denied'
      if (approval.status === resolution) return approval
      if (approval.status !== 'pending')
        throw new ConflictError('approval_closed', `the approval ${requestId} is ${approval.status} already`)
      return end(approval, resolution, {
        resolution,
        comment: request.comment ?? null,
        resolved_at: iso(),
        resolved_by: approver?.resolvedBy ?? 'application',
      })
    },

    async consumeApproval(requestId, request): Promise<ConsumeApprovalResponse> {
      const approval = read(requestId)
      const refuse = (reason: 'not_approved' | 'already_consumed' | 'expired' | 'digest_mismatch' | 'effect_claimed') =>
        ({ consumed: false, reason, message: `the approval ${requestId} cannot be used: ${reason}` }) as const
      if (approval.status === 'expired' || Date.parse(approval.expires_at) <= now()) return refuse('expired')
      if (approval.status !== 'approved') return refuse('not_approved')
      if (approval.consumed_at) return refuse('already_consumed')
      if (approval.arguments_digest !== request.arguments_digest) return refuse('digest_mismatch')
      const effect = claim(request.effect_key, requestId, request.arguments_digest)
      if (!effect.claimed) return refuse('effect_claimed')
      approvals.set(requestId, { ...approval, consumed_at: iso() })
      return { consumed: true, effect_id: effect.effect_id }
    },

    async cancelApproval(requestId, request) {
      const approval = read(requestId)
      const isOpen = approval.status === 'pending' || (approval.status === 'approved' && !approval.consumed_at)
      return isOpen ? end(approval, 'cancelled', { cancel_reason: request?.reason ?? null }) : approval
    },
  }
}

function makeRoom<T>(map: Map<string, T>, isOver: (value: T) => boolean): void {
  if (map.size < CAPACITY) return
  for (const [key, value] of map)
    if (isOver(value)) {
      map.delete(key)
      return
    }
}
