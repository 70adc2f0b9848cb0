import type { Machine } from '../machine.ts'
import type { EngineFigures } from './replay-engine.ts'
import type { StreamFigures } from './stream-score.ts'
import { meanRatio, meanStartRatio, type Targets } from './targets.ts'

/** One stream's figures: the engine's own and those of its peers by name. */
export interface StreamResult {
  readonly stream: string
  readonly decisions: number
  /** Decisions with an outcome. */
  readonly scored: number
  readonly bad: number
  /** Decisions between a call and its outcome, at the median. */
  readonly median_delay: number
  /** With a prior that was learned from the other families of streams. */
  readonly ours: EngineFigures
  /** Log loss of the first 200 decisions with an outcome. */
  readonly start: {
    readonly with_prior: number
    readonly without_prior: number
    /** Tools answer its calls. */
    readonly is_agent: boolean
  }
  readonly peers: Readonly<Record<string, StreamFigures>>
}

export interface PeerDescription {
  readonly name: string
  readonly settings: string
  readonly source: string
}

export interface QualityReport {
  readonly machine: Machine
  readonly streams: readonly StreamResult[]
  readonly peers: readonly PeerDescription[]
  readonly targets: Targets
  /** Mean of our log loss over the best known peer's. */
  readonly mean_ratio: number | null
}

type Table = readonly (readonly string[])[]

/** What is compared, as tables with a title. */
export function tablesOf(report: QualityReport): (readonly [title: string, table: Table])[] {
  return [
    ['Log loss against the best peer, the oracle and what is to be reached', targetTable(report)],
    ['Log loss of the peers', peerTable(report, 'log_loss', 4)],
    ['AUC of the peers', peerTable(report, 'auc', 3)],
    ['Other figures of ours', figureTable(report)],
    ['Cold start: log loss of the first 200 decisions with an outcome', startTable(report)],
    ['Ours by confidence, and risk intervals', confidenceTable(report)],
    ['Speed: predictions and updates a second', speedTable(report)],
  ]
}

/** The tables as aligned text. */
export function formatText(report: QualityReport): string {
  return tablesOf(report)
    .map(([title, table]) => `${title}\n${align(table).join('\n')}`)
    .join('\n\n')
}

/** The tables as Markdown. */
export function formatMarkdown(report: QualityReport): string {
  return tablesOf(report)
    .map(([title, [head = [], ...rows]]) =>
      [
        `## ${title}`,
        '',
        markdownRow(head),
        markdownRow(head.map((_, column) => (column === 0 ? '---' : '---:'))),
        ...rows.map(markdownRow),
      ].join('\n'),
    )
    .join('\n\n')
}

function targetTable({ streams, targets }: QualityReport): Table {
  const ratio = meanRatio(streams, targets)
  return [
    [
      'stream',
      'scored',
      'bad',
      'ours',
      'best peer here',
      '',
      'best known peer',
      'oracle',
      'to reach',
      'ours / best known',
    ],
    ...streams.map(({ stream, scored, bad, ours, peers }) => {
      const [name = '', best] = bestOf(peers) ?? []
      const target = targets.streams[stream]
      const known = target?.best_peer.log_loss
      return [
        stream,
        String(scored),
        percent(scored === 0 ? null : bad / scored),
        number(ours.log_loss, 4),
        number(best ?? null, 4),
        name,
        number(known ?? null, 4),
        number(target?.oracle.log_loss ?? null, 4),
        number(target?.to_reach.log_loss ?? null, 4),
        number(known === undefined || ours.log_loss === null ? null : ours.log_loss / known, 3),
      ]
    }),
    ['mean', '', '', '', '', '', '', '', '', number(ratio, 3)],
  ]
}

function bestOf(peers: StreamResult['peers']): [name: string, logLoss: number] | undefined {
  const all = Object.entries(peers).flatMap(([name, { log_loss: loss }]) =>
    loss === null ? [] : [[name, loss] as [string, number]],
  )
  return all.toSorted(([, a], [, b]) => a - b)[0]
}

function peerTable({ streams }: QualityReport, figure: 'log_loss' | 'auc', digits: number): Table {
  const names = [...new Set(streams.flatMap(({ peers }) => Object.keys(peers)))]
  return [
    ['stream', 'ours', ...names],
    ...streams.map(({ stream, ours, peers }) => [
      stream,
      number(ours[figure], digits),
      ...names.map((name) => number(peers[name]?.[figure] ?? null, digits)),
    ]),
  ]
}

function figureTable({ streams }: QualityReport): Table {
  const columns: [string, (ours: StreamFigures) => string][] = [
    ['Brier', ({ brier }) => number(brier, 4)],
    ['ECE', ({ ece }) => number(ece, 4)],
    ['AUC', ({ auc }) => number(auc, 4)],
    ['AUC state-changing', (ours) => number(ours.auc_state_changing, 4)],
    ['avg prec', (ours) => number(ours.average_precision, 3)],
    ['harm @1/5/10 %', ({ harm_at_hold: harm }) => [harm['1'], harm['5'], harm['10']].map(percent).join(' ')],
    ['first 500', (ours) => number(ours.first_500_log_loss, 4)],
    ['bad held @2 % good', (ours) => percent(ours.bad_held_at_2_percent)],
    ['state-changing', (ours) => percent(ours.bad_held_at_2_percent_state_changing)],
  ]
  return [
    ['stream', ...columns.map(([title]) => title)],
    ...streams.map(({ stream, ours }) => [stream, ...columns.map(([, cell]) => cell(ours))]),
  ]
}

function startTable({ streams }: QualityReport): Table {
  const rows = streams.map(({ stream, start: { with_prior: prior, without_prior: none } }) => [
    stream,
    number(none, 4),
    number(prior, 4),
    number(prior / none, 3),
  ])
  return [
    ['stream', 'without a prior', 'with what other families teach', 'ratio'],
    ...rows,
    ['mean over agents', '', '', number(meanStartRatio(streams), 3)],
  ]
}

const BANDS = ['low', 'medium', 'high'] as const

function confidenceTable({ streams }: QualityReport): Table {
  return [
    ['stream', ...BANDS.flatMap((band) => [band, 'log loss', 'ECE']), 'intervals that hold', 'mean width'],
    ...streams.map(({ stream, ours: { by_confidence: bands, interval_coverage: coverage } }) => [
      stream,
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

function speedTable({ streams }: QualityReport): Table {
  const names = [...new Set(streams.flatMap(({ peers }) => Object.keys(peers)))]
  return [
    ['stream', 'ours', ...names],
    ...streams.map(({ stream, ours, peers }) => [
      stream,
      perSecond(ours),
      ...names.map((name) => perSecond(peers[name])),
    ]),
  ]
}

function perSecond(figures: StreamFigures | undefined): string {
  return figures ? `${figures.predictions_per_second ?? '–'} / ${figures.updates_per_second ?? '–'}` : '–'
}

function align(table: Table): string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)))
  return table.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
}

function markdownRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function number(value: number | null, digits: number): string {
  return value === null ? '–' : value.toFixed(digits)
}

function percent(share: number | null): string {
  return share === null ? '–' : `${(share * 100).toFixed(share < 0.1 || share > 0.9 ? 1 : 0)} %`
}
