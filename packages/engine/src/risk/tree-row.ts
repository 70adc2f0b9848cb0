import type { CallFeatures } from '../features/call-features.ts'
import { signedLog } from '../features/quantile-bins.ts'
import { TOKEN } from '../features/token-names.ts'
import { INPUT, INPUT_COUNT } from './mixture-inputs.ts'

/** Most raw numeric fields that are columns; the ones that came first. */
const MAX_NUMBERS = 48
const SITUATION = 6
/** Inputs of experts without the prior, which is the last column. */
const EXPERTS = INPUT.prior

/** The inputs of the trees: the experts' own, the situation of the call, and its raw numbers (missing: NaN). */
export class TreeRow {
  readonly width: number = INPUT_COUNT + SITUATION + MAX_NUMBERS
  readonly #columns = new Map<number, number>()
  /** Working memory, overwritten with each call. */
  readonly #row = new Float32Array(this.width)

  /** The row of a call; valid until the next one. */
  fill(inputs: Float64Array, { situation, numbers }: CallFeatures): Float32Array {
    const row = this.#row
    row.fill(Number.NaN)
    for (let index = 0; index < EXPERTS; index++) row[index] = inputs[index] ?? 0
    for (let index = 0; index < SITUATION; index++) row[EXPERTS + index] = situation[index] ?? 0
    row[this.width - 1] = inputs[INPUT.prior] ?? 0
    if (numbers.value !== null) this.#put(TOKEN.valueBin, signedLog(numbers.value))
    for (let index = 0; index < numbers.contextCount; index++)
      this.#put(numbers.fields[index] ?? 0, numbers.values[index] ?? 0)
    return row
  }

  /** A decision with these fields was made: they have columns from now on. */
  admit({ numbers }: CallFeatures): void {
    if (numbers.value !== null) this.#addColumn(TOKEN.valueBin)
    for (let index = 0; index < numbers.contextCount; index++) this.#addColumn(numbers.fields[index] ?? 0)
  }

  snapshot(): unknown {
    return Uint32Array.from(this.#columns.keys())
  }

  restore(snapshot: unknown): void {
    this.#columns.clear()
    for (const field of snapshot as Uint32Array) this.#addColumn(field)
  }

  #put(field: number, value: number): void {
    const column = this.#columns.get(field)
    if (column !== undefined) this.#row[EXPERTS + SITUATION + column] = value
  }

  #addColumn(field: number): void {
    if (this.#columns.size < MAX_NUMBERS && !this.#columns.has(field)) this.#columns.set(field, this.#columns.size)
  }
}
