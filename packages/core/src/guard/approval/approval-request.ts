import type { ApprovalItem } from '../../protocol/index.ts'

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
  readonly comment?: string
  /** Who answered; your application vouches for it. @defaultValue 'application' */
  readonly resolvedBy?: string
}
