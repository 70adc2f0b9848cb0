import { mix } from '../math/hash.ts'

/** Quantile bins of a column; bin 0 holds what is missing. */
const BINS = 24
const DEPTH = 3
const MAX_TREES = 60
const RATE = 0.08
/** Weight of "no correction" in a leaf, in curvature. */
const SHRINKAGE = 5
/** Least curvature on each side of a split. */
const LEAST_CURVATURE = 3
/** Share of the columns that a tree may look at. */
const COLUMN_SHARE = 0.7
/** First part of the rows that trees are grown on; the rest decides how many stay. */
const TRAIN_SHARE = 0.8
/** Trees without a gain on the rest after which growing ends. */
const PATIENCE = 15
/** Rows that the cuts of a column are read off. */
const CUT_SAMPLE = 1024
const LEAST_GAIN = 1e-6
const LEAVES = 2 ** DEPTH

/** One tree, level by level: split k has its children at 2k + 1 and 2k + 2; −1 splits nothing. */
export interface Tree {
  readonly columns: Int16Array
  /** A value of at least this goes right; a missing one left. */
  readonly cuts: Float64Array
  readonly leaves: Float64Array
}

/** Rows that trees are fitted to. */
export interface TreeRows {
  readonly count: number
  readonly width: number
  /** Row after row; NaN where a value is missing. */
  readonly values: Float32Array
  readonly labels: Uint8Array
  /** Log-odds that were given before. */
  readonly margins: Float64Array
}

/**
 * Histogram gradient boosting on given log-odds: what did they miss? Each step grows one tree of depth 3 on the first 80 % of the
 * rows, with leaves G/(H + 5) at rate 0.08; the last 20 % decide how many trees stay, often none (risk-model.md §6).
 *
 * Catches interactions of experts and numbers; brings nothing where the mixture has missed nothing.
 *
 * @see Friedman (2001), Greedy function approximation; Ke et al. (2017), LightGBM, for histograms.
 */
export class TreeFit {
  readonly #rows: TreeRows
  readonly #train: number
  readonly #bins: Uint8Array
  readonly #cuts: Float64Array[] = []
  readonly #usable: number[] = []
  readonly #margins: Float64Array
  readonly #gradients: Float64Array
  readonly #curvatures: Float64Array
  readonly #nodes: Uint8Array
  readonly #trees: Tree[] = []
  #bestLoss: number
  #best = 0
  #isDone = false

  constructor(rows: TreeRows) {
    const { count, width } = rows
    this.#rows = rows
    this.#train = Math.floor(count * TRAIN_SHARE)
    this.#bins = new Uint8Array(count * width)
    this.#margins = rows.margins.slice()
    this.#gradients = new Float64Array(count)
    this.#curvatures = new Float64Array(count)
    this.#nodes = new Uint8Array(count)
    for (let column = 0; column < width; column++) this.#binColumn(column)
    this.#bestLoss = this.#lossOfRest()
  }

  /** Whether nothing remains to be grown. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** The trees that stay. */
  get trees(): readonly Tree[] {
    return this.#trees.slice(0, this.#best)
  }

  /** Grows one tree. */
  step(): void {
    if (this.#isDone) return
    const tree = this.#grow()
    this.#trees.push(tree)
    for (let row = 0; row < this.#rows.count; row++)
      this.#margins[row] = (this.#margins[row] ?? 0) + (tree.leaves[this.#nodes[row] ?? 0] ?? 0)
    const loss = this.#lossOfRest()
    if (loss < this.#bestLoss) {
      this.#bestLoss = loss
      this.#best = this.#trees.length
    }
    this.#isDone = this.#trees.length >= MAX_TREES || this.#trees.length - this.#best > PATIENCE
  }

  #binColumn(column: number): void {
    const { count, width, values } = this.#rows
    const sample: number[] = []
    for (let row = 0; row < count; row += Math.max(1, Math.floor(count / CUT_SAMPLE))) {
      const value = values[row * width + column] ?? Number.NaN
      if (!Number.isNaN(value)) sample.push(value)
    }
    const sorted = Float64Array.from(sample).toSorted()
    const cuts: number[] = []
    for (let bin = 1; bin < BINS - 1; bin++) {
      const value = sorted[Math.floor((bin * sorted.length) / (BINS - 1))]
      if (value !== undefined && value > (sorted[0] ?? 0) && value > (cuts.at(-1) ?? Number.NEGATIVE_INFINITY))
        cuts.push(value)
    }
    this.#cuts.push(Float64Array.from(cuts))
    if (cuts.length > 0) this.#usable.push(column)
    for (let row = 0; row < count; row++) {
      const value = values[row * width + column] ?? Number.NaN
      this.#bins[column * count + row] = Number.isNaN(value) ? 0 : countAtMost(cuts, value) + 1
    }
  }

  #grow(): Tree {
    const { labels } = this.#rows
    for (let row = 0; row < this.#train; row++) {
      const p = 1 / (1 + Math.exp(-(this.#margins[row] ?? 0)))
      this.#gradients[row] = (labels[row] ?? 0) - p
      this.#curvatures[row] = Math.max(1e-4, p * (1 - p))
    }
    this.#nodes.fill(0)
    const columns = new Int16Array(LEAVES).fill(-1)
    const cuts = new Float64Array(LEAVES)
    const number = this.#trees.length
    const allowed = this.#usable.filter((column) => (mix(number * 131 + 7, column) & 1023) / 1024 < COLUMN_SHARE)
    for (let level = 0; level < DEPTH; level++) this.#splitLevel(2 ** level, allowed, columns, cuts)
    return { columns, cuts, leaves: this.#leaves() }
  }

  /** The best split of each node of a level; rows move to its children. */
  #splitLevel(nodes: number, allowed: readonly number[], columns: Int16Array, cuts: Float64Array): void {
    const split = new LevelSplit(nodes)
    for (let row = 0; row < this.#train; row++)
      split.addRow(this.#nodes[row] ?? 0, this.#gradients[row] ?? 0, this.#curvatures[row] ?? 0)
    for (const column of allowed) {
      this.#fillHistogram(split, column)
      split.tryColumn(column, (this.#cuts[column]?.length ?? 0) + 1)
    }
    for (let node = 0; node < nodes; node++) {
      const column = split.columns[node] ?? -1
      const bin = split.bins[node] ?? 0
      columns[nodes - 1 + node] = column
      if (column >= 0)
        cuts[nodes - 1 + node] = bin === 0 ? Number.NEGATIVE_INFINITY : (this.#cuts[column]?.[bin - 1] ?? 0)
    }
    const { count } = this.#rows
    for (let row = 0; row < count; row++) {
      const node = this.#nodes[row] ?? 0
      const column = split.columns[node] ?? -1
      const goesRight = column >= 0 && (this.#bins[column * count + row] ?? 0) > (split.bins[node] ?? 0)
      this.#nodes[row] = 2 * node + (goesRight ? 1 : 0)
    }
  }

  #fillHistogram({ gradients, curvatures }: LevelSplit, column: number): void {
    const { count } = this.#rows
    const bins = this.#bins.subarray(column * count, (column + 1) * count)
    const [nodes, gradient, curvature] = [this.#nodes, this.#gradients, this.#curvatures]
    gradients.fill(0)
    curvatures.fill(0)
    for (let row = 0; row < this.#train; row++) {
      const place = (nodes[row] ?? 0) * STRIDE + (bins[row] ?? 0)
      gradients[place] = (gradients[place] ?? 0) + (gradient[row] ?? 0)
      curvatures[place] = (curvatures[place] ?? 0) + (curvature[row] ?? 0)
    }
  }

  #leaves(): Float64Array {
    const gradients = new Float64Array(LEAVES)
    const curvatures = new Float64Array(LEAVES)
    for (let row = 0; row < this.#train; row++) {
      const node = this.#nodes[row] ?? 0
      gradients[node] = (gradients[node] ?? 0) + (this.#gradients[row] ?? 0)
      curvatures[node] = (curvatures[node] ?? 0) + (this.#curvatures[row] ?? 0)
    }
    return gradients.map((gradient, node) => (RATE * gradient) / ((curvatures[node] ?? 0) + SHRINKAGE))
  }

  #lossOfRest(): number {
    let loss = 0
    for (let row = this.#train; row < this.#rows.count; row++) {
      const p = 1 / (1 + Math.exp(-(this.#margins[row] ?? 0)))
      loss -= this.#rows.labels[row] === 1 ? Math.log(p + 1e-9) : Math.log(1 - p + 1e-9)
    }
    return loss
  }
}

/** Correction of a row in log-odds. */
export function scoreTrees(trees: readonly Tree[], row: Float32Array): number {
  let sum = 0
  for (const { columns, cuts, leaves } of trees) {
    let node = 0
    for (let level = 0; level < DEPTH; level++) {
      const column = columns[node] ?? -1
      // NaN is not at least anything: what is missing goes left.
      const goesRight = column >= 0 && (row[column] ?? Number.NaN) >= (cuts[node] ?? 0)
      node = 2 * node + (goesRight ? 2 : 1)
    }
    sum += leaves[node - (LEAVES - 1)] ?? 0
  }
  return sum
}

/** Places of a node's histogram: its bins. */
const STRIDE = BINS + 1

/** The best split of each node of one level, by histograms. */
class LevelSplit {
  readonly gradients: Float64Array
  readonly curvatures: Float64Array
  readonly columns: Int16Array
  readonly bins: Uint8Array
  readonly #gains: Float64Array
  readonly #totalGradients: Float64Array
  readonly #totalCurvatures: Float64Array

  constructor(nodes: number) {
    this.gradients = new Float64Array(nodes * STRIDE)
    this.curvatures = new Float64Array(nodes * STRIDE)
    this.columns = new Int16Array(nodes).fill(-1)
    this.bins = new Uint8Array(nodes)
    this.#gains = new Float64Array(nodes).fill(LEAST_GAIN)
    this.#totalGradients = new Float64Array(nodes)
    this.#totalCurvatures = new Float64Array(nodes)
  }

  addRow(node: number, gradient: number, curvature: number): void {
    this.#totalGradients[node] = (this.#totalGradients[node] ?? 0) + gradient
    this.#totalCurvatures[node] = (this.#totalCurvatures[node] ?? 0) + curvature
  }

  /** Takes a cut of the column whose histogram is filled in, where it gains more than what was found before. */
  tryColumn(column: number, bins: number): void {
    for (let node = 0; node < this.columns.length; node++) {
      const gradient = this.#totalGradients[node] ?? 0
      const curvature = this.#totalCurvatures[node] ?? 0
      const before = (gradient * gradient) / (curvature + SHRINKAGE)
      let [left, leftCurvature] = [0, 0]
      for (let bin = 0; bin < bins; bin++) {
        left += this.gradients[node * STRIDE + bin] ?? 0
        leftCurvature += this.curvatures[node * STRIDE + bin] ?? 0
        const rightCurvature = curvature - leftCurvature
        if (leftCurvature < LEAST_CURVATURE || rightCurvature < LEAST_CURVATURE) continue
        const right = gradient - left
        const gain =
          (left * left) / (leftCurvature + SHRINKAGE) + (right * right) / (rightCurvature + SHRINKAGE) - before
        if (gain <= (this.#gains[node] ?? 0)) continue
        this.#gains[node] = gain
        this.columns[node] = column
        this.bins[node] = bin
      }
    }
  }
}

/** How many of the ascending cuts are at most `value`. */
function countAtMost(cuts: readonly number[], value: number): number {
  let low = 0
  let high = cuts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((cuts[middle] ?? 0) <= value) low = middle + 1
    else high = middle
  }
  return low
}
