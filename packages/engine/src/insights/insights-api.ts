import type { DecisionApi, InsightSeverity, PatternsQuery } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { createResource } from '../resource.ts'
import { advise } from './advise.ts'
import type { FoundPattern } from './find-patterns.ts'
import { PatternCache } from './pattern-cache.ts'
import { profileOf } from './profile.ts'
import { hourOf } from './slices.ts'

const SEVERITIES: readonly InsightSeverity[] = ['low', 'medium', 'high', 'critical']

/** Findings over the outcomes: where things go wrong more often than elsewhere (protocol §7.7). */
export function createInsightsApi(core: EngineCore): DecisionApi['insights'] {
  const cache = new PatternCache(core)

  return createResource('insights', {
    async advise(body) {
      const { clock } = await core.state()
      return advise(body, await cache.get(), hourOf(core.now(), clock))
    },

    async patterns(query) {
      const { patterns } = await cache.get()
      const found = patterns.filter((pattern) => isMeant(pattern, query))
      return { patterns: found, total: found.length }
    },

    async learn() {
      const before = new Set((await cache.peek())?.patterns.map((pattern) => pattern.pattern_id))
      const { patterns, counts } = await cache.rebuild()
      const updated = patterns.filter((pattern) => before.has(pattern.pattern_id)).length
      return {
        learned: true,
        cases_analyzed: counts.all.n,
        patterns_discovered: patterns.length - updated,
        patterns_updated: updated,
        ran_at: new Date(core.now()).toISOString(),
      }
    },

    async profile(query) {
      const { patterns } = await cache.get()
      const { tool, action, domain } = query
      return profileOf(
        core,
        { tool: tool || undefined, action: action || undefined, domain: domain || undefined },
        patterns,
      )
    },
  })
}

function isMeant(
  pattern: FoundPattern,
  { pattern_type: type, domain, tool, min_severity: floor }: PatternsQuery,
): boolean {
  return (
    (!type || pattern.pattern_type === type) &&
    (!domain || pattern.domain === domain) &&
    (!tool || pattern.tool === tool) &&
    (floor === undefined || SEVERITIES.indexOf(pattern.severity) >= SEVERITIES.indexOf(floor))
  )
}
