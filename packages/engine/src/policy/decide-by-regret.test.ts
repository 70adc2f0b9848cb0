import { policySchema, type Recommendation } from '@bighub/core/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decideByRegret,
  optionCosts,
  projectedRegret,
  RECOMMENDATIONS,
  stakeOf,
  stricterRecommendation,
} from './decide-by-regret.ts'

const { costs } = policySchema.parse({})
const probability = fc.double({ min: 0, max: 1, noNaN: true })
const stake = fc.double({ min: 0.1, max: 10, noNaN: true })

describe('the decision by regret', () => {
  // With an ordinary stake: 0.2·p = 0.04 at 0.2; 0.7·p = 0.28 at 0.4; 1.7·p = 1.28 at 0.7529 (engine.md §8).
  it.each<[number, Recommendation]>([
    [0, 'proceed'],
    [0.199, 'proceed'],
    [0.201, 'proceed_with_caution'],
    [0.399, 'proceed_with_caution'],
    [0.401, 'review_recommended'],
    [0.752, 'review_recommended'],
    [0.754, 'do_not_proceed'],
    [1, 'do_not_proceed'],
  ])('at p = %f with an ordinary stake: %s', (p, expected) => {
    expect(decideByRegret(p, 1, costs)).toBe(expected)
  })

  it.each<[number, number, Recommendation]>([
    [0.05, 10, 'review_recommended'],
    [0.039, 10, 'proceed_with_caution'],
    [0.019, 10, 'proceed'],
    [0.9, 0.1, 'proceed'],
    [0.95, 0.1, 'do_not_proceed'],
  ])('at p = %f with a stake of %f: %s', (p, of, expected) => {
    expect(decideByRegret(p, of, costs)).toBe(expected)
  })

  it('takes the cheapest option, the milder one of two', () => {
    fc.assert(
      fc.property(probability, stake, (p, of) => {
        const each = optionCosts(p, of, costs)
        const cheapest = RECOMMENDATIONS.reduce((best, option) => (each[option] < each[best] ? option : best))
        expect(decideByRegret(p, of, costs)).toBe(cheapest)
      }),
    )
  })

  it('never grows milder as the risk grows', () => {
    fc.assert(
      fc.property(probability, probability, stake, (a, b, of) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        const milder = decideByRegret(low, of, costs)
        expect(stricterRecommendation(milder, decideByRegret(high, of, costs))).toBe(decideByRegret(high, of, costs))
      }),
    )
  })
})

describe('projected regret', () => {
  it('is the cost above that of hindsight, hand-worked', () => {
    // p = 0.3, L = 1: with hindsight 0 when good, min(1, 0.84, 0.42, 0) = 0 when bad.
    expect(projectedRegret('proceed', 0.3, 1, costs)).toBeCloseTo(0.3, 12)
    expect(projectedRegret('proceed_with_caution', 0.3, 1, costs)).toBeCloseTo(0.28, 12)
    expect(projectedRegret('review_recommended', 0.3, 1, costs)).toBeCloseTo(0.35, 12)
    expect(projectedRegret('do_not_proceed', 0.3, 1, costs)).toBe(1)
  })

  it('lies in [0, 1] and is least for the option that is recommended', () => {
    fc.assert(
      fc.property(probability, stake, (p, of) => {
        const chosen = projectedRegret(decideByRegret(p, of, costs), p, of, costs)
        for (const option of RECOMMENDATIONS) {
          const regret = projectedRegret(option, p, of, costs)
          expect(regret).toBeGreaterThanOrEqual(0)
          expect(regret).toBeLessThanOrEqual(1)
          expect(chosen).toBeLessThanOrEqual(regret + 1e-12)
        }
      }),
    )
  })
})

describe('the stake of a call', () => {
  it.each([
    [null, 100, null, 1, 1],
    [50, null, null, 1, 1],
    [200, 100, null, 1, 2],
    [-200, 100, null, 1, 2],
    [200, 100, 50, 1, 2],
    [200, null, 50, 1, 4],
    [1, 100, null, 1, 0.1],
    [0, 100, null, 1, 0.1],
    [1e308, 1e-308, null, 1, 10],
    [100, 0, null, 1, 1],
    [200, 100, null, 0.5, 1],
    [null, null, null, 0, 0.1],
  ])('of %s with a median of %s, typically %s, severity %s is %s', (value, median, typical, severity, expected) => {
    expect(stakeOf(value, median, typical, severity)).toBe(expected)
  })
})
