import type { DecisionApi } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { createResource } from '../resource.ts'
import { toSituation } from '../retrieval/situation.ts'
import { caseCounts } from './case-counts.ts'
import { queryPrecedents } from './query-precedents.ts'

/** Past cases as evidence for an action (protocol §7.4). */
export function createPrecedentsApi(core: EngineCore): DecisionApi['precedents'] {
  return createResource('precedents', {
    query: (body) =>
      queryPrecedents(
        core,
        { ...toSituation(body), intent: body.intent || null },
        {
          minSimilarity: body.min_similarity,
          maxResults: body.max_results,
          requireOutcome: body.require_outcome,
        },
      ),

    async signals(body) {
      const {
        outcomes: _outcomes,
        precedents: _precedents,
        ...summary
      } = await queryPrecedents(core, toSituation(body))
      return { ...summary, domain: body.domain, action: body.action, tool: body.tool ?? null }
    },

    async stats() {
      const { total, withOutcomes, domains, lastAt } = await caseCounts(core)
      return {
        total_cases: total,
        with_outcomes: withOutcomes,
        domains: [...domains],
        last_indexed_at: lastAt,
      }
    },
  })
}
