import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adjustPValues } from './adjust-p-values.ts'
import { compareRates } from './compare-rates.ts'
import { findPatterns, severityOf } from './find-patterns.ts'
import { type Facet, SliceCounts, sliceKey, valueBandOf } from './slices.ts'

const AT = Date.parse('2026-07-01T12:00:00Z')

function count(...groups: readonly (readonly [facets: Facet, n: number, bad: number])[]): SliceCounts {
  const counts = new SliceCounts()
  for (const [facets, n, bad] of groups)
    for (let index = 0; index < n; index++) counts.add(facets, index < bad ? 1 : 0, AT + index)
  return counts
}

describe('the comparison of two rates', () => {
  it('is Fisher’s exact test where counts are small', () => {
    // The lady tasting tea (Fisher 1935): 3 of 4 against 1 of 4.
    expect(compareRates({ bad: 3, n: 4 }, { bad: 1, n: 4 })).toBeCloseTo(34 / 70, 6)
    // R: fisher.test(matrix(c(8, 2, 1, 5), 2))$p.value
    expect(compareRates({ bad: 8, n: 10 }, { bad: 1, n: 6 })).toBeCloseTo(0.03497, 4)
    expect(compareRates({ bad: 1, n: 6 }, { bad: 8, n: 10 })).toBeCloseTo(0.03497, 4)
  })

  it('is the two-proportion test where they are large', () => {
    // z = 2.2646, two-sided.
    expect(compareRates({ bad: 40, n: 100 }, { bad: 25, n: 100 })).toBeCloseTo(0.02354, 4)
  })

  it('of equal rates, or with nobody, finds nothing', () => {
    expect(compareRates({ bad: 5, n: 10 }, { bad: 5, n: 10 })).toBe(1)
    expect(compareRates({ bad: 0, n: 0 }, { bad: 5, n: 10 })).toBe(1)
    expect(compareRates({ bad: 0, n: 5 }, { bad: 0, n: 10 })).toBe(1)
  })

  it('is a probability, and the same from both sides', () => {
    const rate = fc
      .integer({ min: 1, max: 300 })
      .chain((n) => fc.record({ n: fc.constant(n), bad: fc.integer({ min: 0, max: n }) }))
    fc.assert(
      fc.property(rate, rate, (a, b) => {
        const p = compareRates(a, b)
        expect(p).toBeGreaterThanOrEqual(0)
        expect(p).toBeLessThanOrEqual(1)
        expect(compareRates(b, a)).toBeCloseTo(p, 9)
      }),
    )
  })
})

describe('adjusted p-values', () => {
  it('are those of the published procedure', () => {
    // Benjamini, Hochberg (1995), §4: the first four of fifteen are discoveries at 5 %.
    const published = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1,
    ]
    const adjusted = adjustPValues(published)
    expect(adjusted.filter((p) => p <= 0.05)).toHaveLength(4)
    expect(adjusted[0]).toBeCloseTo(0.0015, 12)
    expect(adjusted[3]).toBeCloseTo((0.0095 * 15) / 4, 12)
    expect(adjusted[14]).toBe(1)
    expect(adjustPValues(published.toReversed())).toEqual(adjusted.toReversed())
  })

  it('never come out smaller than they went in, nor in another order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (pValues) => {
        const adjusted = adjustPValues(pValues)
        for (const [index, p] of pValues.entries()) {
          expect(adjusted[index]).toBeGreaterThanOrEqual(p)
        }
        const inOrder = [...pValues.keys()].toSorted((a, b) => (pValues[a] ?? 0) - (pValues[b] ?? 0))
        const sorted = inOrder.map((index) => adjusted[index] ?? Number.NaN)
        expect(sorted).toEqual(sorted.toSorted((a, b) => a - b))
      }),
    )
  })
})

describe('patterns', () => {
  it('are slices that end differently from the rest, with their figures', () => {
    const counts = count([{ action: 'delete' }, 100, 60], [{ action: 'read' }, 300, 15])
    const [worse, better, ...others] = findPatterns(counts)
    expect(others).toEqual([])
    expect(worse).toMatchObject({
      pattern_id: expect.stringMatching(/^pat_[0-9a-f]{16}$/),
      pattern_type: 'action',
      action: 'delete',
      tool: null,
      domain: null,
      severity: 'critical',
      direction: 'riskier',
      support: 100,
      negative_rate: 0.6,
      parent_rate: 0.05,
      effect: expect.closeTo(0.55, 12),
      description: '60 of 100 outcomes of action delete were bad (60 %), against 5 % otherwise',
      first_seen: '2026-07-01T12:00:00.000Z',
      last_seen: '2026-07-01T12:00:00.099Z',
    })
    expect(worse?.confidence).toBeGreaterThan(0.999)
    expect(better).toMatchObject({ action: 'read', direction: 'safer', severity: 'low', negative_rate: 0.05 })
  })

  it('of two facets differ from both of their parents', () => {
    // Only the night agent's deletions end badly: not deletions by others, nor what else the night agent does.
    const counts = count(
      [{ action: 'delete', actor: 'night' }, 50, 40],
      [{ action: 'delete', actor: 'day' }, 200, 20],
      [{ action: 'read', actor: 'night' }, 200, 20],
      [{ action: 'read', actor: 'day' }, 200, 20],
    )
    const pair = findPatterns(counts).find(({ pattern_type }) => pattern_type === 'action+actor')
    expect(pair).toMatchObject({
      facets: { action: 'delete', actor: 'night' },
      support: 50,
      parent_rate: 0.1,
      severity: 'critical',
    })
  })

  it('of two facets are not found where one of them says it all', () => {
    const counts = count(
      [{ action: 'delete', actor: 'night' }, 100, 60],
      [{ action: 'delete', actor: 'day' }, 100, 60],
      [{ action: 'read', actor: 'night' }, 100, 5],
      [{ action: 'read', actor: 'day' }, 100, 5],
    )
    expect(findPatterns(counts).map(({ pattern_type }) => pattern_type)).toEqual(['action', 'action'])
  })

  it('need twenty outcomes, and a difference that is worth saying', () => {
    expect(findPatterns(count([{ action: 'a' }, 19, 19], [{ action: 'b' }, 19, 0]))).toEqual([])
    expect(findPatterns(count([{ action: 'a' }, 20, 20], [{ action: 'b' }, 20, 0]))).toHaveLength(2)
    expect(findPatterns(count([{ action: 'a' }, 20_000, 2800], [{ action: 'b' }, 20_000, 2000]))).toEqual([])
  })

  it('of what is alike are not found, in at most one of twenty worlds', () => {
    let worlds = 0
    for (let seed = 1; seed <= 200; seed++) {
      const counts = new SliceCounts()
      let state = seed
      for (let index = 0; index < 600; index++) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
        const facets = { action: `a${index % 6}`, actor: `b${Math.floor(index / 6) % 5}` }
        counts.add(facets, state / 2 ** 32 < 0.3 ? 1 : 0, AT)
      }
      if (findPatterns(counts).length > 0) worlds++
    }
    expect(worlds).toBeLessThanOrEqual(10)
  })

  it('leave out that risky calls are risky', () => {
    const counts = count([{ risk_band: 'high' }, 50, 45], [{ risk_band: 'low' }, 50, 0])
    expect(findPatterns(counts)).toEqual([])
    expect(counts.get({ risk_band: 'high' })).toMatchObject({ n: 50, bad: 45 })
  })
})

describe('a slice', () => {
  it('has one name in whatever order its facets are written', () => {
    expect(sliceKey({ actor: 'a', action: 'b' })).toBe(sliceKey({ action: 'b', actor: 'a' }))
    expect(sliceKey({ action: 'a' })).not.toBe(sliceKey({ tool: 'a' }))
  })

  it('of values goes from one power of ten to the next', () => {
    expect([null, 0, 0.5, 1, -9.99, 10, 999, 1000].map(valueBandOf)).toEqual([
      null,
      '0–1',
      '0–1',
      '1–10',
      '1–10',
      '10–100',
      '100–1000',
      '1000–10000',
    ])
  })

  it('is worse the more often it goes wrong beyond the rest', () => {
    expect([-0.5, 0.05, 0.1, 0.2499, 0.25, 0.5, 0.9].map(severityOf)).toEqual([
      'low',
      'low',
      'medium',
      'medium',
      'high',
      'critical',
      'critical',
    ])
  })
})
