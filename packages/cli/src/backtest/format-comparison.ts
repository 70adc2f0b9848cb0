import { type ComparisonResult, MEASURES, type Measure } from '@bighub/engine'
import { alignRows } from '../place/align-rows.ts'
import { formatAmount, formatDifference } from './format-number.ts'

/** What each measure is called for a reader. */
export const MEASURE_NAMES: Readonly<Record<Measure, string>> = {
  cautioned: 'run with caution',
  held: 'held',
  review_minutes: 'minutes of review',
  blocked: 'blocked',
  harm_stopped: 'harm stopped',
  good_blocked: 'good blocked',
  value_stopped: 'value of harm stopped',
  value_at_stake: 'value at stake',
  good_value_blocked: 'value of good blocked',
  expected_cost: 'expected cost',
  realised_cost: 'realised cost',
}

/** Totals of each configuration, and each one's difference from the first with its interval. */
export function comparisonRows({ configurations, differences }: ComparisonResult): string[][] {
  return [
    [
      'measure',
      ...configurations.flatMap(({ name }, index) => (index === 0 ? [name] : [name, 'difference', '95 % interval'])),
    ],
    ...MEASURES.map((measure) => [
      MEASURE_NAMES[measure],
      ...configurations.flatMap(({ totals }, index) => {
        const paired = differences[index - 1]?.measures[measure]
        const total = formatAmount(totals[measure])
        return paired
          ? [
              total,
              formatDifference(paired.difference),
              `${formatDifference(paired.lower)} … ${formatDifference(paired.upper)}`,
            ]
          : [total]
      }),
    ]),
  ]
}

/** The comparison as aligned text with what its figures mean. */
export function formatComparison(file: string, comparison: ComparisonResult): string {
  const { decisions, scored, valued, clusters, minutes_per_review: minutes, bootstrap, differences } = comparison
  return [
    `${file}: ${decisions} decisions, ${scored} with an outcome, ${valued} with a value`,
    ...alignRows(comparisonRows(comparison)),
    '',
    ...differences.map(
      ({ name, against, differing }) =>
        `${name} decides ${differing} of ${decisions} decisions otherwise than ${against}.`,
    ),
    `Intervals: ${bootstrap.resamples} bootstrap resamples of ${clusters} runs (a decision outside of a run is one of its own), percentiles.`,
    `Value: sum of |value| in the log's own unit. At stake: of bad calls that run. Costs: in ordinary stakes, by the costs of ${differences[0]?.against ?? 'the first'}.`,
    `A held call costs ${minutes} minutes of review; how a person would have answered is not known.`,
  ].join('\n')
}
