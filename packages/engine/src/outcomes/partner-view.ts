import type { PartnerView } from '@bighub/core/protocol'
import type { Kysely } from 'kysely'
import { scanDecisions } from '../decisions/scan-decisions.ts'
import type { Tables } from '../storage/tables.ts'
import { countFollowed, type FollowedCounts, followRate, newFollowedCounts, shareOf } from './followed-counts.ts'
import { recommendationQuality } from './recommendation-quality.ts'

/** Outcomes below which nothing is said about an action. */
const ENOUGH = 30

interface ActionCounts extends FollowedCounts {
  evaluated: number
  positive: number
  negative: number
}

/** One domain at a glance (protocol §7.2). */
export async function partnerView(
  database: Kysely<Tables>,
  organisation: number,
  domain: string,
): Promise<PartnerView> {
  const actions = new Map<string, ActionCounts>()
  let evaluated = 0
  let risk = 0
  const columns = ['action', 'risk', 'followed', 'outcome_category'] as const
  for await (const row of scanDecisions(database, organisation, { domain }, columns)) {
    evaluated++
    risk += row.risk
    const counts = actions.get(row.action) ?? { ...newFollowedCounts(), evaluated: 0, positive: 0, negative: 0 }
    actions.set(row.action, counts)
    counts.evaluated++
    if (row.outcome_category === null) continue
    countFollowed(counts, row.followed, row.outcome_category)
    if (row.outcome_category !== 'neutral') counts[row.outcome_category]++
  }
  const { examples, ...quality } = await recommendationQuality(database, organisation, { domain })
  const byActivity = [...actions].toSorted(([, a], [, b]) => b.evaluated - a.evaluated)
  return {
    overview: {
      domain,
      decisions_evaluated: evaluated,
      with_outcome: quality.total_with_outcome,
      follow_rate: quality.follow_rate,
      positive_after_following: quality.positive_after_following,
      avg_risk_score: shareOf(risk, evaluated),
    },
    recommendation_quality: quality,
    trend: quality.trend,
    by_action: byActivity.map(([action, counts]) => ({
      action,
      total: counts.evaluated,
      with_outcome: counts.total,
      follow_rate: followRate(counts),
      positive_rate: shareOf(counts.positive, counts.positive + counts.negative),
      negative_rate: shareOf(counts.negative, counts.positive + counts.negative),
    })),
    sparse_evidence: byActivity
      .filter(([, counts]) => counts.positive + counts.negative < ENOUGH)
      .map(([action, counts]) => ({
        action,
        total: counts.evaluated,
        with_outcome: counts.total,
        needed: ENOUGH - counts.positive - counts.negative,
      })),
    examples,
  }
}
