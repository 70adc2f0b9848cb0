import { type ComparisonResult, type MetricsBin, wilsonInterval } from '@bighub/engine'
import { formatNumber, formatPercent } from '../format-number.ts'
import { htmlTable } from './html-table.ts'
import type { Period } from './report-collector.ts'
import { type Axis, drawAxes, drawLine, drawPlot, escapeHtml, fixed, scaleX, scaleY, ticksUpTo } from './svg.ts'

/** A plot with its heading, legend, and its data as a table. */
interface Figure {
  readonly id: string
  readonly title: string
  /** What it shows, in words with figures: also its text alternative. */
  readonly description: string
  readonly shapes: string
  /** Names of what is drawn, by style. */
  readonly legend: readonly (readonly [style: string, name: string])[]
  readonly table: readonly (readonly string[])[]
}

function toHtml({ id, title, description, shapes, legend, table }: Figure): string {
  const keys = legend.map(
    ([style, name]) =>
      `<li><svg class="key" viewBox="0 0 24 10" aria-hidden="true">${
        style.startsWith('dot')
          ? `<circle class="${style}" cx="12" cy="5" r="4"/>`
          : drawLine(
              [
                [1, 5],
                [23, 5],
              ],
              style,
            )
      }</svg>${escapeHtml(name)}</li>`,
  )
  return `<figure><h3>${escapeHtml(title)}</h3>${drawPlot(id, { title, description }, shapes)}<ul class="legend">${keys.join('')}</ul><figcaption>${escapeHtml(description)}</figcaption><details><summary>The figures</summary>${htmlTable(title, table)}</details></figure>`
}

const PERCENT_TICKS = [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, text: `${at * 100} %` }))

/** Harm is rare: square roots keep small risks apart, and the diagonal a diagonal. */
const ROOT_TICKS = [0, 0.02, 0.1, 0.2, 0.4, 0.6, 0.8, 1]

/** Predicted against observed: bins of equal count with Wilson's interval of what was observed. */
export function reliabilityPlot(id: string, bins: readonly MetricsBin[]): string {
  const most = Math.min(
    1,
    Math.max(0.02, ...bins.flatMap(({ n, bad, predicted }) => [predicted, wilsonOf(bad, n)[1]])) * 1.04,
  )
  const ticks = ROOT_TICKS.filter((at) => at <= most).map((at) => ({ at, text: `${at * 100} %` }))
  const [rootX, rootY] = [scaleX(0, Math.sqrt(most)), scaleY(0, Math.sqrt(most))]
  const x: Axis = { scale: (value) => rootX(Math.sqrt(value)), title: 'mean estimated risk (square-root scale)', ticks }
  const y: Axis = {
    scale: (value) => rootY(Math.sqrt(value)),
    title: 'share that went wrong (square-root scale)',
    ticks,
  }
  const marks = bins.map(({ n, predicted, bad }) => {
    const [lower, upper] = wilsonOf(bad, n)
    const at = fixed(x.scale(predicted))
    return (
      `<line class="whisker" x1="${at}" x2="${at}" y1="${fixed(y.scale(lower))}" y2="${fixed(y.scale(upper))}"/>` +
      `<circle class="dot ours" cx="${at}" cy="${fixed(y.scale(bad))}" r="3.5"/>`
    )
  })
  const inside = bins.filter(({ n, predicted, bad }) => {
    const [lower, upper] = wilsonOf(bad, n)
    return predicted >= lower && predicted <= upper
  }).length
  return toHtml({
    id,
    title: 'Reliability',
    description: `Does 20 % mean 20 %? In ${inside} of ${bins.length} bins of equal count the mean estimate lies within the 95 % interval of what was observed. On the dashed line, estimates would be exact.`,
    shapes:
      drawAxes(x, y) +
      drawLine(
        [
          [x.scale(0), y.scale(0)],
          [x.scale(most), y.scale(most)],
        ],
        'reference',
      ) +
      marks.join(''),
    legend: [
      ['dot ours', 'a bin, with its 95 % interval'],
      ['reference', 'exact'],
    ],
    table: [
      ['bin', 'decisions', 'mean risk', 'went wrong', '95 % interval'],
      ...bins.map(({ n, predicted, bad }, index) => [
        String(index + 1),
        formatNumber(n, 0),
        formatNumber(predicted, 4),
        formatNumber(bad, 4),
        wilsonOf(bad, n)
          .map((each) => formatNumber(each, 4))
          .join(' … '),
      ]),
    ],
  })
}

/** Mean estimated risk and the rate of bad outcomes along the log. */
export function overTimePlot(id: string, periods: readonly Period[]): string {
  const known = periods.filter(({ scored }) => scored > 0)
  const rates = known.map((each) => ({ ...each, rate: each.bad / each.scored, mean: each.scoredRisk / each.scored }))
  const most = Math.min(1, Math.max(0.02, ...rates.flatMap(({ rate, mean }) => [rate, mean])) * 1.05)
  const x = positionAxis(periods)
  const y: Axis = {
    scale: scaleY(0, most),
    title: 'share of decisions',
    ticks: ticksUpTo(most).map((at) => ({ at, text: shareText(at, most) })),
  }
  const at = ({ from, n }: Period): number => x.scale(from + n / 2)
  const gap = mean(rates.map(({ rate, mean }) => Math.abs(rate - mean)))
  return toHtml({
    id,
    title: 'Risk and bad rate over time',
    description: `Decisions with an outcome, in the order of the log, ${rates.length} stretches. Mean estimate and observed rate are ${formatNumber(gap * 100, 1)} percentage points apart on average.`,
    shapes:
      drawAxes(x, y) +
      drawLine(
        rates.map((each) => [at(each), y.scale(each.rate)]),
        'observed',
      ) +
      drawLine(
        rates.map((each) => [at(each), y.scale(each.mean)]),
        'ours',
      ),
    legend: [
      ['ours', 'mean estimated risk'],
      ['observed', 'share that went wrong'],
    ],
    table: [
      ['from decision', 'with outcome', 'mean risk', 'went wrong'],
      ...rates.map(({ from, scored, mean, rate }) => [
        String(from),
        String(scored),
        formatNumber(mean, 4),
        formatNumber(rate, 4),
      ]),
    ],
  })
}

/** What is stopped where policies stand: shares of calls and of harm. */
export interface PolicyPoint {
  readonly name: string
  readonly held: number
  readonly stopped: number
}

/** A comparison's configurations as points; none where nothing bad is known. */
export function comparisonPoints({ configurations, decisions }: ComparisonResult, bad: number): PolicyPoint[] {
  if (bad === 0 || decisions === 0) return []
  return configurations.map(({ name, totals }) => ({
    name,
    held: (totals.held + totals.blocked) / decisions,
    stopped: totals.harm_stopped / bad,
  }))
}

/** Which share of the harm is stopped when the riskiest share of calls is. */
export function harmPlot(
  id: string,
  curve: readonly { readonly held: number; readonly stopped: number }[],
  points: readonly PolicyPoint[],
): string {
  const x: Axis = { scale: scaleX(0, 1), title: 'calls held or blocked, riskiest first', ticks: PERCENT_TICKS }
  const y: Axis = { scale: scaleY(0, 1), title: 'harm stopped', ticks: PERCENT_TICKS }
  const shown = [0.01, 0.05, 0.1, 0.2, 0.5].map((share) => curve[Math.round(share * (curve.length - 1))])
  const marks = points.map(
    ({ held, stopped }, index) =>
      `<circle class="dot policy" cx="${fixed(x.scale(held))}" cy="${fixed(y.scale(stopped))}" r="4.5"/>` +
      // Below and to the right of the point the curve never runs: it only rises to the left of it.
      `<text class="label" x="${fixed(x.scale(held) + 8)}" y="${fixed(y.scale(stopped) + 12)}">${index + 1}</text>`,
  )
  const five = curve[Math.round(0.05 * (curve.length - 1))]?.stopped ?? 0
  return toHtml({
    id,
    title: 'Harm stopped against calls held',
    description: `Holding the riskiest 5 % stops ${formatPercent(five)} of the harm. ${points.map(({ name, held, stopped }) => `${name} stops ${formatPercent(stopped)} with ${formatPercent(held)} of the calls.`).join(' ')}`,
    shapes:
      drawAxes(x, y) +
      drawLine(
        [
          [x.scale(0), y.scale(0)],
          [x.scale(1), y.scale(1)],
        ],
        'reference',
      ) +
      drawLine(
        curve.map(({ held, stopped }) => [x.scale(held), y.scale(stopped)]),
        'ours',
      ) +
      marks.join(''),
    legend: [
      ['ours', 'by estimated risk'],
      ['reference', 'at random'],
      ...points.map(({ name }, index) => ['dot policy', `${index + 1}: ${name}`] as const),
    ],
    table: [
      ['calls held', 'harm stopped'],
      ...shown.flatMap((each) => (each ? [[formatPercent(each.held), formatPercent(each.stopped)]] : [])),
    ],
  })
}

const LOSS_STYLES = ['ours', 'peer-one', 'peer-two'] as const

/** Mean log loss of everything up to each point of the log, ours and the peers'. */
export function lossPlot(id: string, periods: readonly Period[], names: readonly string[]): string {
  const sums = names.map(() => 0)
  let scored = 0
  const points = periods.flatMap((period) => {
    scored += period.scored
    for (const [index, loss] of period.losses.entries()) sums[index] = (sums[index] ?? 0) + loss
    return scored === 0 ? [] : [{ position: period.from + period.n, scored, losses: sums.map((sum) => sum / scored) }]
  })
  // The first stretch may hold very few outcomes: its spikes must not flatten the rest.
  const most = Math.max(0.02, ...points.slice(Math.min(2, points.length - 1)).flatMap(({ losses }) => losses)) * 1.08
  const x = positionAxis(periods)
  const y: Axis = {
    scale: scaleY(0, most),
    title: 'mean log loss so far (nats)',
    ticks: ticksUpTo(most).map((at) => ({ at, text: formatNumber(at, most < 0.1 ? 3 : most < 1 ? 2 : 1) })),
  }
  const last = points.at(-1)?.losses ?? []
  return toHtml({
    id,
    title: 'Loss against the peers',
    description: `Lower is better. At the end: ${names.map((name, index) => `${name} ${formatNumber(last[index] ?? null, 4)}`).join(', ')}.`,
    shapes:
      drawAxes(x, y) +
      names
        .map((_, index) =>
          drawLine(
            points.map(({ position, losses }) => [x.scale(position), y.scale(Math.min(most, losses[index] ?? 0))]),
            LOSS_STYLES[index] ?? 'reference',
          ),
        )
        .toReversed()
        .join(''),
    legend: names.map((name, index) => [LOSS_STYLES[index] ?? 'reference', name] as const),
    table: [
      ['up to decision', 'with outcome', ...names],
      ...points.map(({ position, scored, losses }) => [
        String(position),
        String(scored),
        ...losses.map((each) => formatNumber(each, 4)),
      ]),
    ],
  })
}

function positionAxis(periods: readonly Period[]): Axis {
  const last = periods.at(-1)
  const end = last ? last.from + last.n : 1
  return {
    scale: scaleX(0, end),
    title: 'decisions, oldest first',
    ticks: ticksUpTo(end).map((at) => ({ at, text: end >= 10_000 && at > 0 ? `${at / 1000}k` : String(at) })),
  }
}

function shareText(share: number, most: number): string {
  return `${formatNumber(share * 100, most < 0.1 ? 1 : 0)} %`
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, each) => sum + each, 0) / values.length
}

/** Wilson's interval of a share; bins that share a tie have fractions of decisions. */
function wilsonOf(share: number, n: number): [number, number] {
  return wilsonInterval(share * n, n)
}
