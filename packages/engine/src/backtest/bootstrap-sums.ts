import { randomFrom } from '../math/random-from.ts'

export interface BootstrapOptions {
  /** Clusters in all, those without a row included: their sums are zero. */
  readonly clusters: number
  /** @defaultValue 2000 */
  readonly resamples?: number
  /** Share of the resamples inside the interval. @defaultValue 0.95 */
  readonly level?: number
  /** The same seed gives the same interval. @defaultValue 1 */
  readonly seed?: number
}

export const RESAMPLES = 2000
export const LEVEL = 0.95

/**
 * Percentile bootstrap intervals of sums over clusters: as many clusters as there are, drawn with replacement, and summed again.
 * Whole clusters are drawn because what happens within a run is not independent. The intervals are too narrow with fewer than
 * some 30 clusters that differ. O(resamples · clusters).
 *
 * @param rows - One row a cluster whose sums are not all zero; all of one length.
 * @returns [lower, upper] for each column.
 * @see Efron (1979), Bootstrap methods: another look at the jackknife; Cameron, Gelbach, Miller (2008) for clusters.
 */
export function bootstrapSums(rows: readonly Float64Array[], options: BootstrapOptions): [number, number][] {
  const { clusters, resamples = RESAMPLES, level = LEVEL, seed = 1 } = options
  const columns = rows[0]?.length ?? 0
  const next = randomFrom(seed)
  const draws = Array.from({ length: columns }, () => new Float64Array(resamples))
  const sums = new Float64Array(columns)
  for (let resample = 0; resample < resamples; resample++) {
    sums.fill(0)
    for (let draw = 0; draw < clusters; draw++) {
      // Rows come first among the clusters; the rest add nothing.
      const row = rows[Math.floor(next() * clusters)]
      if (row) for (let column = 0; column < columns; column++) sums[column] = (sums[column] ?? 0) + (row[column] ?? 0)
    }
    for (const [column, values] of draws.entries()) values[resample] = sums[column] ?? 0
  }
  const tail = (1 - level) / 2
  return draws.map((values) => {
    const sorted = values.toSorted()
    return [quantile(sorted, tail), quantile(sorted, 1 - tail)]
  })
}

/** Linear between the two nearest of the sorted values. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1)
  const below = sorted[Math.floor(place)] ?? 0
  const above = sorted[Math.ceil(place)] ?? below
  return below + (place - Math.floor(place)) * (above - below)
}
