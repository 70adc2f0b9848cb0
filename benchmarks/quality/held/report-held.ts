import type { Machine } from '../../machine.ts'
import type { HeldFigures } from './replay-held.ts'

/** Reviews to learn from, at most, as shares of all decisions. */
export const SHARES = [0.1, 0.2, 0.4] as const
/** Log loss with the correction over that with every outcome, at most, at the largest of the shares. */
const MOST = 1.05

export interface HeldResult {
  readonly stream: string
  /** Every outcome is learned. */
  readonly labelled: HeldFigures
  /** None of held and blocked calls is. */
  readonly unlabelled: HeldFigures
  /** Those of sampled reviews are, weighted by how likely it was that they become known. */
  readonly sampled: readonly (HeldFigures & { readonly share: number })[]
}

export interface HeldReport {
  readonly machine: Machine
  readonly streams: readonly HeldResult[]
}

export type HeldTable = readonly (readonly string[])[]

/** Log loss of all decisions, and in brackets over that with every outcome; then what was held and what became known. */
export function heldTable({ streams }: HeldReport): HeldTable {
  return [
    [
      'stream',
      'held',
      'every outcome',
      'none of held calls',
      'known',
      ...SHARES.flatMap((share) => [`reviews ≤ ${share * 100} %`, 'known']),
    ],
    ...streams.map(({ stream, labelled, unlabelled, sampled }) => [
      stream,
      percent(labelled.held),
      labelled.log_loss.toFixed(4),
      ...[unlabelled, ...sampled].flatMap((figures) => [
        `${figures.log_loss.toFixed(4)} (${(figures.log_loss / labelled.log_loss).toFixed(3)})`,
        percent(figures.known),
      ]),
    ]),
  ]
}

export function formatHeld(report: HeldReport): string {
  const table = heldTable(report)
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)))
  return table
    .map((row) =>
      row.map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '),
    )
    .join('\n')
}

/** Each stream on which even the most reviews are not enough, in words. */
export function missedHeld({ streams }: HeldReport): string[] {
  return streams.flatMap(({ stream, labelled, sampled }) => {
    const most = sampled.at(-1)
    const ratio = most ? most.log_loss / labelled.log_loss : Number.NaN
    return ratio <= MOST
      ? []
      : [`${stream}: log loss ${ratio.toFixed(3)} of that with every outcome, wanted at most ${MOST}`]
  })
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
