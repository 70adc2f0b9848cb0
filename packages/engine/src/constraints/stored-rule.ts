import { ConflictError, type Constraint, NotFoundError } from '@bighub/core/protocol'
import type { EngineState } from '../engine-state.ts'
import { usageAt } from './rule-usage.ts'

/** Counters of a rule: a fold of decisions, never part of its own record. */
export const USAGE_FIELDS = [
  'usage_today',
  'usage_total',
  'blocked_today',
  'blocked_total',
  'remaining_today',
  'last_used_at',
] as const

/** What nobody may change by hand. */
export const IMMUTABLE_FIELDS: readonly string[] = ['rule_id', 'version', 'created_at', 'updated_at', ...USAGE_FIELDS]

/** A rule as its record keeps it. */
export type StoredRule = Readonly<Record<string, unknown>> & {
  readonly rule_id: string
  readonly name: string
  readonly status: Constraint['status']
  readonly version: number
  readonly created_at: string
  readonly updated_at: string
  readonly max_per_day?: number | null | undefined
}

/** A stored rule with its counters as they stand. */
export function withUsage(rule: StoredRule, state: EngineState, at: number): Constraint {
  const usage = usageAt(state.usageOf(rule.rule_id), state.clock.at(at))
  const most = rule.max_per_day ?? null
  return {
    ...rule,
    usage_today: usage.countDay,
    usage_total: usage.countTotal,
    blocked_today: usage.blockedDay,
    blocked_total: usage.blockedTotal,
    remaining_today: most === null ? null : Math.max(0, most - usage.countDay),
    last_used_at: usage.lastAt === null ? null : new Date(usage.lastAt).toISOString(),
  }
}

/** A rule without its counters. */
export function withoutUsage(rule: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(rule).filter(([key]) => !USAGE_FIELDS.some((field) => field === key)))
}

/** @throws NotFoundError */
export function findRule(state: EngineState, ruleId: string): StoredRule {
  const rule = state.constraints.get(ruleId)
  if (!rule) throw new NotFoundError('rule', ruleId)
  return rule
}

/** The token of a version, as the header `ETag` shows it and `If-Match` gives it back (protocol §1.3). */
export function ruleTag(rule: Pick<Constraint, 'rule_id' | 'version'>): string {
  return `W/"rule:${rule.rule_id}:v${rule.version}"`
}

/**
 * Checks that a rule still has the version that the caller has seen. Where both tokens are given, both must match.
 *
 * @throws ConflictError (`version_conflict`)
 */
export function assertVersion(
  rule: Pick<Constraint, 'rule_id' | 'version'>,
  wanted: { readonly version?: number | null | undefined; readonly tag?: string | undefined },
): void {
  const isOther = wanted.version != null && wanted.version !== rule.version
  const isOtherTag = wanted.tag !== undefined && wanted.tag !== '*' && wanted.tag !== ruleTag(rule)
  if (isOther || isOtherTag)
    throw new ConflictError(
      'version_conflict',
      `rule ${rule.rule_id} has version ${rule.version} by now; read it again and repeat the change`,
      { currentVersion: rule.version },
    )
}
