import { basename } from 'node:path'
import { alignRows } from '../place/align-rows.ts'
import { formatNumber as number, formatPercent as percent } from './format-number.ts'
import type { BacktestReport } from './register-backtest.ts'

type Column = readonly [title: string, cell: (report: BacktestReport) => string]

const COLUMNS: readonly Column[] = [
  ['file', ({ file }) => nameOf(file)],
  ['decisions', ({ n }) => String(n)],
  ['scored', ({ scored }) => String(scored)],
  ['bad', ({ bad, scored }) => percent(scored === 0 ? null : bad / scored)],
  ['log loss', ({ log_loss }) => number(log_loss, 4)],
  ['Brier', ({ brier }) => number(brier, 4)],
  ['ECE', ({ ece }) => number(ece, 3)],
  ['AUC', ({ auc }) => number(auc, 3)],
  ['avg prec', ({ average_precision }) => number(average_precision, 3)],
  ['harm @1/5/10 %', ({ harm_at_hold: harm }) => `${percent(harm['1'])} ${percent(harm['5'])} ${percent(harm['10'])}`],
  [
    'run·caution·hold·block',
    ({ by_recommendation: by, n }) =>
      [by.proceed, by.proceed_with_caution, by.review_recommended, by.do_not_proceed]
        .map((each) => percent(n === 0 ? null : each.n / n))
        .join('·'),
  ],
  ['per second', ({ decisions_per_second }) => String(decisions_per_second)],
]

/** The figures of several files side by side. */
export function formatTable(reports: readonly BacktestReport[]): string {
  const rows = [COLUMNS.map(([title]) => title), ...reports.map((report) => COLUMNS.map(([, cell]) => cell(report)))]
  const skipped = reports.reduce((sum, report) => sum + report.skipped, 0)
  return [
    ...alignRows(rows),
    '',
    ...alignRows(bandRows(reports)),
    '',
    'harm @: share of all bad decisions that lies in the riskiest 1, 5 and 10 %. ECE: 15 bins of equal count.',
    'intervals that hold: buckets (equal count, confidence, domain, action; at least 100 outcomes) whose bad rate lies in the mean interval.',
    ...reports.flatMap(promiseLines),
    ...(skipped === 0 ? [] : [`${skipped} ${skipped === 1 ? 'line' : 'lines'} could not be read; passed over.`]),
  ].join('\n')
}

/** How the promises of the policy were kept, where it has any. */
function promiseLines({ file, promises, unasked }: BacktestReport): string[] {
  return promises.map(
    ({ domain, max_bad_rate: most, status, reason }) =>
      `${nameOf(file)}: at most ${percent(most)} bad among calls that run unasked${domain === null ? '' : ` in ${domain}`}: ` +
      `${status.replaceAll('_', ' ')} (${reason}); ${unasked.n} ran unasked, ${unasked.bad} of ${unasked.scored} known went wrong.`,
  )
}

const BANDS = ['low', 'medium', 'high'] as const

/** How good the estimates are by how much stands behind them, and how often their intervals hold. */
function bandRows(reports: readonly BacktestReport[]): string[][] {
  return [
    ['by confidence', ...BANDS.flatMap((band) => [band, 'log loss', 'ECE']), 'intervals that hold', 'mean width'],
    ...reports.map(({ file, by_confidence: bands, interval_coverage: coverage }) => [
      nameOf(file),
      ...BANDS.flatMap((band) => [
        String(bands[band].scored),
        number(bands[band].log_loss, 4),
        number(bands[band].ece, 3),
      ]),
      `${coverage.covered} of ${coverage.checked}`,
      number(coverage.mean_width, 3),
    ]),
  ]
}

/** A file's name without folder and ending. */
export function nameOf(file: string): string {
  return basename(file).replace(/\.jsonl(\.gz)?$/, '')
}
