import type { Kysely } from 'kysely'
import type { Tables } from '../storage/tables.ts'

/** What health is worked out from. */
export interface AutomationCounts {
  readonly decided: number
  /** Calls that needed no person. */
  readonly unasked: number
  /** Executed calls with an outcome. */
  readonly judged: number
  /** Those of them that ended badly. */
  readonly bad: number
}

/** Counts of the calls decided since a time. */
export async function countAutomation(
  database: Kysely<Tables>,
  organisation: number,
  since: number,
): Promise<AutomationCounts> {
  const rows = await database
    .selectFrom('decisions')
    .where('organisation', '=', organisation)
    .where('source', '=', 'evaluation')
    .where('at', '>=', since)
    .select(['result', 'outcome_category'])
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .groupBy(['result', 'outcome_category'])
    .execute()
  const sum = (wanted: (row: (typeof rows)[number]) => boolean): number =>
    rows.filter(wanted).reduce((total, row) => total + row.n, 0)
  return {
    decided: sum(() => true),
    unasked: sum((row) => row.result !== 'requires_approval'),
    judged: sum((row) => row.outcome_category === 'positive' || row.outcome_category === 'negative'),
    bad: sum((row) => row.outcome_category === 'negative'),
  }
}

/**
 * 100 · (share of executed calls without a negative outcome) · (share that needed no person), rounded (engine.md §1); null before
 * the first call. Calls without an outcome count as neither.
 */
export function automationHealth({ decided, unasked, judged, bad }: AutomationCounts): number | null {
  if (decided === 0) return null
  return Math.round(100 * (judged === 0 ? 1 : 1 - bad / judged) * (unasked / decided))
}

/** One sentence made from the counts. */
export function automationInsight({ decided, unasked, judged, bad }: AutomationCounts): string {
  if (decided === 0) return 'No call was evaluated in the last 30 days.'
  const asked = decided - unasked
  const people = asked === 0 ? 'none needed a person' : `${asked} needed a person`
  const outcomes = judged === 0 ? 'no outcome says good or bad yet' : `${bad} of ${judged} with an outcome ended badly`
  return `${decided} calls were evaluated in the last 30 days: ${people}, and ${outcomes}.`
}
