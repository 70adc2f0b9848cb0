import type { ListDecisionsQuery } from '@bighub/core/protocol'

/**
 * Records of the log that one page of a search looks through. Filters that no index answers alone are tried row by row: 50,000 take
 * about 0.1 s on SQLite in a log of a million decisions, so that a page comes at once however rare its matches are.
 */
export const SEARCH_SPAN = 50_000

/** Filters that an index answers in the order of the log, each alone. */
const INDEXED: ReadonlySet<string> = new Set(['action', 'actor', 'domain', 'recommendation', 'result', 'trajectory_id'])

/** Fields of the query that filter nothing. */
const PAGING: ReadonlySet<string> = new Set(['limit', 'cursor'])

/** Whether the rows that are read are those that are answered: no filter, or one that has an index. */
export function isAnsweredByIndex(query: ListDecisionsQuery): boolean {
  const names = Object.entries(query).flatMap(([name, value]) =>
    PAGING.has(name) || value === undefined || value === '' ? [] : [name],
  )
  if (names.every((name) => name === 'since' || name === 'until')) return true
  const [only] = names
  if (only === undefined || names.length > 1) return false
  // Decisions without an outcome are in no index of outcomes.
  return only === 'outcome_category' ? query.outcome_category !== 'none' : INDEXED.has(only)
}
