import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { StreamFigures } from './stream-score.ts'

/** Figures that must not get worse, and which way is worse. */
const GUARDED = { log_loss: 1, ece: 1, auc: -1 } as const
type Guarded = keyof typeof GUARDED
const NAMES = Object.keys(GUARDED) as Guarded[]

export interface AcceptedFigure {
  readonly figure: number
  /** By how much it may get worse. */
  readonly tolerance: number
}

/** For each stream the figures that were accepted last. */
export type Accepted = Readonly<Record<string, Readonly<Record<Guarded, AcceptedFigure | null>>>>

/** The one table of what was accepted. */
export const ACCEPTED_FILE: URL = new URL('accepted.json', import.meta.url)

export function readAccepted(file: URL = ACCEPTED_FILE): Accepted {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Accepted) : {}
}

export function writeAccepted(accepted: Accepted, file: URL = ACCEPTED_FILE): void {
  writeFileSync(file, `${JSON.stringify(accepted, null, 2)}\n`)
}

interface Measured {
  readonly stream: string
  readonly ours: Pick<StreamFigures, Guarded>
}

/** Each figure that got worse by more than its tolerance, in words. A stream that is not in the table is not judged. */
export function findRegressions(streams: readonly Measured[], accepted: Accepted): string[] {
  return streams.flatMap(({ stream, ours }) =>
    NAMES.flatMap((name) => {
      const before = accepted[stream]?.[name]
      if (!before) return []
      const now = ours[name]
      const isWorse = now === null || GUARDED[name] * (now - before.figure) > before.tolerance
      return isWorse
        ? [`${stream}: ${name} ${now?.toFixed(5) ?? 'undefined'}, accepted ${before.figure} ± ${before.tolerance}`]
        : []
    }),
  )
}

/** The table with these streams' figures; tolerances stay, other streams too. */
export function accept(streams: readonly Measured[], accepted: Accepted): Accepted {
  const rows = streams.map(({ stream, ours }) => {
    const figures = NAMES.map((name) => {
      const value = ours[name]
      if (value === null) return [name, null] as const
      const figure = Number(value.toFixed(6))
      const tolerance = accepted[stream]?.[name]?.tolerance ?? defaultTolerance(name, figure)
      return [name, { figure, tolerance }] as const
    })
    return [stream, Object.fromEntries(figures)] as const
  })
  const all = { ...accepted, ...Object.fromEntries(rows) } as Accepted
  return Object.fromEntries(Object.entries(all).toSorted(([a], [b]) => a.localeCompare(b)))
}

/**
 * The replay is deterministic, so that any difference is a change: what is tolerated is what a change may cost one stream for the
 * sake of the others. 1 % of the log loss, a tenth of what AUC lacks to 1, half of the ECE, each within limits: on a small stream
 * AUC and ECE move by some thousandths for no reason.
 */
function defaultTolerance(name: Guarded, figure: number): number {
  const tolerance = {
    log_loss: Math.max(0.0003, 0.01 * figure),
    ece: Math.min(0.004, Math.max(0.001, 0.5 * figure)),
    auc: Math.min(0.003, Math.max(0.0003, 0.1 * (1 - figure))),
  }[name]
  return Number(tolerance.toPrecision(1))
}
