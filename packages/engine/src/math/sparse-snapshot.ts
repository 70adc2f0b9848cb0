/** The filled places of a large table: most are as they began for long. */
export interface SparseSnapshot {
  readonly places: Uint32Array
  readonly values: Float32Array
}

/** Keeps the places whose `width` numbers are not those that a fresh table has there. */
export function takeSparse(table: Float32Array, width: number, fresh: readonly number[]): SparseSnapshot {
  const filled: number[] = []
  for (let at = 0; at < table.length; at += width)
    for (let offset = 0; offset < width; offset++)
      if (table[at + offset] !== fresh[offset]) {
        filled.push(at)
        break
      }
  const values = new Float32Array(filled.length * width)
  for (const [index, at] of filled.entries()) values.set(table.subarray(at, at + width), index * width)
  return { places: Uint32Array.from(filled, (at) => at / width), values }
}

/** Makes a table what it was. */
export function putSparse(table: Float32Array, width: number, fresh: readonly number[], snapshot: unknown): void {
  const { places, values } = snapshot as SparseSnapshot
  for (let at = 0; at < table.length; at++) table[at] = fresh[at % width] ?? 0
  for (let index = 0; index < places.length; index++)
    table.set(values.subarray(index * width, (index + 1) * width), (places[index] ?? 0) * width)
}
