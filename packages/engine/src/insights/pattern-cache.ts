import { scanDecisions } from '../decisions/scan-decisions.ts'
import type { EngineCore } from '../engine-core.ts'
import { type FoundPattern, findPatterns } from './find-patterns.ts'
import { FACET_COLUMNS, facetsOf, SliceCounts } from './slices.ts'

/** Share of new outcomes from which patterns are worked out again by themselves. */
const STALE_FROM = 0.1

export interface Patterns {
  readonly patterns: readonly FoundPattern[]
  readonly counts: SliceCounts
  /** Outcomes of the log when it was read, those that say nothing included. */
  readonly outcomes: number
}

/** Patterns of the labelled decisions: worked out in one scan, kept until a tenth more outcomes are known or somebody asks anew. */
export class PatternCache {
  readonly #core: EngineCore
  #kept: Promise<Patterns> | undefined

  constructor(core: EngineCore) {
    this.#core = core
  }

  async get(): Promise<Patterns> {
    const kept = await this.#kept
    const { outcomes } = await this.#core.state()
    if (kept && outcomes - kept.outcomes <= STALE_FROM * kept.outcomes) return kept
    return this.rebuild()
  }

  /** What is kept now; null before anybody asked. */
  async peek(): Promise<Patterns | null> {
    return (await this.#kept) ?? null
  }

  rebuild(): Promise<Patterns> {
    const work = this.#scan()
    this.#kept = work
    work.catch(() => {
      if (this.#kept === work) this.#kept = undefined
    })
    return work
  }

  async #scan(): Promise<Patterns> {
    const core = this.#core
    const database = await core.projected()
    const { outcomes, clock } = await core.state()
    const counts = new SliceCounts()
    const columns = [...FACET_COLUMNS, 'outcome_category'] as const
    for await (const row of scanDecisions(database, core.storage.organisation, { isLabelled: true }, columns))
      counts.add(facetsOf(row, clock), row.outcome_category === 'negative' ? 1 : 0, row.at)
    return { patterns: findPatterns(counts), counts, outcomes }
  }
}
