import type { EngineCore } from '../engine-core.ts'

export interface CaseCounts {
  readonly total: number
  readonly withOutcomes: number
  /** Most cases first. */
  readonly domains: readonly {
    readonly domain: string | null
    readonly cases: number
    readonly with_outcomes: number
  }[]
  /** When the newest case was told or decided; null without any. */
  readonly lastAt: string | null
}

/** How many cases can be found. */
export async function caseCounts(core: EngineCore): Promise<CaseCounts> {
  const database = await core.projected()
  const rows = await database
    .selectFrom('decisions')
    .where('organisation', '=', core.storage.organisation)
    .select('domain')
    .select(({ fn }) => [
      fn.countAll().as('cases'),
      fn.count('outcome_status').as('with_outcomes'),
      fn.max('at').as('last'),
    ])
    .groupBy('domain')
    .execute()
  // PostgreSQL counts in text, for numbers beyond 53 bits.
  const domains = rows.map(({ domain, cases, with_outcomes }) => ({
    domain,
    cases: Number(cases),
    with_outcomes: Number(with_outcomes),
  }))
  const last = rows.length === 0 ? null : Math.max(...rows.map((row) => row.last))
  return {
    total: domains.reduce((sum, each) => sum + each.cases, 0),
    withOutcomes: domains.reduce((sum, each) => sum + each.with_outcomes, 0),
    domains: domains.toSorted((a, b) => b.cases - a.cases || ((a.domain ?? '') < (b.domain ?? '') ? -1 : 1)),
    lastAt: last === null ? null : new Date(last).toISOString(),
  }
}
