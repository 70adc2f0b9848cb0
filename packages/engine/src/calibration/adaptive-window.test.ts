import { describe, expect, it } from 'vitest'
import { randomFrom } from '../math/random-from.ts'
import { AdaptiveWindow } from './adaptive-window.ts'

/** Adds n values that are 1 with probability p. @returns the number of cuts. */
function feed(window: AdaptiveWindow, n: number, p: number, random: () => number): number {
  let cuts = 0
  for (let each = 0; each < n; each++) if (window.add(random() < p ? 1 : 0) !== 0) cuts++
  return cuts
}

describe('an adaptive window', () => {
  it('keeps everything while nothing changes', () => {
    const window = new AdaptiveWindow()
    expect(feed(window, 5000, 0.1, randomFrom(1))).toBe(0)
    expect(window.count).toBe(5000)
    expect(window.mean).toBeCloseTo(0.1, 1)
  })

  it('forgets what was before a change, within 200 values', () => {
    const random = randomFrom(2)
    const window = new AdaptiveWindow()
    feed(window, 3000, 0.1, random)
    expect(feed(window, 200, 0.4, random)).toBeGreaterThan(0)
    feed(window, 800, 0.4, random)
    expect(window.count).toBeLessThan(1200)
    expect(window.mean).toBeGreaterThan(0.33)
  })

  it('tells which way the mean went', () => {
    const window = new AdaptiveWindow()
    for (let each = 0; each < 100; each++) window.add(0)
    const up = Array.from({ length: 60 }, () => window.add(1)).filter((change) => change !== 0)
    expect(up.every((change) => change > 0)).toBe(true)
    expect(up.length).toBeGreaterThan(0)
    for (let each = 0; each < 200; each++) window.add(1)
    const down = Array.from({ length: 60 }, () => window.add(0)).filter((change) => change !== 0)
    expect(down.every((change) => change < 0)).toBe(true)
    expect(down.length).toBeGreaterThan(0)
  })

  it('goes on after a restart as if there had been none', () => {
    const random = randomFrom(3)
    const window = new AdaptiveWindow()
    feed(window, 777, 0.2, random)
    const other = new AdaptiveWindow()
    other.restore(structuredClone(window.snapshot()))
    for (let each = 0; each < 500; each++) {
      const value = random() < 0.6 ? 1 : 0
      expect(other.add(value)).toBe(window.add(value))
    }
    expect(other.snapshot()).toEqual(window.snapshot())
  })
})
