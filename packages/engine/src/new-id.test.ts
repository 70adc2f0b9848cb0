import { describe, expect, it } from 'vitest'
import { newId } from './new-id.ts'

describe('ids', () => {
  it('sort by their time', () => {
    const ids = [1_780_000_000_000, 1_780_000_000_001, 1_790_000_000_000].map(newId)
    expect(ids.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(ids)
  })

  it('sort in the order in which they were made, also within a millisecond', () => {
    const ids = Array.from({ length: 5000 }, () => newId(1_780_000_000_000))
    expect(ids.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(ids)
    expect(new Set(ids).size).toBe(5000)
    for (const id of ids) expect(id).toMatch(/^[0-9a-z]{9}[0-9a-v]{16}$/)
  })

  it('of the same millisecond begin anywhere', () => {
    const starts = Array.from({ length: 100 }, (_, n) => {
      newId(n)
      return newId(1_780_000_000_000).slice(9, 13)
    })
    expect(new Set(starts).size).toBeGreaterThan(90)
  })
})
