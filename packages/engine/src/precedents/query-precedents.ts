import type { PrecedentMatch, PrecedentQueryResult } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { retrieve, type ScoredCase } from '../retrieval/retrieve.ts'
import type { Situation } from '../retrieval/situation.ts'
import { labelOf } from './label-of.ts'
import { MIN_SIMILARITY } from './precedent-index.ts'
import { weightsOf } from './strategies.ts'
import { summariseCases, WeighedCases } from './summarise-cases.ts'

export interface PrecedentLimits {
  /** Cases below are no precedents. @defaultValue 0.5 */
  readonly minSimilarity?: number | null | undefined
  /** Most that are listed; figures are over all. @defaultValue 20 */
  readonly maxResults?: number | null | undefined
  /** @defaultValue false */
  readonly requireOutcome?: boolean | null | undefined
}

/** Past cases like a situation and what they say together. Similarity is the score of the strategy `similarity-focused`. */
export async function queryPrecedents(
  core: EngineCore,
  situation: Situation,
  limits: PrecedentLimits = {},
): Promise<PrecedentQueryResult> {
  const scored = await retrieve(core, situation, weightsOf('similarity-focused'))
  const found = scored.filter(
    ({ score, row }) =>
      score >= (limits.minSimilarity ?? MIN_SIMILARITY) && (!limits.requireOutcome || row.outcome_status !== null),
  )
  const weighed = new WeighedCases()
  for (const { row, score } of found) weighed.add(score, labelOf(row))
  const { precedents } = await core.state()
  const outcomes = new Map<string, number>()
  for (const { row } of found)
    if (row.outcome_status !== null) outcomes.set(row.outcome_status, (outcomes.get(row.outcome_status) ?? 0) + 1)
  return {
    total_precedents: found.length,
    with_outcomes: found.filter(({ row }) => row.outcome_status !== null).length,
    ...summariseCases(weighed, situation.action === null ? null : precedents.badRateOf(situation.action)),
    outcomes: Object.fromEntries(outcomes),
    precedents: found.slice(0, limits.maxResults ?? 20).map(toMatch),
  }
}

function toMatch({ row, score }: ScoredCase): PrecedentMatch {
  return {
    case_id: row.case_id,
    request_id: row.request_id,
    similarity: score,
    domain: row.domain,
    tool: row.tool,
    action: row.action,
    value: row.value,
    risk_score: row.risk,
    verdict: row.verdict,
    recommendation: row.recommendation,
    outcome_status: row.outcome_status,
    outcome_category: row.outcome_category,
    created_at: new Date(row.at).toISOString(),
  }
}
