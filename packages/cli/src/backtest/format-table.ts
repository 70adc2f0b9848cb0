import { basename } from 'node:path'
import type { BacktestReport } from './register-backtest.ts'

type Column = readonly [title: string, cell: (report: BacktestReport) => string]

const COLUMNS: readonly Column[] = [
  ['file', ({ file }) => basename(file).replace(/\.jsonl(\.gz)?$/, '')],
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
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
  const skipped = reports.reduce((sum, report) => sum + report.skipped, 0)
  return [
    ...lines,
    '',
    'harm @: share of all bad decisions that lies in the riskiest 1, 5 and 10 %. ECE: 15 bins of equal count.',
    ...(skipped === 0 ? [] : [`${skipped} ${skipped === 1 ? 'line' : 'lines'} could not be read; passed over.`]),
  ].join('\n')
}

function number(value: number | null, digits: number): string {
  return value === null ? '–' : value.toFixed(digits)
}

function percent(share: number | null): string {
  return share === null ? '–' : `${Math.round(share * 100)} %`
}
