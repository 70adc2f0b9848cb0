import type { ApprovalItem, Guard } from '@bighub/core'
import type { RefundArguments } from '../tortured-call.ts'

/** What the agents of a process work with. */
export interface Stage {
  readonly guard: Guard
  /** The real tool: what it does outlives the process. */
  refund(args: RefundArguments): Promise<string>
  /** The approval of a held call of this process, once it is known. */
  approvalIdOf(n: number): string | undefined
  /** Waits until a held call has its answer: from the desk, or from the person at the framework, whose word is not on record yet. */
  answerTo(n: number, approvalId: string): Promise<PersonsWord>
  /** What an application keeps between processes about a call; null if nothing. */
  load(n: number): string | null
  /** Replaces it, in one step. */
  save(n: number, text: string): void
}

/** What a person said, or how the approval ended without them. */
export type PersonsWord = Pick<ApprovalItem, 'status'>

/** Brings a call to its end, whatever of it other processes have done before. */
export type Agent = (n: number) => Promise<void>
