import { CASE_VERDICTS, type CaseVerdict, InvalidInputError } from '@bighub/core/protocol'
import type { EvaluationKept } from '../engine-state.ts'

type Decided = Pick<EvaluationKept, 'result' | 'recommendation'>

/** What a verdict of elsewhere says in our words: what was let run, and the advice that fits it (protocol §5.2). */
const DECIDED: Readonly<Record<CaseVerdict, Decided>> = {
  ALLOWED: { result: 'allowed', recommendation: 'proceed' },
  // Let run within limits: our word for that is caution.
  LIMITED: { result: 'allowed', recommendation: 'proceed_with_caution' },
  // Nothing stood in its way; that nothing ran is what the verdict itself, which is kept, says.
  DRY_RUN: { result: 'allowed', recommendation: 'proceed' },
  APPROVAL_REQUIRED: { result: 'requires_approval', recommendation: 'review_recommended' },
  BLOCKED: { result: 'blocked', recommendation: 'do_not_proceed' },
}

/** Our own results in the words of verdicts. */
const VERDICT_OF = {
  allowed: 'ALLOWED',
  requires_approval: 'APPROVAL_REQUIRED',
  blocked: 'BLOCKED',
} as const satisfies Record<Decided['result'], CaseVerdict>

export function decidedBy(verdict: CaseVerdict): Decided {
  return DECIDED[verdict]
}

export function verdictOf(result: Decided['result']): CaseVerdict {
  return VERDICT_OF[result]
}

/**
 * Reads a verdict in any case, also our own words for results (`blocked`, `requires_approval`).
 *
 * @throws InvalidInputError naming `verdict`.
 */
export function parseVerdict(text: string): CaseVerdict {
  const word = text.trim().toUpperCase()
  const found = CASE_VERDICTS.find((verdict) => verdict === (word === 'REQUIRES_APPROVAL' ? 'APPROVAL_REQUIRED' : word))
  if (!found)
    throw new InvalidInputError('verdict', `${JSON.stringify(text)} is not one of ${CASE_VERDICTS.join(', ')}`)
  return found
}
