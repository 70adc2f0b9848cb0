import type { GuardedCall } from '@bighub/core'

/** What a call of the torture is meant to meet. Kills come in between, so it may meet something else that is as right. */
export type Fate = 'run' | 'approve' | 'deny' | 'edit' | 'ignore' | 'block'

/** In proportion: most calls are held, since that is where most can go wrong. */
const FATES: readonly Fate[] = [
  'run',
  'approve',
  'deny',
  'approve',
  'edit',
  'run',
  'approve',
  'ignore',
  'approve',
  'block',
  'deny',
  'approve',
  'edit',
]

/** Refunds above this are held for a person. */
export const HELD_ABOVE = 100
/** Refunds above this are blocked. */
export const BLOCKED_ABOVE = 5000
/** What a reviewer makes of a call that is too much. */
export const EDITED_AMOUNT = 60

export interface RefundArguments {
  readonly n: number
  readonly amount: number
}

export const TOOL = 'refund'

export function fateOf(n: number): Fate {
  return FATES[n % FATES.length] ?? 'run'
}

/** The arguments that the model writes: the same in every process. */
export function argumentsOf(n: number): RefundArguments {
  const fate = fateOf(n)
  const amount = fate === 'run' ? 1 + (n % 90) : fate === 'block' ? BLOCKED_ABOVE + 1 + n : HELD_ABOVE + 1 + (n % 900)
  return { n, amount }
}

export function callIdOf(n: number): string {
  return `call_${n}`
}

export function runIdOf(n: number): string {
  return `run_${n}`
}

/** Every eleventh tool run fails after it took effect. */
export function failsAfterwards(n: number): boolean {
  return n % 11 === 0
}

/** Whether the person answers through the framework, where there is one, and not at the desk. */
export function isAnsweredNatively(n: number): boolean {
  return n % 2 === 1 && (fateOf(n) === 'approve' || fateOf(n) === 'deny')
}

export function guardedCallOf(n: number): GuardedCall {
  return { tool: TOOL, arguments: argumentsOf(n), callId: callIdOf(n), runId: runIdOf(n), takesEdits: true }
}
