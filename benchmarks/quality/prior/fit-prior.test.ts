import { describe, expect, it } from 'vitest'
import { GENERAL_FEATURES, type GeneralFeature } from '../../../packages/engine/src/features/general-features.ts'
import { COMMON_SENSE } from './common-sense.ts'
import { type Family, fitPrior } from './fit-prior.ts'
import { invert } from './invert.ts'
import { familyOf } from './read-families.ts'

/** Decisions of which half have a feature; of those with it `badWith` in ten are bad, of the others `badWithout`. */
function family(feature: GeneralFeature, badWith: number, badWithout: number): Family {
  const rows: Float32Array[] = []
  const labels: (0 | 1)[] = []
  for (let n = 0; n < 200; n++) {
    const has = n % 2 === 0
    rows.push(Float32Array.from(GENERAL_FEATURES, (name) => (name === feature && has ? 1 : 0)))
    labels.push((n >> 1) % 10 < (has ? badWith : badWithout) ? 1 : 0)
  }
  return { name: `${feature} ${badWith} ${badWithout}`, rows, labels }
}

describe('fitting a prior', () => {
  it('is common sense where nothing was seen', () => {
    const prior = fitPrior([])
    for (const name of GENERAL_FEATURES) expect(prior[name].weight).toBe(COMMON_SENSE[name] ?? 0)
  })

  it('moves towards what families have in common, and says nothing of what they never showed', () => {
    const prior = fitPrior([family('errors', 8, 2), family('errors', 9, 3), family('errors', 7, 1)])
    expect(prior.errors.weight).toBeGreaterThan(0.2)
    expect(prior.errors.mean).toBeCloseTo(0.5, 6)
    expect(prior.repeats.weight).toBe(0)
  })

  it('stays near common sense where families disagree, ready to learn', () => {
    const agreed = fitPrior([family('errors', 9, 1), family('errors', 9, 1)]).errors
    const disagreed = fitPrior([family('errors', 9, 1), family('errors', 1, 9)]).errors
    expect(Math.abs(disagreed.weight)).toBeLessThan(0.01)
    expect(disagreed.deviation).toBeGreaterThan(agreed.deviation)
  })

  it('takes streams whose names begin alike for one family', () => {
    const names = ['mail', 'mail_renamed', 'mailing', 'tickets']
    expect(names.map((name) => familyOf(name, names))).toEqual(['mail', 'mail', 'mailing', 'tickets'])
  })

  it('inverts a matrix, and refuses one that has no factor', () => {
    const inverse = invert([Float64Array.of(4, 2), Float64Array.of(2, 3)])
    // 1/8 · [[3, −2], [−2, 4]].
    expect(inverse.map((row) => [...row].map((each) => Number(each.toFixed(12))))).toEqual([
      [0.375, -0.25],
      [-0.25, 0.5],
    ])
    expect(() => invert([Float64Array.of(1, 2), Float64Array.of(2, 1)])).toThrow(/not positive definite/)
  })
})
