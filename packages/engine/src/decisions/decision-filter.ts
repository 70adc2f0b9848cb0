import type { SelectQueryBuilder } from 'kysely'
import type { DecisionRow, Tables } from '../storage/tables.ts'

/** Which decisions are meant; absent fields leave all. Times are milliseconds since the epoch. */
export interface DecisionFilter {
  readonly domain?: string | null | undefined
  readonly tool?: string | undefined
  readonly action?: string | undefined
  readonly actor?: string | undefined
  readonly trajectoryId?: string | undefined
  readonly recommendation?: string | undefined
  readonly result?: string | undefined
  readonly source?: DecisionRow['source'] | undefined
  readonly outcomeStatus?: string | undefined
  readonly outcomeCategory?: string | undefined
  readonly hasOutcome?: boolean | undefined
  /** Outcomes that say good or bad. */
  readonly isLabelled?: boolean | undefined
  readonly minRisk?: number | undefined
  readonly maxRisk?: number | undefined
  readonly since?: number | undefined
  readonly until?: number | undefined
  readonly outcomeSince?: number | undefined
  readonly outcomeUntil?: number | undefined
  /** Looked for in action, tool, target, actor and ids; any case. */
  readonly text?: string | undefined
}

/** A query over an organisation's decisions with the conditions of a filter. */
export function whereDecisions<O>(
  query: SelectQueryBuilder<Tables, 'decisions', O>,
  organisation: number,
  filter: DecisionFilter,
): SelectQueryBuilder<Tables, 'decisions', O> {
  let found = query.where('organisation', '=', organisation)
  for (const [column, value] of [
    ['domain', filter.domain],
    ['tool', filter.tool],
    ['action', filter.action],
    ['actor', filter.actor],
    ['trajectory_id', filter.trajectoryId],
    ['recommendation', filter.recommendation],
    ['result', filter.result],
    ['source', filter.source],
    ['outcome_status', filter.outcomeStatus],
    ['outcome_category', filter.outcomeCategory],
  ] as const)
    if (value !== undefined) found = found.where(column, value === null ? 'is' : '=', value)
  for (const [column, operator, value] of [
    ['risk', '>=', filter.minRisk],
    ['risk', '<=', filter.maxRisk],
    ['at', '>=', filter.since],
    ['at', '<=', filter.until],
    ['outcome_at', '>=', filter.outcomeSince],
    ['outcome_at', '<=', filter.outcomeUntil],
  ] as const)
    if (value !== undefined) found = found.where(column, operator, value)
  if (filter.hasOutcome !== undefined) found = found.where('outcome_status', filter.hasOutcome ? 'is not' : 'is', null)
  if (filter.isLabelled) found = found.where('outcome_category', 'in', ['positive', 'negative'])
  const { text } = filter
  if (text)
    found = found.where(({ eb, or, fn }) =>
      or(
        (['action', 'tool', 'target', 'actor', 'request_id', 'case_id'] as const).map((column) =>
          eb(fn<string>('lower', [column]), 'like', `%${escapeLike(text.toLowerCase())}%`),
        ),
      ),
    )
  return found
}

/** `%` and `_` of a search are meant as they are; both stores take the backslash only if told to, so it is left out. */
function escapeLike(text: string): string {
  return text.replaceAll(/[%_\\]/g, '_')
}
