import { describe, expect, it } from 'vitest'
import { findOutcomeStatus, OUTCOME_TAXONOMY } from './outcome-taxonomy.ts'

/** Protocol §5.3. A red line means: was this meant? Then the taxonomy's version grows. */
const PINNED = [
  ['SUCCESS', 'positive', 0],
  ['PARTIAL_SUCCESS', 'positive', 0.2],
  ['NO_EFFECT', 'neutral', 0.1],
  ['BLOCKED', 'neutral', 0],
  ['OVERRIDDEN', 'neutral', 0.2],
  ['CORRECTED', 'negative', 0.3],
  ['ESCALATED', 'negative', 0.4],
  ['REOPENED', 'negative', 0.4],
  ['ROLLBACK', 'negative', 0.5],
  ['FAILURE', 'negative', 0.6],
  ['CHURN', 'negative', 0.7],
  ['INCIDENT', 'negative', 0.9],
  ['FRAUD', 'negative', 1],
]

describe('the outcome taxonomy', () => {
  it('is that of the protocol: statuses, categories, severities', () => {
    expect(OUTCOME_TAXONOMY.map(({ status, category, severity }) => [status, category, severity])).toEqual(PINNED)
  })

  it('finds a status trimmed and in any case', () => {
    expect(findOutcomeStatus(' fraud\n')?.status).toBe('FRAUD')
  })

  it('takes TOOL_ERROR of older adapters for FAILURE', () => {
    expect(findOutcomeStatus('tool_error')?.status).toBe('FAILURE')
  })

  it.each(['', 'OK', 'constructor', '__proto__', 'SUCCESS!'])('does not know %j', (status) => {
    expect(findOutcomeStatus(status)).toBeUndefined()
  })
})
