import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { QuantileSketch } from './quantile-sketch.ts'

function sketchOf(values: readonly number[]): QuantileSketch {
  const sketch = new QuantileSketch()
  for (const value of values) sketch.admit(value)
  return sketch
}

describe('a quantile sketch', () => {
  it('has no bins before eight values and octiles from then on', () => {
    expect(sketchOf([1, 2, 3, 4, 5, 6, 7]).bin(4)).toBe(-1)
    const sketch = sketchOf([8, 7, 6, 5, 4, 3, 2, 1])
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((value) => sketch.bin(value))).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 7, 7])
  })

  it('has a median once enough values were seen', () => {
    expect(sketchOf([5, 1, 3]).median(4)).toBeNull()
    expect(sketchOf([5, 1, 3]).median(3)).toBe(3)
  })

  it('estimates quantiles of many values from a bounded sample', () => {
    const sketch = sketchOf(Array.from({ length: 50_000 }, (_, n) => (n * 7919) % 10_000))
    // A sample of 128 has a standard error of 10,000·√(¼/128) ≈ 440 at the median.
    expect(Math.abs((sketch.median(10) ?? 0) - 5000)).toBeLessThan(1500)
    expect(sketch.state.sample).toHaveLength(128)
    expect(sketch.bin(100)).toBe(0)
    expect(sketch.bin(9900)).toBe(7)
  })

  it('keeps recent values as likely as old ones, so that it follows a shift', () => {
    const sketch = sketchOf(Array.from({ length: 4000 }, (_, n) => (n < 2000 ? 1 : 100)))
    const late = sketch.state.sample.filter((value) => value === 100).length
    expect(late).toBeGreaterThan(40)
    expect(late).toBeLessThan(88)
  })

  it('puts a larger value into the same bin or a higher one', () => {
    const number = fc.double({ noNaN: true })
    fc.assert(
      fc.property(fc.array(number, { minLength: 8, maxLength: 300 }), number, number, (seen, a, b) => {
        const sketch = sketchOf(seen)
        expect(sketch.bin(Math.max(a, b))).toBeGreaterThanOrEqual(sketch.bin(Math.min(a, b)))
      }),
    )
  })

  it('goes on from its state as if it had never stopped', () => {
    const values = Array.from({ length: 700 }, (_, n) => Math.sin(n) * 1000)
    const whole = sketchOf(values)
    const half = new QuantileSketch(structuredClone(sketchOf(values.slice(0, 333)).state))
    for (const value of values.slice(333)) half.admit(value)
    expect(half.state).toEqual(whole.state)
  })
})
