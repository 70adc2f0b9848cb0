import { describe, expect, it } from 'vitest'
import { isAnsweredByIndex } from './search-span.ts'

describe('a page of decisions', () => {
  it.each([
    {},
    { limit: 10, cursor: '7' },
    { actor: 'agent' },
    { result: 'blocked', cursor: '7' },
    { since: '2026-01-01', until: '2026-02-01' },
    { outcome_category: 'negative' as const },
    { q: '' },
  ])('is read whole where an index gives it: %o', (query) => {
    expect(isAnsweredByIndex(query)).toBe(true)
  })

  it.each([
    { q: 'refund' },
    { min_risk_score: 0 },
    { outcome_category: 'none' as const },
    { actor: 'agent', result: 'blocked' },
    { actor: 'agent', since: '2026-01-01' },
    { actor: 'agent', outcome_category: 'negative' as const },
  ])('is searched a part of the log at a time where none does: %o', (query) => {
    expect(isAnsweredByIndex(query)).toBe(false)
  })
})
