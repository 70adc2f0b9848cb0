import {
  type CompareRetrievalRequest,
  type DecisionApi,
  type ExplainedRetrieval,
  RETRIEVAL_STRATEGIES,
  type RetrievalQuery,
  type RetrievalResult,
  type RetrievedCase,
} from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { caseCounts } from '../precedents/case-counts.ts'
import { PRIOR_WEIGHT } from '../precedents/precedent-index.ts'
import { shareOfBad, weighBad } from '../precedents/summarise-cases.ts'
import { createResource } from '../resource.ts'
import { riskBand } from '../risk/risk-band.ts'
import { explainScore } from './explain-score.ts'
import { findCandidates } from './find-candidates.ts'
import { indexCase } from './index-case.ts'
import { scoreAll } from './retrieve.ts'
import { type Candidate, NO_SITUATION, type ScoredCase, type Situation } from './score-case.ts'
import { stabilityOf, TOP } from './stability.ts'
import { DEFAULT_STRATEGY, describeStrategy, parseStrategy, type StrategyName, weightsOf } from './strategies.ts'

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
      const situation = toSituation(body)
      return find(core, await findCandidates(core, situation), situation, strategyOf(body)).result
    },

    async queryExplained(body) {
      const situation = toSituation(body)
      return explain(find(core, await findCandidates(core, situation), situation, strategyOf(body)), situation)
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
      // Both see the same candidates: what differs is the weights alone.
      const candidates = await findCandidates(core, situation)
      const first = find(core, candidates, situation, a)
      const second = find(core, candidates, situation, b)
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

function find(core: EngineCore, candidates: readonly Candidate[], situation: Situation, strategy: StrategyName): Found {
  const weights = weightsOf(strategy)
  const scored = scoreAll(candidates, situation, { weights, now: core.now() })
  const found = scored.filter(({ score }) => score >= MIN_SCORE)
  const top = found.slice(0, TOP)
  const { weight, badRate } = weighBad(top)
  return {
    strategy,
    candidates: candidates.length,
    total: found.length,
    top,
    result: {
      strategy,
      results: top.map(toResult),
      total: found.length,
      risk_level: badRate === null ? null : riskBand(badRate),
      confidence: weight / (weight + PRIOR_WEIGHT),
      stability: stabilityOf(scored, weights, MIN_SCORE),
    },
  }
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

/** Empty text says nothing. `trajectory_id`, `target` and `value` are ours: no client of the reference sends them. */
function toSituation(body: RetrievalQuery | CompareRetrievalRequest): Situation {
  const { trajectory_id: run, target, value } = body
  return {
    ...NO_SITUATION,
    domain: body.domain || null,
    action: body.action || null,
    tool: body.tool || null,
    actor: body.actor_type || null,
    axes: body.axes ?? null,
    riskScore: body.risk_score ?? null,
    trajectoryId: typeof run === 'string' && run !== '' ? run : null,
    target: typeof target === 'string' && target !== '' ? target : null,
    value: typeof value === 'number' ? value : null,
  }
}
