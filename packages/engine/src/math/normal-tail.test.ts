import { describe, expect, it } from 'vitest'
import { twoProportionScore, twoSidedTail } from './normal-tail.ts'

describe('the tail of the normal distribution', () => {
  it('has the tabulated values', () => {
    for (const [z, p] of [
      [0, 1],
      [0.5, 0.617075],
      [1, 0.317311],
      [1.959964, 0.05],
      [-2.575829, 0.01],
      [4, 6.334248e-5],
    ] as const)
      expect(twoSidedTail(z) / p).toBeCloseTo(1, 5)
    expect(twoSidedTail(40)).toBe(0)
  })
})

describe('the score of two rates', () => {
  it('is that of the textbook', () => {
    // 40 of 100 against 25 of 100: pooled 0.325, standard error √(0.325 · 0.675 · 0.02) = 0.066238.
    expect(twoProportionScore({ bad: 40, n: 100 }, { bad: 25, n: 100 })).toBeCloseTo(0.15 / 0.0662382, 4)
    expect(twoProportionScore({ bad: 25, n: 100 }, { bad: 40, n: 100 })).toBeCloseTo(-0.15 / 0.0662382, 4)
  })

  it('is 0 where nothing or everything is bad, and null where there is nothing', () => {
    expect(twoProportionScore({ bad: 0, n: 10 }, { bad: 0, n: 5 })).toBe(0)
    expect(twoProportionScore({ bad: 10, n: 10 }, { bad: 5, n: 5 })).toBe(0)
    expect(twoProportionScore({ bad: 0, n: 0 }, { bad: 0, n: 5 })).toBeNull()
  })
})
