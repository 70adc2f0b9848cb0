import { describe, expect, it } from 'vitest'
import { GENERAL_FEATURES, type GeneralFeature } from '../features/general-features.ts'
import type { ColdStartPrior } from './cold-start-prior.ts'
import { PriorExpert } from './prior-expert.ts'

/** A prior that knows nothing but what is given: weights, all with the deviation ½, and means. */
function priorOf(
  weights: Partial<Record<GeneralFeature, number>>,
  means: Partial<Record<GeneralFeature, number>> = {},
): ColdStartPrior {
  return Object.fromEntries(
    GENERAL_FEATURES.map((name) => [name, { weight: weights[name] ?? 0, deviation: 0.5, mean: means[name] ?? 0 }]),
  ) as ColdStartPrior
}

function call(features: Partial<Record<GeneralFeature, number>> = {}): Float32Array {
  return Float32Array.from(GENERAL_FEATURES, (name) => features[name] ?? 0)
}

const READ = call({ verb_read: 1 })
const PAY = call({ verb_pay: 1 })

describe('the prior expert', () => {
  it('says at first what is known from elsewhere, apart from the mean of elsewhere', () => {
    const expert = new PriorExpert(priorOf({ verb_read: -1, verb_pay: 2 }, { verb_read: 0.5 }))
    // −1·(1 − 0.5); 2·1 − 1·(0 − 0.5).
    expect(expert.score(READ, 0.2, 0)).toBeCloseTo(-0.5, 12)
    expect(expert.score(PAY, 0.2, 0)).toBeCloseTo(2.5, 12)
  })

  // Exact where one kind of outcome is rare, nearly so between. Without the second centring 0.02 would be 0.034.
  it.each([
    [0.02, 0.002],
    [0.3, 0.05],
    [0.97, 0.003],
  ])('leaves the mean of the estimates at the base rate %s', (rate, tolerance) => {
    const expert = new PriorExpert(priorOf({ verb_read: -1.5, verb_pay: 1.5 }))
    const calls = Array.from({ length: 600 }, (_, n) => (n % 4 === 0 ? PAY : READ))
    for (const each of calls) expert.admit(each, 1e6)
    const base = Math.log(rate / (1 - rate))
    const mean = calls.reduce((sum, each) => sum + 1 / (1 + Math.exp(-base - expert.score(each, rate, 1e6))), 0) / 600
    expect(Math.abs(mean - rate)).toBeLessThan(tolerance)
  })

  it('learns in a few outcomes what is otherwise here', () => {
    const expert = new PriorExpert(priorOf({ verb_read: -1, verb_pay: 1 }))
    for (let n = 0; n < 12; n++) {
      expert.admit(READ, 2 * n)
      expert.admit(PAY, 2 * n)
      expert.learn(READ, { offset: 0, outcomes: 2 * n, label: 1, importance: 1 })
      expert.learn(PAY, { offset: 0, outcomes: 2 * n, label: 0, importance: 1 })
    }
    expect(expert.score(READ, 0.5, 24)).toBeGreaterThan(expert.score(PAY, 0.5, 24))
    // What was known from elsewhere stays what it was.
    expect(expert.startScore(READ)).toBeCloseTo(-1, 12)
  })

  it('says the same of a call however many were decided on, as long as no outcome is known', () => {
    const expert = new PriorExpert(priorOf({ verb_read: -1, verb_pay: 1 }))
    const before = expert.score(PAY, 0.25, 0)
    for (let n = 0; n < 50; n++) expert.admit(READ, 0)
    expect(expert.score(PAY, 0.25, 0)).toBe(before)
    // With outcomes, most calls are looks here, and a payment stands out from them.
    expect(expert.score(PAY, 0.25, 100)).toBeGreaterThan(before + 0.5)
  })

  it('goes on exactly from a snapshot', () => {
    const prior = priorOf({ verb_read: -1, verb_pay: 1 }, { verb_read: 0.3 })
    const [expert, copy] = [new PriorExpert(prior), new PriorExpert(prior)]
    const live = (one: PriorExpert, from: number, to: number): void => {
      for (let n = from; n < to; n++) {
        const features = n % 3 === 0 ? PAY : READ
        one.admit(features, n)
        one.learn(features, { offset: -1, outcomes: n, label: n % 5 === 0 ? 1 : 0, importance: 0.7 })
      }
    }
    live(expert, 0, 40)
    copy.restore(structuredClone(expert.snapshot()))
    live(expert, 40, 80)
    live(copy, 40, 80)
    expect(copy.snapshot()).toEqual(expert.snapshot())
  })
})
