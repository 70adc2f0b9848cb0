import { describe, expect, it } from 'vitest'
import { facts } from '../../test/support/facts.ts'
import { callFeatures } from '../features/call-features.ts'
import { NumberBook } from '../features/number-book.ts'
import { coldStartPrior } from './cold-start-prior.ts'

function prior(about: Parameters<typeof facts>[0]): number {
  const { situation } = callFeatures(facts(about), new NumberBook())
  return coldStartPrior(situation, situation.annotations)
}

describe('the cold-start prior', () => {
  it('adds up what is known of the call, hand-worked', () => {
    // pay 0.2 + mutating 0.2; with arguments of a tool +0.4; with the strongest taint +2.4.
    expect(prior({})).toBeCloseTo(0.4, 12)
    expect(prior({ provenance: { iban: 'tool' } })).toBeCloseTo(0.8, 12)
    expect(prior({ provenance: { iban: 'tool' }, run: { taint: 3 } })).toBeCloseTo(3, 12)
    expect(prior({ action: 'delete_user', annotations: { destructiveHint: true } })).toBeCloseTo(1.1, 12)
  })

  it('takes source and taint less seriously for a look', () => {
    // read −1.2 + not mutating −0.6 + 0.3·(0.4 + 2.4).
    expect(prior({ action: 'get', mutating: false, provenance: { id: 'tool' }, run: { taint: 3 } })).toBeCloseTo(
      -0.96,
      12,
    )
  })

  it.each([{}, { annotations: { readOnlyHint: false } }, { action: 'frobnicate', mutating: null }])(
    'stays within ±3: %j',
    (about) => {
      expect(Math.abs(prior({ ...about, run: { taint: 3 } }))).toBeLessThanOrEqual(3)
    },
  )
})
