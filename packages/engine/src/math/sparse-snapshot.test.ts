import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { putSparse, takeSparse } from './sparse-snapshot.ts'

describe('the snapshot of a sparse table', () => {
  it('gives back every number to the bit, whatever the table held before', () => {
    const value = fc.float({ noNaN: true })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(99), value)),
        fc.array(value, { minLength: 2, maxLength: 2 }),
        (filled, fresh) => {
          const table = Float32Array.from({ length: 100 }, (_, at) => fresh[at % 2] ?? 0)
          for (const [at, number] of filled) table[at] = number
          const other = new Float32Array(100).fill(7)
          putSparse(other, 2, fresh, structuredClone(takeSparse(table, 2, fresh)))
          expect(other.every((number, at) => number === table[at])).toBe(true)
        },
      ),
    )
  })

  it('holds no more than what was filled', () => {
    const table = new Float32Array(3000)
    table[31] = 5
    expect(takeSparse(table, 3, [0, 0, 0])).toEqual({ places: Uint32Array.of(10), values: Float32Array.of(0, 5, 0) })
  })
})
