import type { Machine } from '../machine.ts'
import type { Figures } from '../speed/samples.ts'

/** One strategy on one set of cases. */
export interface StrategyReport {
  readonly strategy: string
  /** Time of the top ten, in µs. */
  readonly top_10_us: Figures
  /** Mean processor time of the same, in µs: what other programs on the machine change least. */
  readonly top_10_cpu_us: number
  /** Share of the exact top ten that is found; a case that scores as much as the tenth counts. */
  readonly recall_at_10: number
  /** Median time of comparing every case, in ms. */
  readonly exact_scan_ms: number
}

export interface SetReport {
  readonly set: string
  readonly cases: number
  readonly actions: number
  /** Time of an insert, in µs, and the longest one, in ms: a table grows by doubling. */
  readonly insert_us: Figures & { readonly mean: number; readonly longest_ms: number }
  readonly memory_mb: number
  readonly bytes_a_case: number
  /** What an evaluation's look at the precedents takes, in µs. */
  readonly retrieve_us: Figures
  readonly snapshot: {
    readonly megabytes: number
    readonly take_ms: number
    readonly restore_ms: number
    /** Whether what comes back finds the same, and gives the same snapshot. */
    readonly equal: boolean
  }
  readonly strategies: readonly StrategyReport[]
}

export interface ScaleReport {
  readonly machine: Machine
  readonly targets: typeof TARGETS
  readonly sets: readonly SetReport[]
}

/** What a million cases are to show (engine.md §4). */
export const TARGETS = { top_10_p50_us: 1000, top_10_p99_us: 10_000, recall_at_10: 0.95, insert_us: 10 } as const

export function formatText({ sets }: ScaleReport): string {
  return sets.map(formatSet).join('\n\n')
}

function formatSet(set: SetReport): string {
  const { insert_us: insert, retrieve_us: retrieve, snapshot } = set
  const header = `${set.set}: ${set.cases} cases of ${set.actions} actions, ${set.memory_mb} MB (${set.bytes_a_case} bytes each)
  insert    p50 ${insert.p50} µs, p99 ${insert.p99} µs, mean ${insert.mean} µs, longest ${insert.longest_ms} ms
  retrieve  p50 ${retrieve.p50} µs, p99 ${retrieve.p99} µs
  snapshot  ${snapshot.megabytes} MB, taken in ${snapshot.take_ms} ms, restored in ${snapshot.restore_ms} ms, ${snapshot.equal ? 'equal' : 'NOT EQUAL'}`
  const rows = set.strategies.map(
    ({ strategy, top_10_us: top, top_10_cpu_us: cpu, recall_at_10: recall, exact_scan_ms: scan }) =>
      `  ${strategy.padEnd(20)} top 10 p50 ${top.p50} µs, p99 ${top.p99} µs, processor ${cpu} µs, recall ${recall.toFixed(4)} (comparing all: ${scan} ms)`,
  )
  return [header, ...rows].join('\n')
}
