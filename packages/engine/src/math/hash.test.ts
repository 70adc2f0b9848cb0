import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashText, mix } from './hash.ts'
import { clip, logit, sigmoid } from './log-odds.ts'

describe('hashing', () => {
  it('gives whole numbers of 32 bits', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), fc.integer(), (text, a, b) => {
        for (const hash of [hashText(text), hashText(text, a), mix(a, b)]) {
          expect(Number.isInteger(hash)).toBe(true)
          expect(hash).toBeGreaterThanOrEqual(0)
          expect(hash).toBeLessThan(2 ** 32)
        }
      }),
    )
  })

  it('is pinned: a change would make every log fold into another model', () => {
    expect([hashText(''), hashText('refund', 1), hashText('größe😀', 2), mix(1, 2), mix(2, 1)]).toMatchInlineSnapshot(`
      [
        447841614,
        2722089285,
        331677961,
        2832712307,
        4161083271,
      ]
    `)
  })

  it('spreads names that differ little over the slots of a table', () => {
    const slots = new Set(Array.from({ length: 10_000 }, (_, n) => hashText(`order-${n}`) & (2 ** 18 - 1)))
    // 10,000 balls in 2^18 boxes leave 9,812 occupied on average.
    expect(slots.size).toBeGreaterThan(9700)
  })
})

describe('log-odds', () => {
  it('are undone by the logistic function, within their clipping', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-4, max: 1 - 1e-4, noNaN: true }), (p) => {
        expect(sigmoid(logit(p))).toBeCloseTo(p, 12)
      }),
    )
    expect(logit(0)).toBeCloseTo(Math.log(1e-4 / (1 - 1e-4)), 12)
    expect(logit(1)).toBeCloseTo(-logit(0), 9)
    expect([sigmoid(-1000), sigmoid(0), sigmoid(1000)]).toEqual([0, 0.5, 1])
    expect([clip(5, 0, 1), clip(-5, 0, 1), clip(0.3, 0, 1)]).toEqual([1, 0, 0.3])
  })
})
