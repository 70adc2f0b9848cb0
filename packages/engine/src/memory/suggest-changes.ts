import type { Constraint } from '@bighub/core/protocol'
import { twoProportionScore } from '../math/normal-tail.ts'
import { wilsonInterval } from '../math/wilson-interval.ts'
import type { DecisionFact, MemoryFact } from './read-evidence.ts'
import { MOST_EXAMPLES, type Suggestion } from './suggestion.ts'

/** What has to be seen before anything is suggested. */
export interface Thresholds {
  readonly minEvents: number
  readonly minBlockedRate: number
  readonly minApprovalRate: number
  readonly minToolErrorRate: number
}

/** Known outcomes that a limit's change is based on at least. */
const MIN_OUTCOMES = 5
/** Share of good ends from which a limit counts as too tight. */
const GOOD_ENOUGH = 0.9
/** A limit is never moved further than to this multiple of itself: beyond it nothing was seen. */
const MOST_LOOSENING = 2
/** z-score from which two shares of bad outcomes count as different: p < 0.01, two-sided. */
const CLEARLY_DIFFERENT = 2.58
/** Time within which the same call again is a loop, in milliseconds. */
const LOOP_MS = 60_000
/** Repetitions from which a loop is worth a rule. */
const MIN_REPETITIONS = 5

/** Everything that memory, decisions and outcomes of a window suggest, the surest first. */
export function suggestChanges(
  events: readonly MemoryFact[],
  decisions: readonly DecisionFact[],
  rules: readonly Constraint[],
  thresholds: Thresholds,
): Suggestion[] {
  const active = rules.filter((rule) => rule.status === 'active')
  const byTool = [...groupBy(events, (event) => JSON.stringify([event.domain, event.tool])).values()].filter(
    (group) => group.length >= thresholds.minEvents,
  )
  const byDomain = [...groupBy(decisions, (decision) => String(decision.domain)).values()]
  return [
    ...byTool.flatMap((group) => tooTight(group, decisions, active, thresholds)),
    ...byTool.flatMap((group) => repeating(group, active)),
    ...byTool.flatMap((group) => failing(group, active, thresholds)),
    ...byDomain.flatMap((group) => tooLoose(group, active, thresholds)),
  ].toSorted((a, b) => b.confidence - a.confidence)
}

/**
 * A limit stops or holds many calls, and those next to it end well. Blocked calls have no outcome, so what ran in the limit's upper
 * half speaks for them; held ones were answered by people. Loosens, so a person decides.
 */
function tooTight(
  group: readonly MemoryFact[],
  decisions: readonly DecisionFact[],
  rules: readonly Constraint[],
  thresholds: Thresholds,
): Suggestion[] {
  const { domain, tool } = scopeOf(group)
  const own = decisions.filter((decision) => decision.domain === domain)
  const suggestions: Suggestion[] = []
  const stopped = group.filter((event) => event.status === 'blocked' && event.blocked_by === 'max_value')
  const max = tightest(rules, domain, 'max_value')
  if (max && stopped.length > 0 && stopped.length / group.length >= thresholds.minBlockedRate) {
    const near = own.filter(({ value }) => value > max.limit / 2 && value <= max.limit)
    const good = near.filter((decision) => decision.outcome_category === 'positive').length
    const known = near.filter(isLabelled).length
    const wanted = upperValue(
      stopped.map((event) => event.value),
      max.limit,
    )
    if (wanted !== null && known >= MIN_OUTCOMES && good / known >= GOOD_ENOUGH)
      suggestions.push({
        type: 'policy_tuning_max_value',
        domain,
        tool,
        rule: max.rule,
        fields: { max_value: wanted },
        needsPerson: true,
        confidence: wilsonInterval(good, known)[0],
        rationale:
          `${stopped.length} of ${group.length} calls were blocked above ${max.limit}; ` +
          `${good} of ${known} calls with a known outcome just below it ended well`,
        counts: { events: group.length, blocked: stopped.length, outcomes: known, good },
        examples: examplesOf(stopped),
      })
  }
  const held = group.filter((event) => event.status === 'approval_required')
  const approval = tightest(rules, domain, 'require_approval_above')
  if (approval && held.length / group.length >= thresholds.minApprovalRate && held.length > 0) {
    const answered = own.filter(
      ({ value, approval_status: status }) => value > approval.limit && (status === 'approved' || status === 'denied'),
    )
    const fine = answered.filter((each) => each.approval_status === 'approved' && each.outcome_category !== 'negative')
    const wanted = upperValue(
      fine.map((decision) => decision.value),
      approval.limit,
    )
    if (wanted !== null && answered.length >= MIN_OUTCOMES && fine.length / answered.length >= GOOD_ENOUGH)
      suggestions.push({
        type: 'policy_tuning_require_approval_above',
        domain,
        tool,
        rule: approval.rule,
        fields: { require_approval_above: wanted },
        needsPerson: true,
        confidence: wilsonInterval(fine.length, answered.length)[0],
        rationale:
          `${held.length} of ${group.length} calls waited for a person above ${approval.limit}; ` +
          `${fine.length} of ${answered.length} answered ones were approved and did not end badly`,
        counts: { events: group.length, held: held.length, answered: answered.length, fine: fine.length },
        examples: examplesOf(fine),
      })
  }
  return suggestions
}

/**
 * Calls above some value end badly clearly more often than those up to it (z ≥ 2.58, the cut with the largest z). Where most of them
 * do, they are to be stopped; else a person is to look at them. Only tightens.
 */
function tooLoose(group: readonly DecisionFact[], rules: readonly Constraint[], thresholds: Thresholds): Suggestion[] {
  const known = group.filter(isLabelled).toSorted((a, b) => a.value - b.value)
  const domain = group[0]?.domain ?? null
  if (known.length < Math.max(thresholds.minEvents, 2 * MIN_OUTCOMES)) return []
  const cut = clearestCut(known)
  if (!cut) return []
  const [surely] = wilsonInterval(cut.bad, cut.above.length)
  const field = surely >= 0.5 ? 'max_value' : 'require_approval_above'
  const limit = tightest(rules, domain, field)
  if (limit && limit.limit <= cut.value) return []
  return [
    {
      type: field === 'max_value' ? 'policy_tuning_max_value' : 'policy_tuning_require_approval_above',
      domain,
      tool: null,
      rule: limit?.rule ?? ruleOf(rules, domain),
      fields: { [field]: cut.value },
      needsPerson: false,
      confidence: surely,
      rationale:
        `${cut.bad} of ${cut.above.length} calls above ${cut.value} ended badly, ` +
        `and ${cut.badBelow} of ${known.length - cut.above.length} up to it`,
      counts: {
        outcomes: known.length,
        above: cut.above.length,
        bad_above: cut.bad,
        bad_below: cut.badBelow,
      },
      examples: examplesOf(cut.above.filter((decision) => decision.outcome_category === 'negative')),
    },
  ]
}

/** The same call again and again within a minute: a cooldown as long as nine of ten of the gaps. */
function repeating(group: readonly MemoryFact[], rules: readonly Constraint[]): Suggestion[] {
  const { domain, tool } = scopeOf(group)
  const gaps: number[] = []
  const repeated: MemoryFact[] = []
  const lastOf = new Map<string, number>()
  for (const event of group) {
    if (event.call === null) continue
    const key = JSON.stringify([event.actor, event.call])
    const last = lastOf.get(key)
    if (last !== undefined && event.at - last <= LOOP_MS) {
      gaps.push((event.at - last) / 1000)
      repeated.push(event)
    }
    lastOf.set(key, event.at)
  }
  if (gaps.length < MIN_REPETITIONS) return []
  const seconds = Math.max(1, Math.ceil(quantile(gaps, 0.9)))
  const rule = ruleOf(rules, domain)
  if (rule?.cooldown_seconds != null && rule.cooldown_seconds >= seconds) return []
  return [
    {
      type: 'policy_tuning_cooldown',
      domain,
      tool,
      rule,
      fields: { cooldown_seconds: seconds },
      // It slows every call of the rule's domain, also those that are no loop.
      needsPerson: true,
      confidence: wilsonInterval(gaps.length, group.length)[0],
      rationale: `${gaps.length} of ${group.length} calls repeated the same call within ${LOOP_MS / 1000} s`,
      counts: { events: group.length, repeated: gaps.length },
      examples: examplesOf(repeated),
    },
  ]
}

/** A tool that fails often: a person looks at its calls until it works again. */
function failing(group: readonly MemoryFact[], rules: readonly Constraint[], thresholds: Thresholds): Suggestion[] {
  const { domain, tool } = scopeOf(group)
  const failed = group.filter((event) => event.status === 'tool_error')
  if (tool === null || failed.length === 0 || failed.length / group.length < thresholds.minToolErrorRate) return []
  const own = rules.filter((rule) => (rule.domain || null) === domain)
  const isHeldAlready = own.some((rule) => rule.conditions?.['tool'] === tool && rule.action_on_match !== 'allow')
  if (isHeldAlready) return []
  return [
    {
      type: 'tool_error_pause',
      domain,
      tool,
      rule: own.find((rule) => rule.conditions == null && rule.action_on_match == null) ?? null,
      fields: { conditions: { tool }, action_on_match: 'review' },
      needsPerson: true,
      confidence: wilsonInterval(failed.length, group.length)[0],
      rationale: `${failed.length} of ${group.length} calls of ${tool} ended in an error of the tool`,
      counts: { events: group.length, failed: failed.length },
      examples: examplesOf(failed),
    },
  ]
}

interface Cut {
  readonly value: number
  readonly above: readonly DecisionFact[]
  readonly bad: number
  readonly badBelow: number
}

/** Of decisions sorted by value, the value above which bad outcomes are clearest more common. O(n) after sorting. */
function clearestCut(known: readonly DecisionFact[]): Cut | null {
  const total = known.filter(isBad).length
  let badBelow = 0
  let best: { z: number; at: number; badBelow: number } | null = null
  for (const [index, decision] of known.entries()) {
    if (isBad(decision)) badBelow++
    const below = index + 1
    // A limit cannot tell equal values apart.
    if (known[below]?.value === decision.value) continue
    if (below < MIN_OUTCOMES || known.length - below < MIN_OUTCOMES) continue
    const z = twoProportionScore({ bad: total - badBelow, n: known.length - below }, { bad: badBelow, n: below }) ?? 0
    if (z >= CLEARLY_DIFFERENT && z > (best?.z ?? 0)) best = { z, at: index, badBelow }
  }
  if (!best) return null
  const value = known[best.at]?.value ?? 0
  return { value, above: known.slice(best.at + 1), bad: total - best.badBelow, badBelow: best.badBelow }
}

/** The tightest limit of a kind that holds in a domain. */
function tightest(
  rules: readonly Constraint[],
  domain: string | null,
  field: 'max_value' | 'require_approval_above',
): { readonly rule: Constraint; readonly limit: number } | null {
  return rules.reduce<{ rule: Constraint; limit: number } | null>((found, rule) => {
    const limit = rule[field]
    if (limit == null || (rule.domain && rule.domain !== domain)) return found
    return found === null || limit < found.limit ? { rule, limit } : found
  }, null)
}

/** A rule of exactly this domain: one that holds everywhere must not be changed for what was seen in one. */
function ruleOf(rules: readonly Constraint[], domain: string | null): Constraint | null {
  return rules.find((rule) => (rule.domain || null) === domain) ?? null
}

/** A limit that lets nine of ten of the values pass, and no further from the old one than was seen. Null if that is no change. */
function upperValue(values: readonly (number | null)[], limit: number): number | null {
  const known = values.filter((value): value is number => value !== null && value > limit)
  if (known.length === 0 || limit <= 0) return null
  const wanted = Math.min(quantile(known, 0.9), limit * MOST_LOOSENING)
  return wanted > limit ? wanted : null
}

/** Nearest rank. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

function isLabelled({ outcome_category: category }: DecisionFact): boolean {
  return category === 'positive' || category === 'negative'
}

function isBad({ outcome_category: category }: DecisionFact): boolean {
  return category === 'negative'
}

function scopeOf(group: readonly MemoryFact[]): { readonly domain: string | null; readonly tool: string | null } {
  return { domain: group[0]?.domain ?? null, tool: group[0]?.tool ?? null }
}

/** The newest ones, without the words of their calls. */
function examplesOf(facts: readonly (MemoryFact | DecisionFact)[]): Record<string, unknown>[] {
  return facts
    .slice(-MOST_EXAMPLES)
    .toReversed()
    .map((fact) =>
      'event_id' in fact
        ? {
            event_id: fact.event_id,
            status: fact.status,
            value: fact.value,
            timestamp: new Date(fact.at).toISOString(),
          }
        : { request_id: fact.request_id, value: fact.value, outcome_status: fact.outcome_status },
    )
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
