import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CalibrationBook } from './calibration-book.ts'

function bookOf(outcomes: readonly (readonly [probability: number, label: 0 | 1, domain?: string])[]): CalibrationBook {
  const book = new CalibrationBook()
  for (const [probability, label, domain] of outcomes) book.add(probability, label, domain ?? null, 'proceed')
  return book
}

function times<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value)
}

describe('the calibration book', () => {
  it('has nothing to say without outcomes', () => {
    const report = new CalibrationBook().report()
    expect(report).toMatchObject({
      calibration_quality: 'insufficient_data',
      bias_direction: 'unknown',
      brier_score: null,
      log_loss: null,
      quality_score: null,
      expected_calibration_error: null,
      mean_predicted_risk: null,
      observed_negative_rate: null,
      sample_size: 0,
    })
    expect(report.bins).toHaveLength(20)
    expect(report.bins[3]).toEqual({ lower: 0.15, upper: 0.2, count: 0, mean_predicted: null, observed_rate: null })
  })

  it('works out Brier, log loss and ECE as by hand', () => {
    const report = bookOf([
      [0.1, 0],
      [0.12, 1],
      [0.8, 1],
      [0.9, 1],
    ]).report()
    // (0.01 + 0.7744 + 0.04 + 0.01)/4; −(ln 0.9 + ln 0.12 + ln 0.8 + ln 0.9)/4.
    expect(report.brier_score).toBeCloseTo(0.8344 / 4, 12)
    expect(report.quality_score).toBeCloseTo(1 - 0.8344 / 4, 12)
    expect(report.log_loss).toBeCloseTo(-(Math.log(0.9) + Math.log(0.12) + Math.log(0.8) + Math.log(0.9)) / 4, 12)
    // Bins [.10,.15): |0.22 − 1|, [.80,.85): |0.8 − 1|, [.90,.95): |0.9 − 1|, each over 4.
    expect(report.expected_calibration_error).toBeCloseTo((0.78 + 0.2 + 0.1) / 4, 12)
    expect(report.mean_predicted_risk).toBeCloseTo(0.48, 12)
    expect(report.observed_negative_rate).toBe(0.75)
    expect(report.bins[2]).toMatchObject({ count: 2, observed_rate: 0.5 })
    expect(report.bins[2]?.mean_predicted).toBeCloseTo(0.11, 12)
  })

  it('clips log loss at probabilities of 0 and 1, which fall into the outer bins', () => {
    const report = bookOf([
      [0, 1],
      [1, 0],
    ]).report()
    expect(report.log_loss).toBeCloseTo(-Math.log(1e-5), 9)
    expect(report.bins.at(0)?.count).toBe(1)
    expect(report.bins.at(-1)?.count).toBe(1)
  })

  it.each([
    [29, 0, 'insufficient_data', 'unknown'],
    [100, 20, 'good', 'balanced'],
    [100, 24, 'good', 'underestimates_risk'],
    [100, 12, 'fair', 'overestimates_risk'],
    [100, 31, 'poor', 'underestimates_risk'],
  ])('of %i predictions of 0.2 with %i bad ones says %s, %s', (n, bad, quality, bias) => {
    const report = bookOf([...times(bad, [0.2, 1] as const), ...times(n - bad, [0.2, 0] as const)]).report()
    expect(report).toMatchObject({ calibration_quality: quality, bias_direction: bias, sample_size: n })
  })

  it('keeps domains apart', () => {
    const book = bookOf([
      [0.2, 0, 'payments'],
      [0.4, 1, 'support'],
      [0.6, 1],
    ])
    expect(book.report()).toMatchObject({ domain: null, sample_size: 3 })
    expect(book.report('payments')).toMatchObject({ domain: 'payments', sample_size: 1, mean_predicted_risk: 0.2 })
    expect(book.report('__proto__').sample_size).toBe(0)
  })

  it('counts a corrected outcome once, as what it turned out to be', () => {
    const outcome = fc.record({
      probability: fc.double({ min: 0, max: 1, noNaN: true }),
      first: fc.constantFrom<0 | 1>(0, 1),
      last: fc.constantFrom<0 | 1 | null>(0, 1, null),
    })
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 50 }), (outcomes) => {
        const [corrected, wanted] = [new CalibrationBook(), new CalibrationBook()]
        for (const { probability, first, last } of outcomes) {
          corrected.add(probability, first, 'd', 'proceed')
          corrected.correct(probability, first, last, 'd', 'proceed')
          if (last !== null) wanted.add(probability, last, 'd', 'proceed')
        }
        for (const domain of [undefined, 'd']) {
          const [is, be] = [corrected.report(domain), wanted.report(domain)]
          expect(is.sample_size).toBe(be.sample_size)
          // Sums that were added to and taken from differ by rounding only.
          expect(is.brier_score ?? -1).toBeCloseTo(be.brier_score ?? -1, 9)
          expect(is.log_loss ?? -1).toBeCloseTo(be.log_loss ?? -1, 9)
          expect(is.expected_calibration_error ?? -1).toBeCloseTo(be.expected_calibration_error ?? -1, 9)
        }
      }),
    )
  })

  it('comes back from a snapshot to the bit and shares nothing with it', () => {
    const book = bookOf(Array.from({ length: 99 }, (_, n) => [n / 99, (n % 2) as 0 | 1, `d${n % 5}`] as const))
    const snapshot = book.snapshot()
    const other = new CalibrationBook()
    other.restore(snapshot)
    book.add(0.5, 1, 'd1', 'proceed')
    other.add(0.5, 1, 'd1', 'proceed')
    expect(other.snapshot()).toEqual(book.snapshot())
    expect(snapshot).not.toEqual(book.snapshot())
  })
})
