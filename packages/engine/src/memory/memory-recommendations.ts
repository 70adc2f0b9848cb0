import {
  BighubError,
  type MemoryRecommendation,
  type MemoryRecommendations,
  type memoryRecommendationsRequestSchema,
  type PatchOperation,
} from '@bighub/core/protocol'
import type * as z from 'zod'
import { createConstraintsApi } from '../constraints/constraints-api.ts'
import type { EngineCore } from '../engine-core.ts'
import { countMemory, givenFilters, type MemoryWindow, rateOf } from './memory-window.ts'
import { readDecisionFacts, readMemoryFacts } from './read-evidence.ts'
import { suggestChanges } from './suggest-changes.ts'
import { toRecommendation } from './suggestion.ts'

type Request = z.output<typeof memoryRecommendationsRequestSchema>

/** Recommendations unless the request says otherwise. */
const MOST = 10

/**
 * What the memory of a window suggests to change. With `auto_apply` those changes are made that only tighten a rule and need no
 * person; a rule that was changed meanwhile is left as it is.
 */
export async function memoryRecommendations(
  core: EngineCore,
  request: Request,
  window: MemoryWindow,
  by: string,
): Promise<MemoryRecommendations> {
  const database = await core.projected()
  const { organisation } = core.storage
  const counts = await countMemory(database, organisation, window)
  const events = await readMemoryFacts(database, organisation, window)
  const decisions = await readDecisionFacts(database, organisation, window)
  const rules = [...(await core.state()).constraints.values()]
  const suggestions = suggestChanges(events, decisions, rules, {
    minEvents: request.min_events ?? 20,
    minBlockedRate: request.min_blocked_rate ?? 0.15,
    minApprovalRate: request.min_approval_rate ?? 0.1,
    minToolErrorRate: request.min_tool_error_rate ?? 0.05,
  })
  const recommendations = suggestions.slice(0, request.limit_recommendations ?? MOST).map((suggestion) =>
    toRecommendation(suggestion, {
      windowHours: window.windowHours,
      actor: window.actor ?? null,
      includeExamples: request.include_examples ?? true,
    }),
  )
  const applied = request.auto_apply ? await applySafe(core, recommendations, by) : null
  return {
    org_id: organisation,
    plan: 'self_hosted',
    window_hours: window.windowHours,
    generated_at: new Date(window.now).toISOString(),
    filters: givenFilters(window),
    summary: {
      total_events: counts.total,
      blocked_rate: rateOf(counts.blocked, counts.total),
      approval_rate: rateOf(counts.approvals, counts.total),
      tool_error_rate: rateOf(counts.errors, counts.total),
      analysed_events: events.length,
      analysed_decisions: decisions.length,
      ...(applied ? { applied: applied.size } : {}),
    },
    recommendations: applied
      ? recommendations.map((each) => Object.assign(each, { applied: applied.has(each.recommendation_id) }))
      : recommendations,
  }
}

async function applySafe(
  core: EngineCore,
  recommendations: readonly MemoryRecommendation[],
  by: string,
): Promise<ReadonlySet<string>> {
  const constraints = createConstraintsApi(core, { purgeIdempotency: async () => 0 })
  const applied = new Set<string>()
  for (const each of recommendations) {
    if (!each.is_safe_patch || each.requires_human_review || each.target_rule_id === null) continue
    try {
      await constraints.applyPatch(
        each.target_rule_id,
        {
          patch: each.suggested_policy_patch.ops as PatchOperation[],
          preview: false,
          reason: `${each.recommendation_id}: ${each.rationale}`,
          // That it only tightens was seen on this version.
          if_match_version: Number(each['if_match_version']),
        },
        { by },
      )
      applied.add(each.recommendation_id)
    } catch (error) {
      // Somebody has changed or deleted the rule, an earlier suggestion perhaps: the next asking looks at it anew.
      if (!BighubError.isInstance(error) || (error.code !== 'version_conflict' && error.code !== 'rule_not_found'))
        throw error
    }
  }
  return applied
}
