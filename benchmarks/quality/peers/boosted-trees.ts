import type { Peer, PeerDecision } from '../peer.ts'
import { BOOSTING, type BoostedTrees, fitBoostedTrees, scoreBoostedTrees } from './gradient-boosting.ts'

/** Columns; fields beyond are not seen. */
const MAX_COLUMNS = 96
/** Labelled decisions that are refitted on, the newest. */
const MAX_ROWS = 20_000
/** Outcomes before the first fit; then at each doubling, and from `EVERY` on at each multiple of it. */
const FIRST = 100
const EVERY = 2000
/** Weight of the base rate in a category's mean, in outcomes. */
const SMOOTHING = 5

interface Row {
  readonly values: Float64Array
  readonly label: 0 | 1
}

/**
 * Gradient-boosted trees refitted on the past. Numbers are columns as they are; a category's column is its mean as it was
 * when the decision was made (ordered target statistics), so that a row never sees its own outcome.
 *
 * @see Prokhorenkova et al. (2018), CatBoost: unbiased boosting with categorical features, NeurIPS.
 */
export function boostedTrees(): Peer {
  const columns = new Map<string, number>()
  const means = new Map<string, { n: number; bad: number }>()
  const rows: Row[] = []
  let [n, bad, learned] = [1, 0.5, 0]
  let model: BoostedTrees | null = null

  const columnOf = (name: string): number => {
    const known = columns.get(name)
    if (known !== undefined || columns.size >= MAX_COLUMNS) return known ?? -1
    columns.set(name, columns.size)
    return columns.size - 1
  }
  const rowOf = ({ features: { categories, numbers } }: PeerDecision): Float64Array => {
    const values = new Float64Array(MAX_COLUMNS).fill(Number.NaN)
    for (const [name, value] of numbers) {
      const column = columnOf(name)
      if (column >= 0) values[column] = value
    }
    for (const [name, value] of categories) {
      const column = columnOf(`mean of ${name}`)
      const mean = means.get(`${name}\n${value}`) ?? { n: 0, bad: 0 }
      if (column >= 0) values[column] = (mean.bad + (SMOOTHING * bad) / n) / (mean.n + SMOOTHING)
    }
    return values
  }
  const learn = ({ features: { categories } }: PeerDecision, values: Float64Array, label: 0 | 1): void => {
    n++
    bad += label
    for (const [name, value] of categories) {
      const key = `${name}\n${value}`
      const mean = means.get(key) ?? { n: 0, bad: 0 }
      means.set(key, { n: mean.n + 1, bad: mean.bad + label })
    }
    rows.push({ values, label })
    if (rows.length > MAX_ROWS) rows.shift()
    if (isRefitDue(++learned)) model = refit(rows, columns.size)
  }
  return {
    name: 'boosted trees, refitted',
    settings: `up to ${BOOSTING.trees} trees of depth ${BOOSTING.depth}, rate ${BOOSTING.rate}, λ = ${BOOSTING.lambda}, ${BOOSTING.bins} bins, stopped by the newest fifth; numbers as they are, categories as ordered target means; refitted on the newest ${MAX_ROWS} outcomes at ${FIRST}, 200, 400 … ${EVERY} and every ${EVERY}; until then the running base rate`,
    source: 'Friedman (2001); Chen and Guestrin (2016); Ke et al. (2017); Prokhorenkova et al. (2018)',
    readsFeatures: true,
    predict(decision) {
      const values = rowOf(decision)
      const probability = model ? 1 / (1 + Math.exp(-scoreBoostedTrees(model, values))) : bad / n
      return { probability, learn: (label) => learn(decision, values, label) }
    },
  }
}

function isRefitDue(learned: number): boolean {
  if (learned >= EVERY) return learned % EVERY === 0
  return learned >= FIRST && Number.isInteger(Math.log2(learned / FIRST))
}

function refit(rows: readonly Row[], columns: number): BoostedTrees {
  const values = new Float64Array(rows.length * columns)
  for (const [index, row] of rows.entries()) values.set(row.values.subarray(0, columns), index * columns)
  return fitBoostedTrees(
    { values, rows: rows.length, columns },
    Uint8Array.from(rows, ({ label }) => label),
  )
}
