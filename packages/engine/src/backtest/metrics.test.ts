import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecisionMetrics, type MetricsResult } from './metrics.ts'

type Scored = readonly [probability: number, label: 0 | 1]

function metricsOf(scored: readonly Scored[]): MetricsResult {
  const metrics = new DecisionMetrics()
  for (const [probability, label] of scored) metrics.add(probability, label)
  return metrics.result()
}

/** n decisions with probabilities evenly from 1 % to 99 %, bad where the function says so. */
function spread(n: number, isBad: (index: number) => boolean): Scored[] {
  return Array.from({ length: n }, (_, index) => [0.01 + (0.98 * index) / (n - 1), isBad(index) ? 1 : 0])
}

/** Pairs of one bad and one good decision that are in order, ties counted half: the definition, in n² steps. */
function auc(scored: readonly Scored[]): number {
  const [bad, good] = [scored.filter(([, label]) => label === 1), scored.filter(([, label]) => label === 0)]
  const wins = bad.flatMap(([b]) => good.map(([g]): number => (b > g ? 1 : b === g ? 0.5 : 0)))
  return wins.reduce((sum, win) => sum + win, 0) / wins.length
}

describe('figures of a backtest', () => {
  it('are null where they are not defined', () => {
    expect(metricsOf([])).toEqual({
      log_loss: null,
      brier: null,
      ece: null,
      auc: null,
      average_precision: null,
      harm_at_hold: { '1': null, '5': null, '10': null },
    })
    expect(metricsOf([[0.3, 0]])).toMatchObject({ auc: null, average_precision: null })
    expect(metricsOf([[0.3, 1]])).toMatchObject({ auc: null, average_precision: 1 })
  })

  it('are log loss and Brier as by hand', () => {
    const { log_loss: logLoss, brier } = metricsOf([
      [0.9, 1],
      [0.2, 0],
      [0.4, 1],
    ])
    expect(logLoss).toBeCloseTo(-(Math.log(0.9) + Math.log(0.8) + Math.log(0.4)) / 3, 12)
    expect(brier).toBeCloseTo((0.01 + 0.04 + 0.36) / 3, 12)
  })

  it('clip probabilities at 1e-5 and 1 − 1e-5', () => {
    expect(metricsOf([[0, 1]]).log_loss).toBeCloseTo(-Math.log(1e-5), 9)
    expect(metricsOf([[1, 0]]).log_loss).toBeCloseTo(-Math.log(1e-5), 9)
    expect(metricsOf([[1, 1]]).log_loss).toBeCloseTo(-Math.log(1 - 1e-5), 9)
  })

  it('count ties in AUC half', () => {
    expect(
      metricsOf([
        [0.5, 1],
        [0.5, 0],
      ]).auc,
    ).toBe(0.5)
    // Of four pairs two are won, one is tied, one is lost.
    expect(
      metricsOf([
        [0.8, 1],
        [0.3, 1],
        [0.3, 0],
        [0.6, 0],
      ]).auc,
    ).toBe(0.625)
    expect(metricsOf(spread(100, (n) => n >= 50)).auc).toBe(1)
    expect(metricsOf(spread(100, (n) => n < 50)).auc).toBe(0)
  })

  it('are AUC as it is defined, for any scores', () => {
    const scored = fc.tuple(fc.integer({ min: 1, max: 99 }), fc.constantFrom<0 | 1>(0, 1))
    fc.assert(
      fc.property(fc.array(scored, { minLength: 2, maxLength: 40 }), (pairs) => {
        const all = pairs.map(([percent, label]) => [percent / 100, label] as const)
        fc.pre(new Set(all.map(([, label]) => label)).size === 2)
        expect(metricsOf(all).auc).toBeCloseTo(auc(all), 12)
      }),
      { numRuns: 25 },
    )
  })

  it('are average precision as by hand, ties taken together', () => {
    // Ranked 1, 0, 1, 0: precision 1/1 at the first bad one, 2/3 at the second.
    expect(
      metricsOf([
        [0.9, 1],
        [0.8, 0],
        [0.7, 1],
        [0.1, 0],
      ]).average_precision,
    ).toBeCloseTo((1 + 2 / 3) / 2, 12)
    expect(
      metricsOf([
        [0.9, 1],
        [0.9, 0],
      ]).average_precision,
    ).toBe(0.5)
  })

  it('are harm stopped at a hold share as by hand', () => {
    // 200 decisions: 2, 10 and 20 are held; the bad ones are the 5 riskiest and 5 of the safest.
    const { harm_at_hold: harm } = metricsOf(spread(200, (n) => n >= 195 || n < 5))
    expect(harm).toEqual({ '1': 0.2, '5': 0.5, '10': 0.5 })
    // All tied: a held share of x % stops x % of the harm.
    expect(metricsOf(Array.from({ length: 200 }, (_, n) => [0.5, n % 2 === 0 ? 1 : 0] as const)).harm_at_hold).toEqual({
      '1': 0.01,
      '5': 0.05,
      '10': 0.1,
    })
  })

  it('are ECE over 15 bins of equal count, as by hand', () => {
    // 30 decisions, two a bin, each bin's scores equal: |0.2 − ½| in one bin of 15, 0.1 and 0.9 right on average elsewhere.
    const perfect = Array.from({ length: 150 }, (_, n) => [0.1, n % 10 === 0 ? 1 : 0] as const)
    expect(metricsOf(perfect).ece).toBeCloseTo(0, 9)
    const half = Array.from({ length: 30 }, (_, n) => [n < 15 ? 0.2 : 0.8, n % 2 === 0 ? 1 : 0] as const)
    // Below: 8 bad of 15, |0.2·15 − 8| = 5; above: 7 bad of 15, |0.8·15 − 7| = 5; the bin in the middle holds one of each.
    expect(metricsOf(half).ece).toBeCloseTo((7 * Math.abs(0.4 - 16 / 15) + 7 * Math.abs(1.6 - 14 / 15) + 0) / 30, 6)
  })

  it('are bins of equal count, safest first, with a tie shared out between two', () => {
    const metrics = new DecisionMetrics()
    for (let n = 0; n < 9; n++) metrics.add(n < 6 ? 0.2 : 0.8, n % 3 === 0 ? 1 : 0)
    const [low, high] = metrics.bins(2)
    // Of the six at 0.2 with two bad, 4.5 are in the first bin; 1.5 and the three at 0.8, one bad, in the second.
    expect(low?.n).toBeCloseTo(4.5, 9)
    expect(low?.predicted).toBeCloseTo(0.2, 9)
    expect(low?.bad).toBeCloseTo(1 / 3, 9)
    expect(high?.n).toBeCloseTo(4.5, 9)
    expect(high?.predicted).toBeCloseTo((1.5 * 0.2 + 3 * 0.8) / 4.5, 9)
    expect(high?.bad).toBeCloseTo((1.5 / 3 + 1) / 4.5, 9)
  })

  it('are a curve of harm stopped over calls held, by hand', () => {
    const metrics = new DecisionMetrics()
    for (const [probability, label] of spread(4, (n) => n === 1 || n === 3)) metrics.add(probability, label)
    expect(metrics.holdCurve(4)).toEqual([
      { held: 0, stopped: 0 },
      { held: 0.25, stopped: 0.5 },
      { held: 0.5, stopped: 0.5 },
      { held: 0.75, stopped: 1 },
      { held: 1, stopped: 1 },
    ])
    expect(new DecisionMetrics().holdCurve(4)).toBeNull()
  })

  it('are as they were after a decision was taken back', () => {
    const metrics = new DecisionMetrics()
    for (const [probability, label] of spread(50, (n) => n % 3 === 0)) metrics.add(probability, label)
    const before = metrics.result()
    metrics.add(0.123, 1)
    metrics.add(0.123, 1, -1)
    const after = metrics.result()
    expect(after.auc).toBe(before.auc)
    expect(after.log_loss).toBeCloseTo(before.log_loss ?? 0, 12)
    expect(after.ece).toBeCloseTo(before.ece ?? 0, 12)
  })
})
