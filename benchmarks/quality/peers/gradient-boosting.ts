/** How trees are grown. */
export interface BoostingOptions {
  readonly trees: number
  readonly depth: number
  readonly rate: number
  /** Added to the Hessian of a leaf. */
  readonly lambda: number
  /** Least Hessian on each side of a split. */
  readonly leastHessian: number
  readonly bins: number
  /** Trees that may pass without a gain on the newest part before growing stops. */
  readonly patience: number
}

/** Of depths 3, 4, 5 and 6, rates 0.05, 0.08 and 0.1, λ and least Hessian 1 and 3 to 5, by the mean ratio over the streams. */
export const BOOSTING: BoostingOptions = {
  trees: 120,
  depth: 4,
  rate: 0.08,
  lambda: 1,
  leastHessian: 1,
  bins: 32,
  patience: 12,
}

/** Rows by columns; NaN is a missing value, and goes left. */
export interface Matrix {
  readonly values: Float64Array
  readonly rows: number
  readonly columns: number
}

interface Tree {
  /** Column of each inner node, −1 where it does not split. */
  readonly column: Int16Array
  /** Values from here on go right. */
  readonly from: Float64Array
  readonly leaves: Float64Array
}

/** Log-odds as the sum of a start and of trees. */
export interface BoostedTrees {
  readonly start: number
  readonly depth: number
  readonly trees: readonly Tree[]
}

/**
 * Gradient boosting of the log loss with histograms: g = y − p, h = p(1 − p); a split gains G²/(H + λ) of its sides less that of the
 * whole; a leaf adds rate·G/(H + λ). The newest fifth of the rows decides how many trees stay.
 *
 * @param labels - One a row, oldest first.
 * @see Friedman (2001), Greedy Function Approximation; Chen, Guestrin (2016), XGBoost, for the second-order gain; Ke et al. (2017),
 * LightGBM, for histograms.
 */
export function fitBoostedTrees(matrix: Matrix, labels: Uint8Array, options: BoostingOptions = BOOSTING): BoostedTrees {
  const trained = Math.max(1, Math.floor(matrix.rows * 0.8))
  const { cuts, bins } = binColumns(matrix, options.bins)
  const bad = labels.subarray(0, trained).reduce((sum, label) => sum + label, 0)
  const start = Math.log((bad + 0.5) / (trained - bad + 0.5))
  const scores = new Float64Array(matrix.rows).fill(start)
  const trees: Tree[] = []
  let best = { loss: meanLoss(scores, labels, trained), trees: 0 }
  for (let index = 0; index < options.trees && index - best.trees < options.patience; index++) {
    const { tree, nodes } = growTree({ matrix, cuts, bins, labels, scores, trained, options })
    trees.push(tree)
    for (let row = 0; row < matrix.rows; row++) scores[row] = (scores[row] ?? 0) + (tree.leaves[nodes[row] ?? 0] ?? 0)
    const loss = meanLoss(scores, labels, trained)
    if (loss < best.loss) best = { loss, trees: index + 1 }
  }
  return { start, depth: options.depth, trees: trees.slice(0, best.trees) }
}

/** Log-odds for one row. */
export function scoreBoostedTrees({ start, depth, trees }: BoostedTrees, row: Float64Array): number {
  let score = start
  for (const { column, from, leaves } of trees) {
    let node = 0
    for (let level = 0; level < depth; level++) {
      const split = column[node] ?? -1
      // A value that is missing (NaN) is never at least anything.
      const goesRight = split >= 0 && (row[split] ?? Number.NaN) >= (from[node] ?? 0)
      node = 2 * node + (goesRight ? 2 : 1)
    }
    score += leaves[node - (2 ** depth - 1)] ?? 0
  }
  return score
}

interface Binned {
  /** Ascending borders a column; bin b > 0 holds values from cuts[b − 1] on, bin 0 what is missing too. */
  readonly cuts: readonly Float64Array[]
  readonly bins: Uint8Array
}

function binColumns({ values, rows, columns }: Matrix, most: number): Binned {
  const bins = new Uint8Array(rows * columns)
  const cuts = Array.from({ length: columns }, (_, column) => {
    const step = Math.max(1, Math.floor(rows / 2048))
    const sample: number[] = []
    for (let row = 0; row < rows; row += step) {
      const value = values[row * columns + column] ?? Number.NaN
      if (!Number.isNaN(value)) sample.push(value)
    }
    const sorted = Float64Array.from(sample).toSorted()
    const borders = Array.from(
      { length: most - 1 },
      (_, index) => sorted[Math.floor((index * sorted.length) / (most - 1))],
    )
    const cut = Float64Array.from(new Set(borders.filter((each) => each !== undefined)))
    for (let row = 0; row < rows; row++)
      bins[row * columns + column] = binOf(values[row * columns + column] ?? Number.NaN, cut)
    return cut
  })
  return { cuts, bins }
}

function binOf(value: number, cuts: Float64Array): number {
  if (Number.isNaN(value)) return 0
  let [low, high] = [0, cuts.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((cuts[middle] ?? 0) <= value) low = middle + 1
    else high = middle
  }
  return low
}

interface Growing extends Binned {
  readonly matrix: Matrix
  readonly labels: Uint8Array
  readonly scores: Float64Array
  readonly trained: number
  readonly options: BoostingOptions
}

/** Level by level; `nodes` holds the leaf of every row, those that only judge included. */
function growTree(growing: Growing): { tree: Tree; nodes: Uint16Array } {
  const { matrix, bins, labels, scores, trained, options } = growing
  const { rows, columns } = matrix
  const inner = 2 ** options.depth - 1
  const tree = {
    column: new Int16Array(inner).fill(-1),
    from: new Float64Array(inner),
    leaves: new Float64Array(inner + 1),
  }
  const gradients = new Float64Array(trained)
  const hessians = new Float64Array(trained)
  for (let row = 0; row < trained; row++) {
    const p = 1 / (1 + Math.exp(-(scores[row] ?? 0)))
    gradients[row] = (labels[row] ?? 0) - p
    hessians[row] = Math.max(1e-4, p * (1 - p))
  }
  const nodes = new Uint16Array(rows)
  for (let level = 0; level < options.depth; level++) {
    const splits = findSplits(growing, { gradients, hessians, nodes, count: 2 ** level })
    for (const [node, { column, bin }] of splits.entries()) {
      tree.column[2 ** level - 1 + node] = column
      tree.from[2 ** level - 1 + node] = column < 0 ? 0 : (growing.cuts[column]?.[bin] ?? 0)
    }
    for (let row = 0; row < rows; row++) {
      const node = nodes[row] ?? 0
      const { column, bin } = splits[node] ?? NO_SPLIT
      nodes[row] = 2 * node + (column >= 0 && (bins[row * columns + column] ?? 0) > bin ? 1 : 0)
    }
  }
  const sums = new Float64Array(inner + 1)
  const weights = new Float64Array(inner + 1)
  for (let row = 0; row < trained; row++) {
    const leaf = nodes[row] ?? 0
    sums[leaf] = (sums[leaf] ?? 0) + (gradients[row] ?? 0)
    weights[leaf] = (weights[leaf] ?? 0) + (hessians[row] ?? 0)
  }
  for (let leaf = 0; leaf <= inner; leaf++)
    tree.leaves[leaf] = (options.rate * (sums[leaf] ?? 0)) / ((weights[leaf] ?? 0) + options.lambda)
  return { tree, nodes }
}

interface Split {
  /** −1: none gains. */
  readonly column: number
  /** Bins up to it go left. */
  readonly bin: number
  readonly gain: number
}

const NO_SPLIT: Split = { column: -1, bin: 0, gain: 1e-6 }

interface Level {
  readonly gradients: Float64Array
  readonly hessians: Float64Array
  readonly nodes: Uint16Array
  /** Nodes of this level. */
  readonly count: number
}

function findSplits({ matrix, cuts, bins, trained, options }: Growing, level: Level): Split[] {
  const { gradients, hessians, nodes, count } = level
  const { columns } = matrix
  const splits = Array.from({ length: count }, () => NO_SPLIT)
  const g = new Float64Array(count * options.bins)
  const h = new Float64Array(count * options.bins)
  for (const [column, cut] of cuts.entries()) {
    if (cut.length === 0) continue
    g.fill(0)
    h.fill(0)
    for (let row = 0; row < trained; row++) {
      const place = (nodes[row] ?? 0) * options.bins + (bins[row * columns + column] ?? 0)
      g[place] = (g[place] ?? 0) + (gradients[row] ?? 0)
      h[place] = (h[place] ?? 0) + (hessians[row] ?? 0)
    }
    for (let node = 0; node < count; node++) {
      const from = node * options.bins
      const found = bestSplit(g.subarray(from, from + options.bins), h.subarray(from, from + options.bins), options)
      if (found.gain > (splits[node]?.gain ?? 0)) splits[node] = { ...found, column }
    }
  }
  return splits
}

function bestSplit(g: Float64Array, h: Float64Array, { lambda, leastHessian }: BoostingOptions): Omit<Split, 'column'> {
  let [totalG, totalH] = [0, 0]
  for (const [bin, each] of g.entries()) {
    totalG += each
    totalH += h[bin] ?? 0
  }
  const whole = totalG ** 2 / (totalH + lambda)
  let best = { bin: 0, gain: 0 }
  let [leftG, leftH] = [0, 0]
  for (let bin = 0; bin < g.length - 1; bin++) {
    leftG += g[bin] ?? 0
    leftH += h[bin] ?? 0
    const rightH = totalH - leftH
    if (leftH < leastHessian || rightH < leastHessian) continue
    const gain = leftG ** 2 / (leftH + lambda) + (totalG - leftG) ** 2 / (rightH + lambda) - whole
    if (gain > best.gain) best = { bin, gain }
  }
  return best
}

/** Over the rows that only judge. */
function meanLoss(scores: Float64Array, labels: Uint8Array, from: number): number {
  let loss = 0
  for (let row = from; row < scores.length; row++) {
    const z = scores[row] ?? 0
    loss += Math.log1p(Math.exp(labels[row] === 1 ? -z : z))
  }
  return loss / Math.max(1, scores.length - from)
}
