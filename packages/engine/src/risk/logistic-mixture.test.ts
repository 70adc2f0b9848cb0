import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LogisticMixture } from './logistic-mixture.ts'

describe('the mixture', () => {
  it('takes one step of the extended Kalman filter, hand-worked', () => {
    const mixture = new LogisticMixture([0, 0], [1, 4])
    // x = (1, 0.5), o = 0, y = 1: t = (1, 2), V = 2, p = ½, h = ¼, k = 1/(1 + ½) = ⅔; w = t·½·⅔; P = P − ⅙·ttᵀ.
    mixture.learn([1, 0.5], 0, 1)
    expect(mixture.weight(0)).toBeCloseTo(1 / 3, 12)
    expect(mixture.weight(1)).toBeCloseTo(2 / 3, 12)
    expect(mixture.score([1, 0.5])).toBeCloseTo(2 / 3, 12)
    // (1 − ⅙, −⅓; −⅓, 4 − ⅔).
    expect(mixture.variance([1, 0])).toBeCloseTo(5 / 6, 12)
    expect(mixture.variance([0, 1])).toBeCloseTo(10 / 3, 12)
    expect(mixture.variance([1, 1])).toBeCloseTo(5 / 6 + 10 / 3 - 2 / 3, 12)
  })

  it('learns from the offset what is left to explain', () => {
    const mixture = new LogisticMixture([0], [1])
    // p = σ(ln 3) = ¾, h = 3/16, V = 1, k = 16/19; w = (0 − ¾)·16/19.
    mixture.learn([1], Math.log(3), 0)
    expect(mixture.weight(0)).toBeCloseTo(-12 / 19, 12)
  })

  it('finds weights that made the data', () => {
    const mixture = new LogisticMixture([0, 0], [10, 10])
    let seed = 1
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
    for (let n = 0; n < 20_000; n++) {
      const inputs = [random() * 4 - 2, random() * 4 - 2]
      const p = 1 / (1 + Math.exp(-(1.5 * (inputs[0] ?? 0) - 0.5 * (inputs[1] ?? 0))))
      mixture.learn(inputs, 0, random() < p ? 1 : 0)
    }
    // Four standard errors of a logistic regression on 20,000 such rows are about 0.1.
    expect(Math.abs(mixture.weight(0) - 1.5)).toBeLessThan(0.12)
    expect(Math.abs(mixture.weight(1) + 0.5)).toBeLessThan(0.12)
  })

  it('grows more certain with every outcome and stays finite', () => {
    const inputs = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 3, maxLength: 3 })
    const rows = fc.array(
      fc.record({ inputs, offset: fc.double({ min: -15, max: 15, noNaN: true }), bad: fc.boolean() }),
      {
        maxLength: 60,
      },
    )
    fc.assert(
      fc.property(rows, (steps) => {
        const mixture = new LogisticMixture([0.1, 0.2, 0.3], [1, 1, 1])
        for (const { inputs: x, offset, bad } of steps) {
          const before = mixture.variance(x)
          mixture.learn(x, offset, bad ? 1 : 0)
          // Rounding of a covariance of size 1 with inputs up to 10.
          expect(mixture.variance(x)).toBeLessThanOrEqual(before + 1e-9)
          expect(Number.isFinite(mixture.score(x))).toBe(true)
        }
      }),
    )
  })

  it('refuses a snapshot of another size', () => {
    const snapshot = new LogisticMixture([0], [1]).snapshot()
    expect(() => new LogisticMixture([0, 0], [1, 1]).restore(snapshot)).toThrow(/1 inputs is not one of 2/)
  })
})
