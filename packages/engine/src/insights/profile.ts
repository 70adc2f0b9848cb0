import type { Profile } from '@bighub/core/protocol'
import { scanDecisions } from '../decisions/scan-decisions.ts'
import type { EngineCore } from '../engine-core.ts'
import { shareOf } from '../outcomes/followed-counts.ts'
import type { FoundPattern } from './find-patterns.ts'

export interface ProfileFilter {
  readonly tool: string | undefined
  readonly action: string | undefined
  readonly domain: string | undefined
}

/** What is known of a tool, an action, a domain, or of everything. Rates leave neutral outcomes out. */
export async function profileOf(
  core: EngineCore,
  filter: ProfileFilter,
  patterns: readonly FoundPattern[],
): Promise<Profile> {
  const statuses = new Map<string, number>()
  const sums = { cases: 0, outcomes: 0, good: 0, bad: 0, risk: 0, value: 0, valued: 0 }
  const columns = ['risk', 'value', 'outcome_status', 'outcome_category'] as const
  for await (const row of scanDecisions(await core.projected(), core.storage.organisation, filter, columns)) {
    sums.cases++
    sums.risk += row.risk
    if (row.value !== null) {
      sums.value += row.value
      sums.valued++
    }
    if (row.outcome_status === null) continue
    sums.outcomes++
    statuses.set(row.outcome_status, (statuses.get(row.outcome_status) ?? 0) + 1)
    if (row.outcome_category === 'positive') sums.good++
    if (row.outcome_category === 'negative') sums.bad++
  }
  return {
    tool: filter.tool ?? null,
    action: filter.action ?? null,
    domain: filter.domain ?? null,
    total_cases: sums.cases,
    with_outcomes: sums.outcomes,
    success_rate: shareOf(sums.good, sums.good + sums.bad),
    negative_rate: shareOf(sums.bad, sums.good + sums.bad),
    avg_risk_score: sums.cases === 0 ? null : Math.min(1, sums.risk / sums.cases),
    avg_value: shareOf(sums.value, sums.valued),
    common_outcomes: Object.fromEntries([...statuses].toSorted(([, a], [, b]) => b - a)),
    patterns: patterns.filter((pattern) => isAbout(pattern, filter)),
  }
}

/** Patterns that say nothing else of what is asked for, and name at least one part of it. */
function isAbout({ facets }: FoundPattern, filter: ProfileFilter): boolean {
  const asked = (['tool', 'action', 'domain'] as const).filter((name) => filter[name] !== undefined)
  if (asked.length === 0) return true
  return (
    asked.every((name) => facets[name] === undefined || facets[name] === filter[name]) &&
    asked.some((name) => facets[name] !== undefined)
  )
}
