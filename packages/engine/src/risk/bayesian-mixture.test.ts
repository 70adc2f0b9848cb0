import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BayesianMixture } from './bayesian-mixture.ts'

describe('the mixture', () => {
  it('learns by the Kalman rule, hand-worked', () => {
    const mixture = new BayesianMixture([{ weight: 0, variance: 2 }])
    // p = ½, h = ¼, t = 2, V = 2, k = 1/(1 + ½) = ⅔: w = 2·½·⅔ = ⅔, P = 2 − ¼·⅔·4 = 4/3.
    mixture.learn(Float64Array.of(1), 0, 1, 1)
    expect(mixture.weight(0)).toBeCloseTo(2 / 3, 12)
    expect(mixture.variance(Float64Array.of(1))).toBeCloseTo(4 / 3, 12)
    expect(mixture.variance(Float64Array.of(2))).toBeCloseTo(16 / 3, 12)
  })

  it('learns which of two inputs to trust, and less from an outcome of less weight', () => {
    const [full, half] = [1, 0.5].map((importance) => {
      const mixture = new BayesianMixture([
        { weight: 0.3, variance: 0.1 },
        { weight: 0.3, variance: 0.1 },
      ])
      for (let n = 0; n < 50; n++)
        mixture.learn(Float64Array.of(n % 2 ? 1 : -1, n % 3 ? 1 : -1), 0, n % 2 ? 1 : 0, importance)
      return mixture
    })
    expect(full?.weight(0)).toBeGreaterThan((full?.weight(1) ?? 0) + 0.5)
    expect(half?.weight(0)).toBeLessThan(full?.weight(0) ?? 0)
  })

  it('grows surer with every outcome, whatever it is', () => {
    const input = fc.float64Array({ minLength: 3, maxLength: 3, min: -6, max: 6, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(input, fc.constantFrom<0 | 1>(0, 1)), { maxLength: 40 }),
        input,
        (outcomes, probe) => {
          const mixture = new BayesianMixture([0.5, 0.1, 0].map((weight) => ({ weight, variance: 0.12 })))
          let before = mixture.variance(probe)
          for (const [inputs, label] of outcomes) {
            mixture.learn(inputs, 0, label, 1)
            const now = mixture.variance(probe)
            // Rounding may add the last bits of what is left.
            expect(now).toBeLessThanOrEqual(before + 1e-9)
            expect(now).toBeGreaterThan(-1e-9)
            before = now
          }
        },
      ),
    )
  })

  it('refuses a snapshot of another size', () => {
    const small = new BayesianMixture([{ weight: 1, variance: 1 }])
    const large = new BayesianMixture([
      { weight: 1, variance: 1 },
      { weight: 1, variance: 1 },
    ])
    expect(() => small.restore(large.snapshot())).toThrow('a mixture of 2 inputs is not one of 1')
  })
})
