import type { OutcomeAnalytics, OutcomeReport } from '@bighub/core/protocol'
import type { Kysely } from 'kysely'
import type { DecisionFilter } from '../decisions/decision-filter.ts'
import { scanDecisions } from '../decisions/scan-decisions.ts'
import type { Tables } from '../storage/tables.ts'
import { shareOf } from './followed-counts.ts'

/** What is asked: a domain, and times of outcomes as ISO texts. */
export interface AnalyticsRange {
  readonly domain?: string | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
}

/** The decisions of a range. */
export function toFilter({ domain, since, until }: AnalyticsRange): DecisionFilter {
  return {
    domain: domain || undefined,
    outcomeSince: since ? Date.parse(since) : undefined,
    outcomeUntil: until ? Date.parse(until) : undefined,
  }
}

/** Figures over the newest outcome of each decision (protocol §7.2). Rates leave neutral outcomes out. */
export async function outcomeAnalytics(
  database: Kysely<Tables>,
  organisation: number,
  range: AnalyticsRange,
): Promise<OutcomeAnalytics> {
  const filter = toFilter(range)
  const byStatus = new Map<string, number>()
  const byCategory = { positive: 0, neutral: 0, negative: 0 }
  const actions = new Map<string, { total: number; positive: number; negative: number }>()
  const sums = { severity: 0, time: 0, timed: 0, corrections: 0, cost: 0, rollbacks: 0 }
  const impact = { revenue_impact: 0, customer_impact_count: 0, support_tickets_created: 0 }
  let total = 0
  const columns = ['action', 'outcome_status', 'outcome_category', 'outcome_severity', 'outcome'] as const
  for await (const row of scanDecisions(database, organisation, { ...filter, hasOutcome: true }, columns)) {
    total++
    const status = row.outcome_status ?? ''
    const category = row.outcome_category ?? 'neutral'
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1)
    byCategory[category]++
    sums.severity += row.outcome_severity ?? 0
    const action = actions.get(row.action) ?? { total: 0, positive: 0, negative: 0 }
    action.total++
    if (category !== 'neutral') action[category]++
    actions.set(row.action, action)
    // Null once the words were erased; what they told of impact is gone with them.
    if (row.outcome === null) continue
    const report = JSON.parse(row.outcome) as OutcomeReport
    if (report.time_to_outcome_s !== null) {
      sums.time += report.time_to_outcome_s
      sums.timed++
    }
    if (report.correction.needed) sums.corrections++
    sums.cost += report.correction.cost ?? 0
    if (report.rollback.performed) sums.rollbacks++
    impact.revenue_impact += report.business_impact.revenue_impact ?? 0
    impact.customer_impact_count += report.business_impact.customer_impact_count
    impact.support_tickets_created += report.business_impact.support_tickets_created
  }
  const labelled = byCategory.positive + byCategory.negative
  return {
    domain: range.domain || null,
    since: range.since || null,
    until: range.until || null,
    total,
    by_status: Object.fromEntries(byStatus),
    by_category: byCategory,
    positive_rate: shareOf(byCategory.positive, labelled),
    negative_rate: shareOf(byCategory.negative, labelled),
    avg_severity: shareOf(sums.severity, total),
    avg_time_to_outcome_s: shareOf(sums.time, sums.timed),
    corrections: { count: sums.corrections, total_cost: sums.cost },
    rollbacks: sums.rollbacks,
    business_impact: impact,
    by_action: [...actions]
      .toSorted(([, a], [, b]) => b.total - a.total)
      .map(([action, counts]) => ({
        action,
        total: counts.total,
        positive_rate: shareOf(counts.positive, counts.positive + counts.negative),
      })),
  }
}
