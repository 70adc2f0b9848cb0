import {
  type DecisionApi,
  type ExplainedRetrieval,
  RETRIEVAL_STRATEGIES,
  type RetrievalQuery,
  type RetrievalResult,
  type RetrievedCase,
} from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { caseCounts } from '../precedents/case-counts.ts'
import { labelOf } from '../precedents/label-of.ts'
import {
  DEFAULT_STRATEGY,
  describeStrategy,
  parseStrategy,
  type StrategyName,
  weightsOf,
} from '../precedents/strategies.ts'
import { WeighedCases } from '../precedents/summarise-cases.ts'
import { createResource } from '../resource.ts'
import { riskBand } from '../risk/risk-band.ts'
import { explainScore } from './explain-score.ts'
import { findCandidates } from './find-candidates.ts'
import { indexCase } from './index-case.ts'
import { type ScoredCase, scoreAll } from './retrieve.ts'
import { scaleOf } from './scale-of.ts'
import { type Situation, toSituation } from './situation.ts'
import { stabilityOf, TOP } from './stability.ts'

/** Cases that score less are not found. */
const MIN_SCORE = 0.3

interface Found {
  readonly strategy: StrategyName
  readonly candidates: number
  readonly total: number
  readonly top: readonly ScoredCase[]
  readonly result: RetrievalResult
}

/** Past cases by strategies that can be named, explained and compared (protocol §7.5). */
export function createRetrievalApi(core: EngineCore): DecisionApi['retrieval'] {
  return createResource('retrieval', {
    async query(body) {
      const [found] = await find(core, toSituation(body), [strategyOf(body)])
      return found.result
    },

    async queryExplained(body) {
      const situation = toSituation(body)
      const [found] = await find(core, situation, [strategyOf(body)])
      return explain(found, situation)
    },

    strategies: async () => ({
      strategies: RETRIEVAL_STRATEGIES.map(describeStrategy),
      default: DEFAULT_STRATEGY,
    }),

    strategy: async (name) => describeStrategy(name),

    indexCase: (body) => indexCase(core, body),

    async compare(body) {
      const a = parseStrategy('strategy_a', body.strategy_a)
      const b = parseStrategy('strategy_b', body.strategy_b || 'consequence-focused')
      const situation: Situation = {
        ...toSituation(body),
        intent: body.intent || null,
        // Clients always send a score; 0 without anything else means that none was given.
        riskScore: body.risk_score || null,
      }
      const [first, second] = await find(core, situation, [a, b])
      const ids = first.top.map(({ row }) => row.case_id)
      const otherIds = second.top.map(({ row }) => row.case_id)
      const both = ids.filter((id) => otherIds.includes(id))
      const [badA, badB] = [shareOfBad(first.top), shareOfBad(second.top)]
      return {
        strategy_a: first.result,
        strategy_b: second.result,
        overlap: ids.length === 0 || otherIds.length === 0 ? null : both.length / Math.max(ids.length, otherIds.length),
        only_a: ids.filter((id) => !otherIds.includes(id)),
        only_b: otherIds.filter((id) => !ids.includes(id)),
        risk_delta: badA === null || badB === null ? null : badA - badB,
      }
    },

    async stats() {
      const { total, withOutcomes, domains, lastAt } = await caseCounts(core)
      return {
        total_indexed: total,
        // Cases without a domain stand under empty text.
        by_domain: Object.fromEntries(domains.map(({ domain, cases }) => [domain ?? '', cases])),
        with_outcomes: withOutcomes,
        strategies: RETRIEVAL_STRATEGIES.length,
        last_indexed_at: lastAt,
      }
    },
  })
}

/** What each strategy finds. All see the same candidates: what differs is the weights alone. */
async function find<const Names extends readonly StrategyName[]>(
  core: EngineCore,
  situation: Situation,
  strategies: Names,
): Promise<{ readonly [Index in keyof Names]: Found }> {
  const rows = await findCandidates(core, situation, strategies.map(weightsOf))
  const scale = scaleOf(await core.state(), situation.action, core.now())
  const found = strategies.map((strategy) =>
    pick(strategy, scoreAll(rows, situation, { weights: weightsOf(strategy), scale })),
  )
  // One for each strategy, in their order; map cannot say so.
  return found as unknown as { readonly [Index in keyof Names]: Found }
}

function pick(strategy: StrategyName, scored: readonly ScoredCase[]): Found {
  const found = scored.filter(({ score }) => score >= MIN_SCORE)
  const top = found.slice(0, TOP)
  const { badRate, confidence } = weigh(top)
  return {
    strategy,
    candidates: scored.length,
    total: found.length,
    top,
    result: {
      strategy,
      results: top.map(toResult),
      total: found.length,
      risk_level: badRate === null ? null : riskBand(badRate),
      confidence,
      stability: stabilityOf(scored, weightsOf(strategy), MIN_SCORE),
    },
  }
}

function weigh(cases: readonly ScoredCase[]): WeighedCases {
  const weighed = new WeighedCases()
  for (const { row, score } of cases) weighed.add(score, labelOf(row))
  return weighed
}

/** Unweighted share of bad outcomes among those that say good or bad; null without any. */
function shareOfBad(cases: readonly ScoredCase[]): number | null {
  const labels = cases.map(({ row }) => labelOf(row)).filter((label) => label !== null)
  return labels.length === 0 ? null : labels.filter((label) => label === 1).length / labels.length
}

function explain(found: Found, situation: Situation): ExplainedRetrieval {
  const weights = weightsOf(found.strategy)
  const said = Object.entries(situation).flatMap(([name, value]) => (value === null ? [] : [name]))
  return {
    ...found.result,
    results: found.top.map((each) => ({ ...toResult(each), explanation: explainScore(each, weights) })),
    trace: [
      `looked for cases by ${said.length > 0 ? said.join(', ') : 'nothing but their age'}`,
      `compared ${found.candidates} cases by the strategy ${found.strategy}`,
      `${found.total} of them score at least ${MIN_SCORE}; the best ${found.top.length} are the answer`,
    ],
  }
}

function toResult({ row, score, signals }: ScoredCase): RetrievedCase {
  return {
    case_id: row.case_id,
    score,
    signals: { ...signals },
    domain: row.domain,
    tool: row.tool,
    action: row.action,
    risk_score: row.risk,
    verdict: row.verdict,
    outcome_status: row.outcome_status,
  }
}

function strategyOf(body: Pick<RetrievalQuery, 'strategy' | 'strategy_name'>): StrategyName {
  return body.strategy_name
    ? parseStrategy('strategy_name', body.strategy_name)
    : parseStrategy('strategy', body.strategy)
}
