import type { ListDecisionsQuery } from '@bighub/core/protocol'

/**
 * Records of the log that one page of a search looks through. Filters that no index answers alone are tried row by row: 50,000 take
 * about 0.1 s on SQLite in a log of a million decisions, so that a page comes at once however rare its matches are.
 */
export const SEARCH_SPAN = 50_000

/** Filters that an index answers in the order of the log, each alone. */
const INDEXED: ReadonlySet<string> = new Set([
  'action',
  'actor',
  'domain',
  'recommendation',
  'result',
  'trajectory_id',
  'since',
  'until',
])

/** Whether the rows that are read are those that are answered: no filter, or one that has an index. */
export function isAnsweredByIndex({
  limit: _,
  cursor: __,
  outcome_category: category,
  ...filters
}: ListDecisionsQuery): boolean {
  const names = Object.entries(filters).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [name]))
  if (category !== undefined) return names.length === 0 && category !== 'none'
  const isOnlyTime = names.every((name) => name === 'since' || name === 'until')
  return isOnlyTime || (names.length === 1 && names.every((name) => INDEXED.has(name)))
}
