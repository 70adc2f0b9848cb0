import { comparisonRows } from '../format-comparison.ts'
import { formatNumber, formatPercent } from '../format-number.ts'
import { nameOf } from '../format-table.ts'
import type { BacktestReport } from '../register-backtest.ts'
import { DEFINITIONS } from './definitions.ts'
import { htmlTable } from './html-table.ts'
import { comparisonPoints, harmPlot, lossPlot, overTimePlot, type PolicyPoint, reliabilityPlot } from './plots.ts'
import type { ReportCollector } from './report-collector.ts'
import { STYLE } from './style.ts'
import { escapeHtml } from './svg.ts'

/** A file's figures with what was gathered for its plots. */
export interface ReportedFile {
  readonly report: BacktestReport
  readonly collected: ReportCollector
}

/** Bins of the reliability diagram. */
const RELIABILITY_BINS = 10
/** Steps of the curve of harm stopped. */
const CURVE_STEPS = 100
/** Actions in the table, the most frequent. */
const SHOWN_ACTIONS = 15

/**
 * The whole report as one HTML document: no script, no outside resource, readable without colours, from 360 px, in light and
 * dark. It holds no clock and nothing of the machine: the same logs give the same report.
 */
export function htmlReport(files: readonly ReportedFile[]): string {
  const title = `Backtest of ${files.map(({ report }) => nameOf(report.file)).join(', ')}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p class="lead">What would have been decided about every recorded call, and how good the estimates would have been. Each decision is judged by what was known before it.</p>
${files.map((file, index) => section(file, index)).join('\n')}
<h2>What the figures mean</h2>
<dl>${DEFINITIONS.map(([term, meaning]) => `<dt>${escapeHtml(term)}</dt><dd>${escapeHtml(meaning)}</dd>`).join('')}</dl>
</main>
</body>
</html>
`
}

function section({ report, collected }: ReportedFile, index: number): string {
  const { comparison } = report
  return [
    `<h2>${escapeHtml(nameOf(report.file))}</h2>`,
    `<p>${report.n} decisions, ${report.scored} with an outcome, of which ${report.bad} (${formatPercent(report.scored === 0 ? null : report.bad / report.scored)}) went wrong.${report.skipped === 0 ? '' : ` ${report.skipped} lines could not be read.`}</p>`,
    report.scored === 0
      ? '<p>Without outcomes there is nothing to plot.</p>'
      : `<div class="plots">${plots({ report, collected }, `file-${index + 1}`)}</div>`,
    ...(comparison ? [htmlTable('Configurations compared', comparisonRows(comparison))] : []),
    ...(comparison
      ? [
          `<p class="lead">${comparison.clusters} runs; ${comparison.valued} of ${comparison.decisions} decisions have a value; a held call costs ${comparison.minutes_per_review} minutes. ${comparison.differences.map(({ name, differing, against }) => `${escapeHtml(name)} decides ${differing} decisions otherwise than ${escapeHtml(against)}.`).join(' ')}</p>`,
        ]
      : []),
    qualityTable({ report, collected }),
    recommendationTable(report),
    confidenceTable(report),
    coverageTable(report),
    actionTable(collected),
  ].join('\n')
}

function plots({ report, collected }: ReportedFile, id: string): string {
  const { metrics, periods, peers } = collected
  const curve = metrics.holdCurve(CURVE_STEPS)
  return [
    reliabilityPlot(`${id}-reliability`, metrics.bins(RELIABILITY_BINS)),
    overTimePlot(`${id}-time`, periods),
    ...(curve ? [harmPlot(`${id}-harm`, curve, pointsOf({ report, collected }))] : []),
    lossPlot(`${id}-loss`, periods, ['this engine', ...peers.map(({ name }) => name)]),
  ].join('')
}

function pointsOf({ report, collected }: ReportedFile): PolicyPoint[] {
  if (report.comparison) return comparisonPoints(report.comparison, report.bad)
  return [{ name: 'as decided', held: collected.stopped / report.scored, stopped: collected.harmStopped / report.bad }]
}

function qualityTable({ report, collected }: ReportedFile): string {
  const last = collected.periods.reduce<number[]>(
    (sums, { losses }) => collected.peers.map((_, index) => (sums[index] ?? 0) + (losses[index + 1] ?? 0)),
    [],
  )
  const harm = report.harm_at_hold
  return htmlTable('How good the estimates are', [
    ['figure', 'value'],
    ['log loss', formatNumber(report.log_loss, 4)],
    ...collected.peers.map(({ name }, index) => [
      `log loss of the ${name}`,
      formatNumber(report.scored === 0 ? null : (last[index] ?? 0) / report.scored, 4),
    ]),
    ['Brier score', formatNumber(report.brier, 4)],
    ['ECE', formatNumber(report.ece, 4)],
    ['AUC', formatNumber(report.auc, 4)],
    ['average precision', formatNumber(report.average_precision, 4)],
    ['harm stopped at 1, 5, 10 %', [harm['1'], harm['5'], harm['10']].map(formatPercent).join(', ')],
  ])
}

const RECOMMENDATION_NAMES = {
  proceed: 'proceed',
  proceed_with_caution: 'proceed with caution',
  review_recommended: 'review recommended',
  do_not_proceed: 'do not proceed',
} as const

function recommendationTable({ by_recommendation: counts, n }: BacktestReport): string {
  return htmlTable('By recommendation', [
    ['recommendation', 'decisions', 'of all', 'with outcome', 'went wrong'],
    ...Object.entries(RECOMMENDATION_NAMES).map(([key, name]) => {
      const count = counts[key as keyof typeof RECOMMENDATION_NAMES]
      return [
        name,
        String(count.n),
        formatPercent(n === 0 ? null : count.n / n),
        String(count.scored),
        formatPercent(count.scored === 0 ? null : count.bad / count.scored),
      ]
    }),
  ])
}

function confidenceTable({ by_confidence: bands }: BacktestReport): string {
  return htmlTable('By confidence', [
    ['confidence', 'decisions', 'with outcome', 'went wrong', 'log loss', 'ECE'],
    ...(['low', 'medium', 'high'] as const).map((band) => {
      const { n, scored, bad, log_loss: logLoss, ece } = bands[band]
      return [
        band,
        String(n),
        String(scored),
        formatPercent(scored === 0 ? null : bad / scored),
        formatNumber(logLoss, 4),
        formatNumber(ece, 3),
      ]
    }),
  ])
}

const BUCKET_NAMES = {
  equal_count: 'risk group',
  confidence: 'confidence',
  domain: 'domain',
  action: 'action',
} as const

function coverageTable({ interval_coverage: coverage }: BacktestReport): string {
  const { buckets, covered, checked, mean_width: width } = coverage
  if (checked === 0) return '<p>No bucket has the 100 outcomes that it takes to check the risk intervals.</p>'
  return htmlTable(`Risk intervals: ${covered} of ${checked} buckets hold, mean width ${formatNumber(width, 3)}`, [
    ['bucket', 'with outcome', 'mean risk', 'mean interval', 'went wrong', '95 % interval', 'holds'],
    ...buckets.map((each) => [
      `${BUCKET_NAMES[each.kind]} ${each.name}`,
      String(each.n),
      formatNumber(each.mean_risk, 4),
      `${formatNumber(each.lower, 4)} … ${formatNumber(each.upper, 4)}`,
      formatNumber(each.bad_rate, 4),
      each.bad_rate_interval.map((end) => formatNumber(end, 4)).join(' … '),
      each.is_covered ? 'yes' : 'no',
    ]),
  ])
}

function actionTable({ actions }: ReportCollector): string {
  const frequent = [...actions].toSorted(([, a], [, b]) => b.n - a.n)
  return htmlTable(frequent.length > SHOWN_ACTIONS ? `The ${SHOWN_ACTIONS} most frequent actions` : 'By action', [
    ['action', 'decisions', 'mean risk', 'held or blocked', 'with outcome', 'went wrong'],
    ...frequent
      .slice(0, SHOWN_ACTIONS)
      .map(([name, { n, risk, stopped, scored, bad }]) => [
        name,
        String(n),
        formatNumber(risk / n, 4),
        formatPercent(stopped / n),
        String(scored),
        formatPercent(scored === 0 ? null : bad / scored),
      ]),
  ])
}
