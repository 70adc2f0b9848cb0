import type { Advice, AdviseRequest } from '@bighub/core/protocol'
import { riskBand } from '../risk/risk-band.ts'
import { dimensionsOf, type FoundPattern } from './find-patterns.ts'
import type { Patterns } from './pattern-cache.ts'
import { type Facet, type Slice, valueBandOf } from './slices.ts'

/** Weight of not knowing, in outcomes, as in the confidence of precedents. */
const PRIOR_WEIGHT = 3

/**
 * Patterns that apply to an action: every facet of theirs is one of the action's. `risk_level` is the band of the bad rate of the
 * narrowest group of labelled decisions that the action belongs to; `confidence` is n/(n + 3) of that group's outcomes.
 *
 * @param hour - The local hour now.
 */
export function advise(body: AdviseRequest, { patterns, counts }: Patterns, hour: string): Advice {
  const facets = facetsOfRequest(body, hour)
  const applying = patterns.filter((pattern) =>
    dimensionsOf(pattern.facets).every((dimension) => pattern.facets[dimension] === facets[dimension]),
  )
  const { action, domain, risk_band: band, tool } = facets
  const groups: Facet[] = [
    ...(action && band ? [{ action, risk_band: band }] : []),
    ...(action && domain ? [{ action, domain }] : []),
    ...(action ? [{ action }] : []),
    ...(tool ? [{ tool }] : []),
  ]
  const group = groups.map((each) => counts.get(each)).find((slice): slice is Slice => slice !== undefined)
  return {
    advisories: applying.map((pattern) => ({
      advisory_id: pattern.pattern_id.replace(/^pat_/, 'adv_'),
      severity: pattern.severity,
      pattern_type: pattern.pattern_type,
      message: pattern.description,
      suggestion: suggestionFor(pattern),
      confidence: pattern.confidence,
      evidence: { cases: pattern.support, negative_rate: pattern.negative_rate },
    })),
    risk_level: group ? riskBand(group.bad / group.n) : null,
    confidence: group ? group.n / (group.n + PRIOR_WEIGHT) : 0,
    tool: body.tool,
    action: body.action,
    domain: body.domain,
  }
}

/** `value` is ours: no client of the reference sends it. */
function facetsOfRequest(body: AdviseRequest, hour: string): Facet {
  const { value } = body
  const band = typeof value === 'number' ? valueBandOf(value) : null
  return {
    ...(body.action ? { action: body.action } : {}),
    ...(body.tool ? { tool: body.tool } : {}),
    ...(body.domain ? { domain: body.domain } : {}),
    ...(body.actor_type ? { actor: body.actor_type } : {}),
    ...(body.risk_band ? { risk_band: body.risk_band } : {}),
    ...(band === null ? {} : { value_band: band }),
    hour,
  }
}

/** What to do about it, by how often it goes wrong and how much that is above the rest. */
function suggestionFor({ direction, severity, negative_rate: rate, parent_rate: parent }: FoundPattern): string {
  const figures = `${percent(rate)} end badly here, ${percent(parent)} elsewhere`
  if (direction === 'safer') return `needs less supervision than the rest: ${figures}`
  if (severity === 'critical') return `stop it, or let a person approve each one: ${figures}`
  if (severity === 'high') return `let a person review it: ${figures}`
  return severity === 'medium' ? `verify before it runs: ${figures}` : `keep an eye on it: ${figures}`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
