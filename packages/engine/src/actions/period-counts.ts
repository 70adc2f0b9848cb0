import type { PeriodCounts } from '@bighub/core/protocol'
import type { Kysely } from 'kysely'
import type { Tables } from '../storage/tables.ts'

/** Counts of decisions made since a time (all without one). Cases of elsewhere are not among them. */
export async function countPeriod(
  database: Kysely<Tables>,
  organisation: number,
  since: number | null,
): Promise<PeriodCounts> {
  let query = database
    .selectFrom('decisions')
    .where('organisation', '=', organisation)
    .where('source', '=', 'evaluation')
  if (since !== null) query = query.where('at', '>=', since)
  const rows = await query
    .select(['result', 'approval_status'])
    .select(({ fn }) => [
      fn.countAll<number>().as('n'),
      fn.sum<number | null>('value').as('value'),
      fn.sum<number>('risk').as('risk'),
    ])
    .groupBy(['result', 'approval_status'])
    .execute()
  const counts = { total: 0, allowed: 0, blocked: 0, requires_approval: 0, value_protected: 0 }
  let risk = 0
  for (const row of rows) {
    const n = row.n
    counts.total += n
    counts[row.result] += n
    risk += row.risk
    // What was stopped: by the decision itself, or by the person who was asked.
    if (row.result === 'blocked' || row.approval_status === 'denied') counts.value_protected += row.value ?? 0
  }
  return { ...counts, avg_risk_score: counts.total === 0 ? null : risk / counts.total }
}
