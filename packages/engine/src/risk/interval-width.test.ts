import { describe, expect, it } from 'vitest'
import { IntervalWidth, Z_90 } from './interval-width.ts'

const BOUNDS = [0.25, 0.35] as const

function after(rate: number): number {
  const width = new IntervalWidth()
  for (let n = 0; n < 1000; n++) width.learn(0.3, BOUNDS, Math.floor(n * rate) < Math.floor((n + 1) * rate) ? 1 : 0)
  return width.halfWidth(1)
}

describe('the width of intervals', () => {
  it('stays as it began while observed rates lie inside', () => {
    expect(after(0.3)).toBe(Z_90)
  })

  it('stays as it began while nothing ever goes wrong, however small the estimates are', () => {
    const width = new IntervalWidth()
    for (let n = 0; n < 1000; n++) width.learn(0.0005, [0.0004, 0.0006], 0)
    expect(width.halfWidth(1)).toBe(Z_90)
  })

  it('grows while they lie outside, up to four times', () => {
    expect(after(0.5)).toBe(4 * Z_90)
  })
})
