import { describe, expect, it } from 'vitest'
import { randomFrom } from '../math/random-from.ts'
import { HeldShare } from './held-share.ts'
import { importanceWeight, MOST_STOOD_FOR } from './importance-weight.ts'
import { sampleReview } from './sample-review.ts'

describe('sampling reviews', () => {
  it('says nothing of a call that runs for sure, or that nobody will look at', () => {
    const about = { draw: () => 0.5 }
    expect(sampleReview({ ...about, runs: true, runShare: 1, sampleRate: 0.3 })).toBeUndefined()
    expect(sampleReview({ ...about, runs: false, runShare: 0, sampleRate: 0.3 })).toBeUndefined()
    expect(sampleReview({ runs: false, runShare: 0, sampleRate: 0, draw: () => 0 })).toBeUndefined()
  })

  it('records how likely it was that the outcome becomes known, by running or by a review', () => {
    // 0.4 + 0.6·0.5.
    const known = { runShare: 0.4, sampleRate: 0.5, draw: () => 0.1 }
    expect(sampleReview({ ...known, runs: true })).toEqual({ propensity: 0.7, is_sampled: false })
    expect(sampleReview({ ...known, runs: false })).toEqual({ propensity: 0.7, is_sampled: true })
    expect(sampleReview({ ...known, runs: false, runShare: 0 })).toEqual({ propensity: 0.5, is_sampled: true })
  })

  it('stands for as many decisions as there were, on average, up to the cut', () => {
    const random = randomFrom(7)
    let sum = 0
    for (let n = 0; n < 20_000; n++) {
      const review = sampleReview({ runs: false, runShare: 0, sampleRate: 0.2, draw: random })
      if (review) sum += importanceWeight(review.propensity)
    }
    // Standard deviation of the sum: 5·√(20000·0.2·0.8) = 283.
    expect(Math.abs(sum - 20_000)).toBeLessThan(3 * 283)
    expect(importanceWeight(0.001)).toBe(MOST_STOOD_FOR)
  })

  it.each([
    [0.1, 0.6],
    [0.2, 0.05],
    [0.4, 0.9],
  ])('keeps to %s of all decisions where %s of them are held, and takes all where fewer are', (share, heldRate) => {
    const [heldShare, random] = [new HeldShare(), randomFrom(11)]
    let sampled = 0
    for (let n = 0; n < 10_000; n++) {
      const isHeld = random() < heldRate
      if (isHeld && random() < heldShare.sampleRate(share)) sampled++
      heldShare.admit(isHeld)
    }
    const most = Math.min(share, heldRate)
    expect(sampled / 10_000).toBeLessThan(most * 1.1)
    expect(sampled / 10_000).toBeGreaterThan(most * 0.9)
  })
})
