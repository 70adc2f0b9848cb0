import { describe, expect, it } from 'vitest'
import { BOOSTING, fitBoostedTrees, scoreBoostedTrees } from './gradient-boosting.ts'

/** n rows of two columns: the first decides, the second is noise; every fifth value of the first is missing if asked. */
function sample(n: number, isBad: (value: number) => boolean, missing = false) {
  const values = new Float64Array(2 * n)
  const labels = new Uint8Array(n)
  for (let row = 0; row < n; row++) {
    const value = ((row * 7919) % n) / n
    labels[row] = isBad(value) ? 1 : 0
    values[2 * row] = missing && row % 5 === 0 ? Number.NaN : value
    values[2 * row + 1] = (row * 31) % 17
  }
  return { matrix: { values, rows: n, columns: 2 }, labels }
}

describe('boosted trees', () => {
  it('put the first leaf where the formula says', () => {
    const { matrix, labels } = sample(1000, (value) => value >= 0.5)
    const options = { ...BOOSTING, trees: 1, depth: 1, rate: 0.1, lambda: 1, bins: 3 }
    const { start, trees } = fitBoostedTrees(matrix, labels, options)
    const bad = labels.subarray(0, 800).reduce((sum, each) => sum + each, 0)
    const p = (bad + 0.5) / 801
    expect(start).toBeCloseTo(Math.log(p / (1 - p)), 12)
    // Two bins with values: the border is the median, so that one side is all bad: G = n(1 − p), H = n·p(1 − p).
    const right = labels.subarray(0, 800).reduce((sum, each) => sum + each, 0)
    const leaf = (0.1 * right * (1 - p)) / (right * p * (1 - p) + 1)
    expect(trees[0]?.leaves[1]).toBeCloseTo(leaf, 2)
  })

  it('find an interval, which no line can', () => {
    const { matrix, labels } = sample(3000, (value) => value > 0.4 && value < 0.6)
    const model = fitBoostedTrees(matrix, labels)
    const at = (value: number): number => scoreBoostedTrees(model, Float64Array.of(value, 3))
    expect(at(0.5)).toBeGreaterThan(2)
    expect(at(0.2)).toBeLessThan(-2)
    expect(at(0.8)).toBeLessThan(-2)
  })

  it('keep no tree where there is nothing to find', () => {
    const { matrix } = sample(2000, () => false)
    const labels = Uint8Array.from({ length: 2000 }, (_, row) => (Math.imul(row ^ (row >>> 3), 0x9e3779b1) >>> 31) & 1)
    const model = fitBoostedTrees(matrix, labels)
    expect(model.trees.length).toBeLessThan(15)
    expect(Math.abs(scoreBoostedTrees(model, Float64Array.of(0.3, 3)) - model.start)).toBeLessThan(0.7)
  })

  it('take missing values', () => {
    const { matrix, labels } = sample(2000, (value) => value > 0.5, true)
    const model = fitBoostedTrees(matrix, labels)
    expect(scoreBoostedTrees(model, Float64Array.of(0.9, 3))).toBeGreaterThan(1)
    expect(Number.isFinite(scoreBoostedTrees(model, Float64Array.of(Number.NaN, Number.NaN)))).toBe(true)
  })
})
