import { type Constraint, type ConstraintDryRun, constraintInputSchema } from '@bighub/core/protocol'
import type { EngineState } from '../engine-state.ts'

/** Shows a rule as it would be stored, and what it would conflict with. */
export function dryRunRule(input: unknown, state: EngineState): ConstraintDryRun {
  const parsed = constraintInputSchema.safeParse(input)
  if (!parsed.success)
    return {
      dry_run: true,
      valid: false,
      rule: null,
      warnings: parsed.error.issues.map((issue) => `${issue.path.map(String).join('.')}: ${issue.message}`),
      conflicts: [],
    }
  const rule = parsed.data as Partial<Constraint>
  return {
    dry_run: true,
    valid: true,
    rule: { ...rule, name: rule.name ?? 'unnamed rule', status: rule.status ?? 'active' },
    warnings: warningsOf(rule),
    conflicts: [...state.constraints.values()].flatMap((other) => conflictsOf(rule, other)),
  }
}

/** A rule that can never match, or that says less than it seems to. */
function warningsOf(rule: Partial<Constraint>): string[] {
  const warnings: string[] = []
  if (rule.min_value != null && rule.max_value != null && rule.min_value > rule.max_value)
    warnings.push('min_value lies above max_value: every call with a value is blocked')
  if (rule.require_approval_above != null && rule.max_value != null && rule.require_approval_above >= rule.max_value)
    warnings.push('require_approval_above lies at or above max_value: what it would hold is blocked already')
  if (rule.allowed_hours_start != null && rule.allowed_hours_start === rule.allowed_hours_end)
    warnings.push('the hour window is empty: its start is its end')
  if (rule.max_per_day === 0 || rule.max_per_hour === 0) warnings.push('a limit of 0 blocks every call')
  const restricts = [
    rule.max_value,
    rule.min_value,
    rule.require_approval_above,
    rule.max_per_day,
    rule.max_per_hour,
    rule.cooldown_seconds,
    rule.allowed_hours_start,
    rule.conditions,
  ].some((each) => each != null)
  if (!restricts) warnings.push('the rule restricts nothing')
  return warnings
}

/** Active rules of the same scope that set the same limit otherwise: the stricter one will decide. */
function conflictsOf(rule: Partial<Constraint>, other: Constraint): ConstraintDryRun['conflicts'] {
  if (other.status !== 'active' || !sharesScope(rule, other)) return []
  return (['max_value', 'min_value', 'require_approval_above', 'max_per_day', 'max_per_hour'] as const).flatMap(
    (field) => {
      const [ours, theirs] = [rule[field], other[field]]
      if (ours == null || theirs == null || ours === theirs) return []
      return [
        {
          rule_id: other.rule_id,
          field,
          reason: `${other.name} sets ${field} to ${theirs}, this one to ${ours}; the stricter one decides`,
        },
      ]
    },
  )
}

function sharesScope(a: Pick<Partial<Constraint>, 'domain'>, b: Pick<Constraint, 'domain'>): boolean {
  return !a.domain || !b.domain || a.domain === b.domain
}
