import { describe, expect, it } from 'vitest'
import { randomFrom } from '../math/random-from.ts'
import { type CoverageResult, type CoveredDecision, IntervalCoverage } from './interval-coverage.ts'

function decision(risk: number, fields: Partial<CoveredDecision> = {}): CoveredDecision {
  return { risk, interval: [risk / 2, (1 + risk) / 2], confidence: 'low', domain: null, action: 'pay', ...fields }
}

/** Outcomes that come with the true risk; the estimate is off by a factor in odds. */
function simulated(oddsFactor: number, width: number): CoverageResult {
  const [next, coverage] = [randomFrom(11), new IntervalCoverage()]
  for (let n = 0; n < 5000; n++) {
    const truth = 0.05 + 0.9 * next()
    const score = Math.log((oddsFactor * truth) / (1 - truth))
    const at = (z: number): number => 1 / (1 + Math.exp(-z))
    coverage.add(decision(at(score), { interval: [at(score - width), at(score + width)] }), next() < truth ? 1 : 0)
  }
  return coverage.result()
}

describe('coverage of the risk interval', () => {
  it('holds in every bucket where the estimates are true, however narrow the intervals', () => {
    const { checked, covered, buckets } = simulated(1, 0.01)
    expect(buckets.filter(({ kind }) => kind === 'equal_count')).toHaveLength(10)
    // Each bucket of true estimates falls outside of its own sampling error one time in twenty.
    expect(checked - covered).toBeLessThanOrEqual(2)
  })

  it('fails where estimates are off by more than the intervals say, and holds where they say it', () => {
    expect(simulated(3, 0.2).covered).toBe(0)
    const { covered, checked } = simulated(3, 1.2)
    expect(covered).toBe(checked)
  })

  it('compares the mean ends with the observed rate, by hand', () => {
    const coverage = new IntervalCoverage()
    for (let n = 0; n < 200; n++) coverage.add(decision(n < 100 ? 0.2 : 0.4, { domain: 'shop' }), n % 4 === 0 ? 1 : 0)
    const shop = coverage.result().buckets.find(({ kind }) => kind === 'domain')
    expect(shop).toMatchObject({ name: 'shop', n: 200, bad_rate: 0.25, is_covered: true })
    expect(shop?.mean_risk).toBeCloseTo(0.3, 12)
    expect(shop?.lower).toBeCloseTo(0.15, 12)
    expect(coverage.result().mean_width).toBeCloseTo(0.5, 12)
    expect(shop?.upper).toBeCloseTo(0.65, 12)
    // Wilson's interval of 50 in 200, as worked out from the formula.
    expect(shop?.bad_rate_interval[0]).toBeCloseTo(0.1951, 3)
    expect(shop?.bad_rate_interval[1]).toBeCloseTo(0.3144, 3)
  })

  it('reports no bucket with fewer than 100 outcomes', () => {
    const coverage = new IntervalCoverage()
    for (let n = 0; n < 150; n++) coverage.add(decision(0.3, { action: n < 99 ? 'rare' : 'rarer' }), 0)
    expect(coverage.result().buckets.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'equal_count 1',
      'confidence low',
    ])
  })

  it('keeps decisions with the same estimate in one bucket, and the others of equal count', () => {
    const coverage = new IntervalCoverage()
    for (let n = 0; n < 2000; n++) coverage.add(decision(n < 1000 ? 0.001 : 0.1 + n / 4000), n % 2 === 0 ? 1 : 0)
    const sizes = coverage.result().buckets.flatMap(({ kind, n }) => (kind === 'equal_count' ? [n] : []))
    expect(sizes[0]).toBe(1000)
    expect(sizes).toHaveLength(6)
    expect(sizes.reduce((sum, n) => sum + n, 0)).toBe(2000)
    // A bucket ends with a whole fine bin, here of some five decisions; the last one has what is left.
    for (const size of sizes.slice(1)) expect(Math.abs(size - 200)).toBeLessThanOrEqual(25)
  })

  it('is as before after a decision was taken back', () => {
    const coverage = new IntervalCoverage()
    for (let n = 0; n < 300; n++) coverage.add(decision(0.25), n % 3 === 0 ? 1 : 0)
    const before = coverage.result()
    coverage.add(decision(0.5), 1)
    coverage.add(decision(0.5), 1, -1)
    const { mean_width: width, ...after } = coverage.result()
    expect({ ...after, mean_width: before.mean_width }).toEqual(before)
    expect(width).toBeCloseTo(before.mean_width ?? 0, 12)
  })
})
