import type { OutcomeReport, RecommendationQuality } from '@bighub/core/protocol'
import type { Kysely } from 'kysely'
import type { DecisionFilter } from '../decisions/decision-filter.ts'
import { scanDecisions } from '../decisions/scan-decisions.ts'
import type { Tables } from '../storage/tables.ts'
import {
  countFollowed,
  type FollowedCounts,
  followRate,
  newFollowedCounts,
  positiveAfterFollowing,
  quadrantsOf,
} from './followed-counts.ts'

/** Examples of each kind that are shown, the newest. */
const EXAMPLES = 5

type Example = RecommendationQuality['examples']['helped'][number]

/**
 * Whether recommendations were followed, and whether that helped (protocol §7.2). Helped: advice against the call was followed and
 * stopped it, or advice for it was followed and it went well. Missed: advice for a call that ended badly, or against it ignored
 * and it ended badly.
 */
export async function recommendationQuality(
  database: Kysely<Tables>,
  organisation: number,
  filter: DecisionFilter,
): Promise<RecommendationQuality> {
  const all = newFollowedCounts()
  const domains = new Map<string | null, FollowedCounts>()
  const actors = new Map<string, FollowedCounts>()
  const weeks = new Map<string, FollowedCounts>()
  const helped: Example[] = []
  const missed: Example[] = []
  const columns = ['domain', 'actor', 'followed', 'outcome_category', 'outcome_at', 'outcome'] as const
  for await (const row of scanDecisions(database, organisation, { ...filter, hasOutcome: true }, columns)) {
    const groups = [
      all,
      groupOf(domains, row.domain),
      groupOf(actors, row.actor ?? ''),
      groupOf(weeks, weekOf(row.outcome_at ?? 0)),
    ]
    for (const counts of groups) countFollowed(counts, row.followed, row.outcome_category)
    if (row.followed === null || row.outcome === null) continue
    if (row.outcome_category === 'positive' && row.followed === 1) keepNewest(helped, row.outcome)
    if (row.outcome_category === 'negative') keepNewest(missed, row.outcome)
  }
  return {
    total_with_outcome: all.total,
    follow_rate: followRate(all),
    positive_after_following: positiveAfterFollowing(all),
    quadrants: quadrantsOf(all),
    by_domain: byTotal(domains).map(([domain, counts]) => ({ domain, ...groupFields(counts) })),
    by_actor: byTotal(actors).map(([actor, counts]) => ({ actor_type: actor, ...groupFields(counts) })),
    trend: [...weeks]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([week, counts]) => ({
        week,
        total: counts.total,
        followed: counts.followed,
        ignored: counts.ignored,
        follow_rate: followRate(counts),
        positive_after_following: positiveAfterFollowing(counts),
        quadrants: quadrantsOf(counts),
      })),
    examples: { helped: helped.toReversed(), missed: missed.toReversed() },
  }
}

/** The Monday (UTC) that a week begins with, `2026-02-23`. */
export function weekOf(at: number): string {
  const day = new Date(at)
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7))
  return day.toISOString().slice(0, 10)
}

function groupFields({ total, followed, ignored, followed_positive, ignored_negative, ...rest }: FollowedCounts) {
  const counts = { total, followed, ignored, followed_positive, ignored_negative, ...rest }
  return { total, followed, ignored, follow_rate: followRate(counts), followed_positive, ignored_negative }
}

function groupOf<K>(groups: Map<K, FollowedCounts>, key: K): FollowedCounts {
  const known = groups.get(key)
  if (known) return known
  const counts = newFollowedCounts()
  groups.set(key, counts)
  return counts
}

function byTotal<K>(groups: Map<K, FollowedCounts>): [K, FollowedCounts][] {
  return [...groups].toSorted(([, a], [, b]) => b.total - a.total)
}

function keepNewest(examples: Example[], outcome: string): void {
  const report = JSON.parse(outcome) as OutcomeReport
  examples.push({
    outcome_id: report.outcome_id,
    request_id: report.request_id,
    domain: report.decision_context.domain,
    action: report.decision_context.action,
    tool: report.decision_context.tool,
    status: report.status,
    verdict_was: report.decision_context.verdict_was,
    risk_score_was: report.decision_context.risk_score_was,
    reported_at: report.reported_at,
    description: report.description,
    recommendation_followed: report.recommendation_followed,
    category: report.category,
  })
  if (examples.length > EXAMPLES) examples.shift()
}
