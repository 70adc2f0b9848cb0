/** What a guard sees and what it cannot see, so that nobody believes in a guard that is not there. */
export interface Coverage {
  /** Names of tools that are guarded, in the order they were wrapped. */
  readonly guarded: readonly string[]
  /** Tools that no local hook can stop: provider-executed, hosted, without an implementation. */
  readonly unguarded: readonly { readonly tool: string; readonly reason: string }[]
  /** What this configuration does not promise. */
  readonly limits: readonly string[]
  /** Outcomes that could not be delivered to the evaluator. */
  readonly undeliveredReports: number
  /** Outcomes that wait to be delivered. */
  readonly waitingReports: number
}

/** Most tools remembered; dynamic tool names come from servers and must not fill memory. */
const CAPACITY = 10_000

export class CoverageBook {
  readonly #tools = new Map<string, string | null>()

  note(tool: string, gap: string | undefined): void {
    if (this.#tools.size < CAPACITY || this.#tools.has(tool)) this.#tools.set(tool, gap ?? null)
  }

  report(limits: readonly string[], reports: Pick<Coverage, 'undeliveredReports' | 'waitingReports'>): Coverage {
    const entries = [...this.#tools]
    return {
      guarded: entries.flatMap(([tool, gap]) => (gap === null ? [tool] : [])),
      unguarded: entries.flatMap(([tool, gap]) => (gap === null ? [] : [{ tool, reason: gap }])),
      limits,
      ...reports,
    }
  }
}
