import { clip } from '../math/log-odds.ts'
import { scoreTrees, type Tree, TreeFit, type TreeRows } from './fit-trees.ts'

/** Labelled decisions that a fit looks at. */
const WINDOW = 8000
/** Outcomes before the first fit; each next one after as many again, at most this many. */
const FIRST_FIT = 200
const LONGEST_PAUSE = 4000

export interface ResidualTreesOptions {
  /** Numbers of a row. */
  readonly width: number
  /** Most outcomes between the start of a fit and its use; early fits take half their rows. 0: at once. @defaultValue 500 */
  readonly installAfter?: number
}

/**
 * Gradient-boosted trees on what the mixture missed, fitted anew at 200, 400, 800, … outcomes and then every 4000. A fit takes one tree
 * an outcome and is put to use a fixed number of outcomes after it began, so that what comes of a log never depends on how fast
 * the machine was.
 */
export class ResidualTrees {
  readonly #width: number
  readonly #installAfter: number
  readonly #capacity: number
  /** Ring of rows: the window, and what arrives while a fit is under way, which must not overwrite it. */
  readonly #values: Float32Array
  readonly #labels: Uint8Array
  readonly #margins: Float64Array
  #outcomes = 0
  #nextFit = FIRST_FIT
  #trees: readonly Tree[] = []
  #fit: TreeFit | null = null
  /** Outcomes at which the fit under way began. */
  #fitFrom = 0

  constructor({ width, installAfter = 500 }: ResidualTreesOptions) {
    this.#width = width
    this.#installAfter = installAfter
    this.#capacity = WINDOW + installAfter
    this.#values = new Float32Array(this.#capacity * width)
    this.#labels = new Uint8Array(this.#capacity)
    this.#margins = new Float64Array(this.#capacity)
  }

  /** Correction in log-odds, in [-4, 4]; 0 while no tree has proved itself. */
  score(row: Float32Array): number {
    return this.#trees.length === 0 ? 0 : clip(scoreTrees(this.#trees, row), -4, 4)
  }

  /** @param margin - Log-odds that the mixture gives without the trees. */
  learn(row: Float32Array, label: 0 | 1, margin: number): void {
    const place = this.#outcomes % this.#capacity
    this.#values.set(row, place * this.#width)
    this.#labels[place] = label
    this.#margins[place] = margin
    this.#outcomes++
    if (this.#outcomes >= this.#nextFit && this.#fit === null) {
      this.#nextFit = Math.min(this.#nextFit * 2, this.#nextFit + LONGEST_PAUSE)
      this.#fit = new TreeFit(this.#rowsUpTo(this.#outcomes))
      this.#fitFrom = this.#outcomes
    }
    if (this.#fit) this.#continueFit(this.#fit)
  }

  snapshot(): unknown {
    const kept = Math.min(this.#outcomes, this.#capacity)
    const rows = this.#rows(this.#outcomes - kept, kept)
    return {
      outcomes: this.#outcomes,
      nextFit: this.#nextFit,
      trees: this.#trees.map(copyOf),
      // A fit under way is worked out again from its rows: it is a function of them.
      fitFrom: this.#fit ? this.#fitFrom : null,
      ...rows,
    }
  }

  restore(snapshot: unknown): void {
    const state = snapshot as TreesState
    if (state.width !== this.#width) throw new Error(`rows of ${state.width} numbers are not rows of ${this.#width}`)
    this.#outcomes = state.outcomes
    this.#nextFit = state.nextFit
    this.#trees = state.trees.map(copyOf)
    for (let index = 0; index < state.count; index++) {
      const place = (state.outcomes - state.count + index) % this.#capacity
      this.#values.set(state.values.subarray(index * this.#width, (index + 1) * this.#width), place * this.#width)
      this.#labels[place] = state.labels[index] ?? 0
      this.#margins[place] = state.margins[index] ?? 0
    }
    this.#fit = null
    if (state.fitFrom === null) return
    this.#fitFrom = state.fitFrom
    this.#fit = new TreeFit(this.#rowsUpTo(state.fitFrom))
    for (let step = state.fitFrom; step <= state.outcomes; step++) this.#fit.step()
  }

  /** One tree an outcome, and the use of all of them when their time has come. */
  #continueFit(fit: TreeFit): void {
    if (this.#installAfter === 0) while (!fit.isDone) fit.step()
    else fit.step()
    if (this.#outcomes - this.#fitFrom < Math.min(this.#installAfter, this.#fitFrom >> 1)) return
    this.#trees = fit.trees
    this.#fit = null
  }

  #rowsUpTo(end: number): TreeRows {
    const count = Math.min(end, WINDOW)
    return this.#rows(end - count, count)
  }

  /** A copy of rows in the order they came. */
  #rows(from: number, count: number): TreeRows {
    const values = new Float32Array(count * this.#width)
    const labels = new Uint8Array(count)
    const margins = new Float64Array(count)
    for (let index = 0; index < count; index++) {
      const place = (from + index) % this.#capacity
      values.set(this.#values.subarray(place * this.#width, (place + 1) * this.#width), index * this.#width)
      labels[index] = this.#labels[place] ?? 0
      margins[index] = this.#margins[place] ?? 0
    }
    return { count, width: this.#width, values, labels, margins }
  }
}

interface TreesState extends TreeRows {
  readonly outcomes: number
  readonly nextFit: number
  readonly trees: readonly Tree[]
  readonly fitFrom: number | null
}

function copyOf({ columns, cuts, leaves }: Tree): Tree {
  return { columns: columns.slice(), cuts: cuts.slice(), leaves: leaves.slice() }
}
