import { describe, expect, it } from 'vitest'
import { type ComparisonResult, compareConfigurations } from './compare-configurations.ts'
import { AS_RECORDED, type Configuration, parseConfiguration, parsePolicyConfiguration } from './configuration.ts'
import { DecisionStream, type StreamLine } from './decision-stream.ts'

/** 60 runs of 5 payments each; every payment over 100 turns out bad, and known one decision later. */
const LINES: StreamLine[] = Array.from({ length: 300 }, (_, i) => ({
  stream: 's',
  i,
  action: 'pay',
  target: `account-${i}`,
  value: i % 10 === 0 ? 500 : 20,
  trajectory_id: `run-${Math.floor(i / 5)}`,
  arguments: { n: i },
  bad: i % 10 === 0 ? 1 : 0,
}))

const BLOCK_LARGE = parseConfiguration({ constraints: [{ name: 'large', max_value: 100 }] }, 'block-large')

function compare(configurations: readonly Configuration[], minutesPerReview?: number): ComparisonResult {
  const stream = new DecisionStream()
  const comparison = compareConfigurations(configurations, minutesPerReview === undefined ? {} : { minutesPerReview })
  for (const line of LINES) for (const event of stream.add(line)) comparison.add(event)
  return comparison.result()
}

/** Never holds, never blocks: everything but running costs more than any loss. */
const LET_RUN = parsePolicyConfiguration(
  { costs: { caution: 1000, review: 1000, wrong_block: 1e9 }, repeat_refusal: false },
  'let run',
)

describe('a comparison of configurations', () => {
  it('finds nothing between a configuration and itself', () => {
    const { differences, configurations } = compare([AS_RECORDED, { ...AS_RECORDED, name: 'again' }])
    expect(configurations[0]?.totals).toEqual(configurations[1]?.totals)
    expect(differences[0]?.differing).toBe(0)
    for (const each of Object.values(differences[0]?.measures ?? {}))
      expect(each).toEqual({ difference: 0, lower: 0, upper: 0 })
  })

  it('counts what a rule stops, in calls and in money, with intervals over runs', () => {
    const { decisions, scored, valued, clusters, differences, configurations } = compare([
      LET_RUN,
      { name: 'with rule', changes: { ...LET_RUN.changes, added: BLOCK_LARGE.changes.added } },
    ])
    expect({ decisions, scored, valued, clusters }).toEqual({ decisions: 300, scored: 300, valued: 300, clusters: 60 })
    expect(configurations[0]?.totals).toMatchObject({ held: 0, blocked: 0, value_at_stake: 15_000, value_stopped: 0 })
    expect(configurations[1]?.totals).toMatchObject({
      blocked: 30,
      harm_stopped: 30,
      good_blocked: 0,
      value_at_stake: 0,
      value_stopped: 15_000,
    })
    const [difference] = differences
    expect(difference).toMatchObject({ name: 'with rule', against: 'let run', differing: 30 })
    expect(difference?.measures.blocked.difference).toBe(30)
    // Half of the 60 runs differ by one: a resample's sum is binomial(60, ½), 30 ± 1.96·√15 = 22.4 … 37.6.
    expect(Math.abs((difference?.measures.blocked.lower ?? 0) - 22.4)).toBeLessThan(1.5)
    expect(Math.abs((difference?.measures.blocked.upper ?? 0) - 37.6)).toBeLessThan(1.5)
    expect(difference?.measures.value_at_stake.difference).toBe(-15_000)
  })

  it('turns holds into minutes of a reviewer', () => {
    const hold = parseConfiguration({ constraints: [{ name: 'ask', require_approval_above: 100 }] }, 'ask')
    const { configurations, minutes_per_review: minutes } = compare([AS_RECORDED, hold], 5)
    expect(minutes).toBe(5)
    expect(configurations[1]?.totals.held).toBeGreaterThan(configurations[0]?.totals.held ?? 0)
    for (const { totals } of configurations) expect(totals.review_minutes).toBe(5 * totals.held)
  })

  it('measures all by the costs of the first configuration', () => {
    const cheap = parsePolicyConfiguration({ costs: { review: 0.01 } }, 'cheap reviews')
    const { configurations, differences } = compare([AS_RECORDED, cheap])
    const [first, second] = configurations
    expect(second?.totals.held).toBeGreaterThan(first?.totals.held ?? 0)
    // What the first decides is the cheapest by its own costs, so nothing else can be expected to cost less.
    expect(differences[0]?.measures.expected_cost.difference).toBeGreaterThan(0)
  })

  it('refuses a misspelt configuration by its field', () => {
    expect(() => parseConfiguration({ polcy: {} }, 'a.json')).toThrow(/polcy/)
    expect(() => parseConfiguration({ policy: { costs: { reviw: 1 } } }, 'a.json')).toThrow(/reviw/)
    expect(() => parsePolicyConfiguration({ bound: 'lower' }, 'p.json')).toThrow(/bound/)
  })

  it('takes its name from the configuration where it has one', () => {
    expect(parseConfiguration({ name: 'strict' }, 'a.json').name).toBe('strict')
    expect(parseConfiguration({}, 'a.json').name).toBe('a.json')
  })
})
