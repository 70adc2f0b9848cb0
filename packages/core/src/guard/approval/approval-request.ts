import type { ApprovalItem, ResolveApprovalRequest } from '../../protocol/index.ts'

/** A held call, as shown to whoever answers for the person. */
export interface ApprovalRequest {
  readonly requestId: string
  readonly tool: string
  readonly callId: string | null
  /** The whole record: arguments (masked), provenance, risk, evidence, expiry. Evidence is never authority. */
  readonly approval: ApprovalItem
  /** Aborts when the answer is no longer wanted: the run ended, or the wait is over. */
  readonly signal: AbortSignal
}

export interface ApprovalAnswer {
  readonly resolution: 'approved' | 'denied'
  /**
   * Approve the call with these arguments instead. They are judged anew, and run only where the caller takes edits
   * (`GuardedCall.takesEdits`).
   */
  readonly arguments?: Readonly<Record<string, unknown>>
  readonly comment?: string
  /** Who answered; your application vouches for it. @defaultValue 'application' */
  readonly resolvedBy?: string
}

/** An answer as the ledger takes it. */
export function toResolution(answer: ApprovalAnswer): ResolveApprovalRequest {
  return {
    resolution: answer.resolution,
    ...(answer.comment === undefined ? {} : { comment: answer.comment }),
    ...(answer.arguments === undefined ? {} : { arguments: { ...answer.arguments } }),
  }
}
