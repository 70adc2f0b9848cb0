import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wilsonInterval } from '../math/wilson-interval.ts'
import { Predictions } from './predictions.ts'

function predictions(...pairs: readonly (readonly [risk: number, label: 0 | 1])[]): Predictions {
  const made = new Predictions()
  for (const [risk, label] of pairs) made.add(risk, label)
  return made
}

function repeat(count: number, risk: number, bad: number): (readonly [number, 0 | 1])[] {
  return Array.from({ length: count }, (_, index) => [risk, index < bad ? 1 : 0] as const)
}

const anyPredictions = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom<0 | 1>(0, 1)), {
  minLength: 1,
  maxLength: 60,
})

describe('predictions and what came of them', () => {
  it('have the figures that were worked out by hand', () => {
    // (0.1 − 0)², (0.4 − 1)², (0.6 − 0)², (0.9 − 1)² = 0.01 + 0.36 + 0.36 + 0.01
    const made = predictions([0.1, 0], [0.4, 1], [0.6, 0], [0.9, 1])
    expect(made.brier).toBeCloseTo(0.185, 12)
    expect(made.meanPredicted).toBeCloseTo(0.5, 12)
    expect(made.observedRate).toBe(0.5)
    // −(2 ln 0.9 + 2 ln 0.4) / 4
    expect(made.logLoss).toBeCloseTo(-(Math.log(0.9) + Math.log(0.4)) / 2, 12)
    // Each has a bin of its own: (0.1 + 0.6 + 0.6 + 0.1) / 4
    expect(made.calibrationError()).toBeCloseTo(0.35, 12)
  })

  it('with one score are one gap, whatever the order of the labels', () => {
    const pairs = repeat(30, 0.3, 12)
    expect(predictions(...pairs).calibrationError()).toBeCloseTo(0.1, 12)
    expect(predictions(...pairs.toReversed()).calibrationError()).toBeCloseTo(0.1, 12)
  })

  it('that are right on average in each of two groups have no error', () => {
    expect(predictions(...repeat(50, 0.2, 10), ...repeat(50, 0.8, 40)).calibrationError()).toBeCloseTo(0, 12)
  })

  it('in bins are all there once, in order, none split between equals', () => {
    const made = predictions(...repeat(40, 0.2, 8), ...repeat(5, 0.5, 1), ...repeat(55, 0.9, 50))
    expect(made.bins(10)).toEqual([
      { lower: 0.2, upper: 0.2, count: 40, predicted: expect.closeTo(8, 9), bad: 8 },
      { lower: 0.5, upper: 0.5, count: 5, predicted: 2.5, bad: 1 },
      { lower: 0.9, upper: 0.9, count: 55, predicted: expect.closeTo(49.5, 9), bad: 50 },
    ])
    fc.assert(
      fc.property(anyPredictions, fc.integer({ min: 1, max: 20 }), (pairs, most) => {
        const bins = predictions(...pairs).bins(most)
        expect(bins.length).toBeLessThanOrEqual(most)
        expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(pairs.length)
        expect(bins.every((bin, index) => bin.lower > (bins[index - 1]?.upper ?? -1))).toBe(true)
      }),
    )
  })

  it('of distinct scores fill bins of equal count', () => {
    const made = predictions(...Array.from({ length: 100 }, (_, index) => [index / 100, 0] as const))
    expect(made.bins(10).map((bin) => bin.count)).toEqual(Array.from({ length: 10 }, () => 10))
  })

  it('have an error between 0 and 1, which no order changes', () => {
    fc.assert(
      fc.property(anyPredictions, (pairs) => {
        const error = predictions(...pairs).calibrationError()
        expect(error).toBeGreaterThanOrEqual(0)
        expect(error).toBeLessThanOrEqual(1)
        expect(predictions(...pairs.toReversed()).calibrationError()).toBeCloseTo(error ?? Number.NaN, 9)
      }),
    )
  })

  it('have a Brier score that is the sum of its parts where scores in a bin are equal', () => {
    const made = predictions(...repeat(60, 0.2, 6), ...repeat(40, 0.8, 30))
    const parts = made.brierParts()
    expect(parts).toEqual({
      reliability: expect.closeTo(0.6 * 0.1 ** 2 + 0.4 * 0.05 ** 2, 12),
      resolution: expect.closeTo(0.6 * (0.1 - 0.36) ** 2 + 0.4 * (0.75 - 0.36) ** 2, 12),
      uncertainty: expect.closeTo(0.36 * 0.64, 12),
    })
    expect(made.brier).toBeCloseTo((parts?.reliability ?? 0) - (parts?.resolution ?? 0) + (parts?.uncertainty ?? 0), 12)
  })

  it('that there are none of have no figures', () => {
    const { brier, logLoss, meanPredicted, observedRate } = new Predictions()
    expect([brier, logLoss, meanPredicted, observedRate, new Predictions().calibrationError()]).toEqual(
      Array.from({ length: 5 }, () => null),
    )
  })
})

describe('the interval of a rate', () => {
  it('is the published one', () => {
    // Newcombe (1998), Statistics in Medicine 17, table I, method 3: 81/263, 15/148, 0/20, 1/29.
    for (const [bad, n, lower, upper] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const)
      expect(wilsonInterval(bad, n)).toEqual([expect.closeTo(lower, 4), expect.closeTo(upper, 4)])
  })
})
