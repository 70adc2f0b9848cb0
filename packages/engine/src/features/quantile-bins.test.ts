import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BinPosition, QuantileBins, zScore } from './quantile-bins.ts'

function place(bins: QuantileBins, value: number): BinPosition {
  const position = { bin: -1, share: -1 }
  bins.locate(value, position)
  return position
}

function binsOf(values: readonly number[]): QuantileBins {
  const bins = new QuantileBins()
  for (const value of values) bins.admit(value)
  return bins
}

describe('soft quantile bins', () => {
  it('are cut at the octiles, and a value between two cuts belongs to both', () => {
    const bins = binsOf([0, 10, 20, 30, 40, 50, 60, 70, 80].slice(0, 8))
    // Eight values: cuts at 0, 0, 10, 20, 30, 40, 50, 60, 70 without the repeated one.
    expect(place(bins, -5)).toEqual({ bin: 0, share: 0 })
    expect(place(bins, 25)).toEqual({ bin: 2, share: 0.5 })
    expect(place(bins, 30)).toEqual({ bin: 2, share: 1 })
    expect(place(bins, 1000).share).toBe(0)
  })

  it('are one bin until eight values are known, and where all are alike', () => {
    expect(place(binsOf([1, 2, 3]), 2)).toEqual({ bin: 0, share: 0 })
    expect(place(binsOf(Array.from({ length: 50 }, () => 4)), 4)).toEqual({ bin: 0, share: 0 })
  })

  it('keep order: a larger value never lies further down', () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(fc.array(number, { minLength: 8, maxLength: 600 }), number, number, (values, a, b) => {
        const bins = binsOf(values)
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((value) => place(bins, value))
        expect((low?.bin ?? 0) + (low?.share ?? 0)).toBeLessThanOrEqual((high?.bin ?? 0) + (high?.share ?? 0))
      }),
    )
  })

  it('go on from a snapshot', () => {
    const bins = binsOf(Array.from({ length: 700 }, (_, n) => (n * 37) % 101))
    const restored = new QuantileBins(structuredClone(bins.snapshot()))
    for (const each of [bins, restored]) for (let n = 0; n < 700; n++) each.admit((n * 53) % 211)
    expect(restored.snapshot()).toEqual(bins.snapshot())
  })
})

describe('z-scores', () => {
  it('are 0 until four values are known, and at most 3', () => {
    expect(zScore(binsOf([1, 2, 3]).moments, 100)).toBe(0)
    expect(zScore(binsOf([1, 2, 3, 2]).moments, 100)).toBe(3)
    expect(zScore(binsOf([1, 2, 3, 2]).moments, 2)).toBeCloseTo(0, 12)
  })
})
