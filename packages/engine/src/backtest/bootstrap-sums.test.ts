import { describe, expect, it } from 'vitest'
import { randomFrom } from '../math/random-from.ts'
import { bootstrapSums } from './bootstrap-sums.ts'

const rows = (...columns: readonly (readonly number[])[]): Float64Array[] =>
  columns[0]?.map((_, index) => Float64Array.from(columns, (column) => column[index] ?? 0)) ?? []

describe('the bootstrap of sums', () => {
  it('gives the interval of the binomial where a tenth of the clusters differs by one', () => {
    // The sum of 1000 draws is binomial(1000, 0.1): mean 100, standard deviation √(1000 · 0.1 · 0.9) = 9.49; its quantiles at
    // 2.5 and 97.5 % are 82 and 119. With 2000 resamples an end of the interval varies by about 0.5.
    const [interval] = bootstrapSums(rows(Array.from({ length: 100 }, () => 1)), { clusters: 1000 })
    expect(Math.abs((interval?.[0] ?? 0) - 82)).toBeLessThanOrEqual(2)
    expect(Math.abs((interval?.[1] ?? 0) - 119)).toBeLessThanOrEqual(2)
  })

  it('has no width where every cluster differs by the same', () => {
    expect(bootstrapSums(rows([2, 2, 2, 2], [-1, -1, -1, -1]), { clusters: 4 })).toEqual([
      [8, 8],
      [-4, -4],
    ])
  })

  it('draws whole clusters: the same total in fewer clusters is less certain', () => {
    const width = (clusters: number): number => {
      const values = Array.from({ length: clusters }, (_, index) => (index % 2 === 0 ? 400 / clusters : 0))
      const [interval] = bootstrapSums(rows(values.filter((each) => each !== 0)), { clusters })
      return (interval?.[1] ?? 0) - (interval?.[0] ?? 0)
    }
    // Standard deviations √(C · ¼) · 400/C: 10 with 400 clusters, 20 with 100.
    expect(width(100) / width(400)).toBeCloseTo(2, 0)
  })

  it('covers the true mean in about 95 % of samples', () => {
    const next = randomFrom(7)
    let covered = 0
    for (let trial = 0; trial < 200; trial++) {
      // Uniform on (−1, 1): the true sum of 50 is 0.
      const values = Array.from({ length: 50 }, () => 2 * next() - 1)
      const [interval] = bootstrapSums(rows(values), { clusters: 50, resamples: 400, seed: trial })
      if (interval && interval[0] <= 0 && interval[1] >= 0) covered++
    }
    // Standard error of a share of 95 % in 200 trials: 1.5 %.
    expect(covered / 200).toBeGreaterThan(0.9)
    expect(covered / 200).toBeLessThan(0.99)
  })

  it('repeats itself with the same seed and not with another', () => {
    const values = rows([3, 1, 4, 1, 5, 9, 2, 6])
    const of = (seed: number): unknown => bootstrapSums(values, { clusters: 20, seed, resamples: 50 })
    expect(of(1)).toEqual(of(1))
    expect(of(1)).not.toEqual(of(2))
  })

  it('gives nothing where nothing differs', () => {
    expect(bootstrapSums([], { clusters: 100 })).toEqual([])
  })
})
