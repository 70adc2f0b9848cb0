import type { BlockedBy, Constraint, TrajectoryHealth } from '@bighub/core/protocol'
import type { ActionFacts } from '../features/action-facts.ts'
import type { LocalTime } from './local-clock.ts'
import { matchConditions } from './match-condition.ts'
import { type RuleUsage, usageAt } from './rule-usage.ts'

/** What a matching rule asks for, mildest first. `allow` restricts nothing. */
export type RuleEffect = 'allow' | 'warn' | 'review' | 'block'

export interface RuleMatch {
  readonly rule_id: string
  readonly name: string
  readonly effect: RuleEffect
  readonly blocked_by: BlockedBy
  /** For the operator; holds the rule's numbers. */
  readonly reason: string
}

/** What rules may look at besides the action itself. */
export interface ConstraintSituation {
  readonly at: number
  readonly local: LocalTime
  readonly riskScore: number
  readonly health: TrajectoryHealth | null
  readonly usage: (ruleId: string) => RuleUsage
}

/**
 * Every rule of the action's domain that has something to say about it (protocol §6.4). Rules make a recommendation
 * stricter; none of them changes the risk score.
 */
export function evaluateConstraints(
  rules: Iterable<Constraint>,
  facts: ActionFacts,
  situation: ConstraintSituation,
): RuleMatch[] {
  const matches: RuleMatch[] = []
  for (const rule of rules) {
    if (!appliesTo(rule, facts)) continue
    const usage = usageAt(situation.usage(rule.rule_id), situation.local)
    const match = (effect: RuleEffect, blocked_by: BlockedBy, reason: string): void =>
      void matches.push({ rule_id: rule.rule_id, name: rule.name, effect, blocked_by, reason })
    checkValue(rule, facts.value, match)
    checkCounts(rule, usage, match)
    checkTime(rule, usage, situation, match)
    checkConditions(rule, facts, usage, situation, match)
  }
  return matches
}

/** Whether a rule is active and covers the action's domain. */
export function appliesTo(rule: Constraint, facts: Pick<ActionFacts, 'domain'>): boolean {
  return rule.status === 'active' && (rule.domain == null || rule.domain === '' || rule.domain === facts.domain)
}

type Match = (effect: RuleEffect, blockedBy: BlockedBy, reason: string) => void

function checkValue(rule: Constraint, value: number | null, match: Match): void {
  if (value === null) return
  if (rule.max_value != null && value > rule.max_value)
    match('block', 'max_value', `value ${value} is above the limit of ${rule.max_value}`)
  if (rule.min_value != null && value < rule.min_value)
    match('block', 'min_value', `value ${value} is below the least of ${rule.min_value}`)
  if (rule.require_approval_above != null && value > rule.require_approval_above)
    match('review', 'require_approval_above', `value ${value} needs approval above ${rule.require_approval_above}`)
}

function checkCounts(rule: Constraint, usage: RuleUsage, match: Match): void {
  if (rule.max_per_day != null && usage.countDay >= rule.max_per_day)
    match('block', 'max_per_day', `${usage.countDay} of ${rule.max_per_day} calls a day were used`)
  if (rule.max_per_hour != null && usage.countHour >= rule.max_per_hour)
    match('block', 'max_per_hour', `${usage.countHour} of ${rule.max_per_hour} calls an hour were used`)
}

function checkTime(rule: Constraint, usage: RuleUsage, situation: ConstraintSituation, match: Match): void {
  const { cooldown_seconds: cooldown, allowed_hours_start: start, allowed_hours_end: end } = rule
  if (cooldown != null && usage.lastAt !== null && situation.at < usage.lastAt + cooldown * 1000)
    match('block', 'cooldown', `the last call was less than ${cooldown} s ago`)
  if (start != null && end != null && !isWithin(situation.local.hour, start, end))
    match('block', 'allowed_hours', `it is ${situation.local.hour} h; calls are allowed from ${start} h to ${end} h`)
}

/** End exclusive; a window that ends before it starts wraps midnight; equal ends mean the whole day. */
function isWithin(hour: number, start: number, end: number): boolean {
  if (start === end) return true
  return start < end ? hour >= start && hour < end : hour >= start || hour < end
}

function checkConditions(
  rule: Constraint,
  facts: ActionFacts,
  usage: RuleUsage,
  situation: ConstraintSituation,
  match: Match,
): void {
  if (!rule.conditions || !rule.action_on_match) return
  const holds = matchConditions(rule.conditions, (field) => {
    switch (field) {
      case 'risk_score':
        return situation.riskScore
      case 'hour':
        return situation.local.hour
      case 'spent_today':
        return usage.spentDay + (facts.value ?? 0)
      case 'spent_hour':
        return usage.spentHour + (facts.value ?? 0)
      case 'previous_action':
        return facts.run.previousActions.at(-1)
      case 'provenance':
        return Object.values(facts.provenance)
      case 'trajectory_health':
        return situation.health
      case 'value':
      case 'action':
      case 'actor':
      case 'target':
      case 'tool':
      case 'domain':
        return facts[field] ?? undefined
      default:
        return readPath(facts.context, field.slice('context.'.length))
    }
  })
  if (holds) match(rule.action_on_match, 'condition', `its conditions hold: ${JSON.stringify(rule.conditions)}`)
}

/** `a.b.c` by own properties only. */
function readPath(context: Readonly<Record<string, unknown>>, path: string): unknown {
  let value: unknown = context
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}
