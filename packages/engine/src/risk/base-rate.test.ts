import { describe, expect, it } from 'vitest'
import { BaseRate } from './base-rate.ts'

/** A base rate that learned these labels in order. */
function after(...labels: (0 | 1)[]): BaseRate {
  const base = new BaseRate()
  for (const label of labels) base.learn(label)
  return base
}

describe('the base rate', () => {
  it('is a quarter before any outcome', () => {
    expect(new BaseRate().probability).toBe(0.25)
  })

  it('adds outcomes to a prior of three, hand-worked', () => {
    // (0.75·0.999 + 1) / (3 + 1), then ((…)·0.999 + 0) / (4·0.999 + 1).
    expect(after(1).probability).toBeCloseTo(1.74925 / 4, 12)
    expect(after(1, 0).probability).toBeCloseTo((1.74925 * 0.999) / 4.996, 12)
  })

  it('approaches what is observed', () => {
    const labels = Array.from({ length: 5000 }, (_, n) => (n % 10 === 0 ? 1 : 0))
    expect(after(...labels).probability).toBeCloseTo(0.1, 2)
  })

  it('exchanges a label that is corrected', () => {
    const base = after(0, 0, 0)
    base.correct(0, 1)
    expect(base.probability).toBeCloseTo(after(0, 0, 1).probability, 2)
    base.correct(1, 0)
    expect(base.probability).toBeCloseTo(after(0, 0, 0).probability, 12)
  })

  it.each([0, 1] as const)('takes a label %i back that turned out to be none', (label) => {
    const base = after(0, 1, 0, 1)
    const before = base.probability
    base.learn(label)
    base.correct(label, null)
    // Equal but for the fading of a thousandth that learning brought.
    expect(base.probability).toBeCloseTo(before, 3)
  })

  it('comes back from a snapshot to the bit', () => {
    const base = after(1, 0, 1, 1, 0)
    const other = new BaseRate()
    other.restore(structuredClone(base.snapshot()))
    expect(other.probability).toBe(base.probability)
    other.learn(1)
    base.learn(1)
    expect(other.probability).toBe(base.probability)
  })
})
