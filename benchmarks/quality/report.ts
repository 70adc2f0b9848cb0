import type { FileBacktest, MetricsResult } from '@bighub/engine'
import type { Machine } from '../machine.ts'

/** One stream's figures: the engine's own and those of its peers by name. */
export interface StreamResult extends Omit<FileBacktest, 'file'> {
  readonly stream: string
  readonly decisions_per_second: number
  /** Largest resident memory of the process so far, in MB. */
  readonly peak_rss_mb: number
  readonly peers: Readonly<Record<string, MetricsResult>>
}

export interface QualityReport {
  readonly machine: Machine
  readonly streams: readonly StreamResult[]
}

/** What must hold. Streams with fewer scored decisions are shown, but too small to judge by. */
export const TARGETS = { scored: 2000, decisionsPerSecond: 5000, peakRssMb: 500 } as const

/** Each target that was missed, in words. */
export function missedTargets({ streams }: QualityReport): string[] {
  return streams.flatMap((each) => {
    const missed: string[] = []
    if (each.scored >= TARGETS.scored)
      for (const [peer, { log_loss }] of Object.entries(each.peers))
        if (each.log_loss !== null && log_loss !== null && each.log_loss >= log_loss)
          missed.push(
            `${each.stream}: log loss ${each.log_loss.toFixed(4)} is not below the ${peer}'s ${log_loss.toFixed(4)}`,
          )
    if (each.decisions_per_second < TARGETS.decisionsPerSecond)
      missed.push(`${each.stream}: ${each.decisions_per_second} decisions/s, wanted ${TARGETS.decisionsPerSecond}`)
    if (each.peak_rss_mb > TARGETS.peakRssMb)
      missed.push(`${each.stream}: ${each.peak_rss_mb} MB resident, wanted at most ${TARGETS.peakRssMb}`)
    return missed
  })
}

type Column = readonly [title: string, cell: (each: StreamResult) => string]

function columnsOf({ streams }: QualityReport): Column[] {
  const peers = Object.keys(streams[0]?.peers ?? {})
  return [
    ['stream', ({ stream }) => stream],
    ['scored', ({ scored }) => String(scored)],
    ['bad', ({ scored, bad }) => percent(scored === 0 ? null : bad / scored)],
    ['log loss', ({ log_loss }) => number(log_loss, 4)],
    ...peers.map((name): Column => [name, ({ peers }) => number(peers[name]?.log_loss ?? null, 4)]),
    ['Brier', ({ brier }) => number(brier, 4)],
    ['ECE', ({ ece }) => number(ece, 3)],
    ['AUC', ({ auc }) => number(auc, 3)],
    ['AUC of the mean', ({ peers }) => number(peers['per-action mean']?.auc ?? null, 3)],
    ['avg prec', ({ average_precision }) => number(average_precision, 3)],
    ['harm @5 %', ({ harm_at_hold }) => percent(harm_at_hold['5'])],
    ['per second', ({ decisions_per_second }) => String(decisions_per_second)],
    ['peak MB', ({ peak_rss_mb }) => String(peak_rss_mb)],
  ]
}

/** The figures as aligned text. */
export function formatTable(report: QualityReport): string {
  const rows = rowsOf(report)
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n')
}

/** The figures as a Markdown table. */
export function formatMarkdown(report: QualityReport): string {
  const [head = [], ...rows] = rowsOf(report)
  return [
    markdownRow(head),
    markdownRow(head.map((_, column) => (column === 0 ? '---' : '---:'))),
    ...rows.map(markdownRow),
  ].join('\n')
}

function markdownRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function rowsOf(report: QualityReport): string[][] {
  const columns = columnsOf(report)
  return [columns.map(([title]) => title), ...report.streams.map((each) => columns.map(([, cell]) => cell(each)))]
}

function number(value: number | null, digits: number): string {
  return value === null ? '–' : value.toFixed(digits)
}

function percent(share: number | null): string {
  return share === null ? '–' : `${Math.round(share * 100)} %`
}
