import type {
  ApprovalItem,
  CancelApprovalRequest,
  ConsumeApprovalRequest,
  ConsumeApprovalResponse,
  ResolveApprovalRequest,
} from './approval.ts'
import type { ClaimEffectRequest, ClaimEffectResponse, Effect, SettleEffectRequest } from './effect.ts'

/** Who answers an approval. In process the application vouches for the name it gives. */
export interface Approver {
  /** @defaultValue 'application' */
  readonly resolvedBy?: string
}

export interface GetApprovalOptions {
  /** Wait until it is no longer pending, at most this long. @defaultValue 0 */
  readonly waitMs?: number
  readonly signal?: AbortSignal
}

/** What must outlive a process: one run of each call, and one use of each approval (protocol §12). */
export interface Ledger {
  /** Claims a call to run it. `claimed` is true for one caller only, in any number of processes. */
  claimEffect(request: ClaimEffectRequest): Promise<ClaimEffectResponse>
  /**
   * Says what came of a claimed call; a second settlement changes nothing and returns the first.
   *
   * @throws NotFoundError if there is no such effect.
   */
  settleEffect(effectId: string, request: SettleEffectRequest): Promise<Effect>
  /** @throws NotFoundError if the decision has no approval. */
  getApproval(requestId: string, options?: GetApprovalOptions): Promise<ApprovalItem>
  /**
   * Records a person's answer, synced to disk before it returns. The same answer twice is harmless.
   *
   * @throws NotFoundError; ConflictError (`approval_closed`) if it was answered otherwise, expired or cancelled.
   */
  resolveApproval(requestId: string, request: ResolveApprovalRequest, approver?: Approver): Promise<ApprovalItem>
  /** Checks digest, expiry, constraints and kill switches again, then uses the approval up and claims the call in one step. */
  consumeApproval(requestId: string, request: ConsumeApprovalRequest): Promise<ConsumeApprovalResponse>
  /** Ends an approval that can no longer be used: a pending one, or one that was given and not used. Changes no other. */
  cancelApproval(requestId: string, request?: CancelApprovalRequest): Promise<ApprovalItem>
}

/** Whether a value also implements {@link Ledger}, as the engine and the client do. */
export function isLedger(value: object): value is Ledger {
  return LEDGER_METHODS.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
}

const LEDGER_METHODS = [
  'claimEffect',
  'settleEffect',
  'getApproval',
  'resolveApproval',
  'consumeApproval',
  'cancelApproval',
] as const satisfies readonly (keyof Ledger)[]
