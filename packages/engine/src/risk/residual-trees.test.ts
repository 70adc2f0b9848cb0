import { describe, expect, it } from 'vitest'
import { mix } from '../math/hash.ts'
import { ResidualTrees } from './residual-trees.ts'

/** Bits that look like chance and are none. */
function bit(n: number, salt: number): 0 | 1 {
  return (mix(n, salt) & 1) === 1 ? 1 : 0
}

/** Bad where just one of two inputs is on, which no sum of the two can say; a third input is missing now and then. */
function row(n: number): Float32Array {
  return Float32Array.of(bit(n, 1), bit(n, 2), n % 3 === 0 ? Number.NaN : n % 7)
}
function exclusive(n: number): 0 | 1 {
  return bit(n, 1) === bit(n, 2) ? 0 : 1
}

function learn(trees: ResidualTrees, from: number, to: number, labelOf: (n: number) => 0 | 1): void {
  for (let n = from; n < to; n++) trees.learn(row(n), labelOf(n), 0)
}

describe('residual trees', () => {
  it('find what no sum of the inputs can say', () => {
    const trees = new ResidualTrees({ width: 3, installAfter: 0 })
    learn(trees, 0, 800, exclusive)
    for (let n = 1000; n < 1020; n++) expect(Math.sign(trees.score(row(n)))).toBe(exclusive(n) === 1 ? 1 : -1)
  })

  it('say next to nothing where there is nothing to find', () => {
    const trees = new ResidualTrees({ width: 3, installAfter: 0 })
    learn(trees, 0, 800, (n) => bit(n, 3))
    const sizes = Array.from({ length: 50 }, (_, n) => Math.abs(trees.score(row(n))))
    expect(Math.max(...sizes)).toBeLessThan(0.5)
  })

  it('are put to use a fixed number of outcomes later, one tree at a time', () => {
    const [atOnce, later] = [0, 500].map((installAfter) => new ResidualTrees({ width: 3, installAfter }))
    if (!atOnce || !later) throw new Error('two of them')
    learn(atOnce, 0, 200, exclusive)
    learn(later, 0, 299, exclusive)
    expect(atOnce.score(row(1))).not.toBe(0)
    expect(later.score(row(1))).toBe(0)
    learn(later, 299, 300, exclusive)
    expect(later.score(row(1))).toBe(atOnce.score(row(1)))
  })

  it('go on from a snapshot in the middle of a fit', () => {
    const [whole, first, second] = [1, 2, 3].map(() => new ResidualTrees({ width: 3 }))
    if (!whole || !first || !second) throw new Error('three of them')
    learn(whole, 0, 230, exclusive)
    learn(first, 0, 230, exclusive)
    second.restore(structuredClone(first.snapshot()))
    learn(whole, 230, 700, exclusive)
    learn(second, 230, 700, exclusive)
    expect(second.snapshot()).toEqual(whole.snapshot())
    expect(second.score(row(5))).toBe(whole.score(row(5)))
  })

  it('refuse rows of another width', () => {
    expect(() => new ResidualTrees({ width: 4 }).restore(new ResidualTrees({ width: 3 }).snapshot())).toThrow(
      'rows of 3 numbers are not rows of 4',
    )
  })
})
