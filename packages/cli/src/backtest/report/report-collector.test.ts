import type { JudgedDecision } from '@bighub/engine'
import { describe, expect, it } from 'vitest'
import { ReportCollector } from './report-collector.ts'

function decision(position: number, risk = 0.25): JudgedDecision {
  return {
    position,
    key: String(position),
    at: 0,
    trajectoryId: null,
    action: 'pay',
    domain: null,
    value: null,
    risk,
    interval: [0.1, 0.5],
    confidence: 'low',
    stake: 1,
    costs: { caution: 0.04, review: 0.32, wrong_block: 1.6, caution_prevents: 0.2, review_prevents: 0.9 },
    recommendation: 'proceed',
    result: 'allowed',
    isSampled: false,
  }
}

/** A log in which every fourth decision goes wrong, each known before the next. */
function collect(count: number): ReportCollector {
  const collector = new ReportCollector()
  for (let position = 0; position < count; position++) {
    const each = decision(position)
    const label = position % 4 === 0 ? 1 : 0
    collector.onDecision(each)
    collector.onScored(each, label, 1)
    collector.onLearned(each, label)
  }
  return collector
}

describe('what is gathered for a report', () => {
  it('is stretches of equal length that hold every decision once, however long the log', () => {
    for (const count of [1, 16, 767, 768, 769, 5000]) {
      const { periods } = collect(count)
      expect(periods.length).toBeLessThanOrEqual(48)
      expect(periods.reduce((sum, { n }) => sum + n, 0)).toBe(count)
      expect(periods.reduce((sum, { bad }) => sum + bad, 0)).toBe(Math.ceil(count / 4))
      const width = periods[0]?.n ?? 0
      expect(periods.map(({ from }) => from)).toEqual(periods.map((_, index) => index * width))
      expect(new Set(periods.slice(0, -1).map(({ n }) => n)).size).toBeLessThanOrEqual(1)
    }
  })

  it('is the loss of the peers as they stood before each decision', () => {
    const [period] = collect(3).periods
    // Ours says ¼ throughout: bad, good, good.
    expect(period?.losses[0]).toBeCloseTo(-Math.log(0.25) - 2 * Math.log(0.75), 12)
    // Base rate (bad + ½)/(n + 1): ½, then 1.5/2, then 1.5/3.
    expect(period?.losses[1]).toBeCloseTo(-Math.log(0.5) - Math.log(0.25) - Math.log(0.5), 12)
    // One action only: its mean, drawn to the base rate with ten: ½, (1 + 10 · ¾)/11, (1 + 10 · ½)/12.
    expect(period?.losses[2]).toBeCloseTo(-Math.log(0.5) - Math.log(1 - 8.5 / 11) - Math.log(1 - 6 / 12), 12)
  })

  it('is taken back and counted anew when an outcome is corrected', () => {
    const collector = collect(40)
    const last = decision(40)
    collector.onDecision(last)
    collector.onScored(last, 1, 1)
    collector.onScored(last, 1, -1)
    collector.onScored(last, 0, 1)
    expect(collector.periods.reduce((sum, { bad }) => sum + bad, 0)).toBe(10)
    expect(collector.actions.get('pay')).toMatchObject({ n: 41, scored: 41, bad: 10 })
  })
})
