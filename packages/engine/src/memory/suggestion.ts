import { type Constraint, canonicalJson, type MemoryRecommendation, type PatchOperation } from '@bighub/core/protocol'
import { sha256 } from '../storage/chain.ts'

/** A change of one rule that the memory speaks for, and the evidence. */
export interface Suggestion {
  readonly type:
    | 'policy_tuning_max_value'
    | 'policy_tuning_require_approval_above'
    | 'policy_tuning_cooldown'
    | 'tool_error_pause'
  readonly domain: string | null
  readonly tool: string | null
  /** The rule that is changed; null where none exists that could be. */
  readonly rule: Constraint | null
  readonly fields: Readonly<Record<string, unknown>>
  /** Whether somebody should think about it even if it only tightens. */
  readonly needsPerson: boolean
  /** In [0, 1]: lower end of the 95 % Wilson interval of the share of cases that speaks for the change. */
  readonly confidence: number
  readonly rationale: string
  readonly counts: Readonly<Record<string, number>>
  readonly examples: readonly Record<string, unknown>[]
}

/** Examples of a suggestion. */
export const MOST_EXAMPLES = 3

/** A suggestion as it is answered. */
export function toRecommendation(
  suggestion: Suggestion,
  options: { readonly windowHours: number; readonly actor: string | null; readonly includeExamples: boolean },
): MemoryRecommendation {
  const { rule, domain, tool } = suggestion
  const ops = patchOf(suggestion)
  const isSafe = isTightening(suggestion)
  const identity = { type: suggestion.type, rule: rule && [rule.rule_id, rule.version], domain, tool, ops }
  return {
    recommendation_id: `rec_${sha256(canonicalJson(identity)).slice(0, 25)}`,
    type: suggestion.type,
    tool,
    scope: { domain, tool, actor: options.actor },
    time_window_hours: options.windowHours,
    requires_human_review: suggestion.needsPerson || !isSafe,
    is_safe_patch: isSafe,
    confidence: suggestion.confidence,
    target_rule_id: rule?.rule_id ?? null,
    ...(rule ? { if_match_version: rule.version } : { rule_selector: { domain, status: 'active' } }),
    suggested_policy_patch: { format: 'json_patch', ops },
    apply_endpoint: rule ? `/rules/${encodeURIComponent(rule.rule_id)}/apply_patch` : null,
    rationale: suggestion.rationale,
    evidence: { ...suggestion.counts },
    ...(options.includeExamples ? { examples: [...suggestion.examples] } : {}),
  }
}

/** RFC 6902. On a rule that does not exist yet every field is added. */
function patchOf({ rule, fields }: Suggestion): PatchOperation[] {
  return Object.entries(fields).map(([field, value]) => ({
    op: rule && Object.hasOwn(rule, field) ? 'replace' : 'add',
    path: `/${field}`,
    value,
  }))
}

/** Whether a change can only make more calls be held or stopped than now. */
export function isTightening({ rule, fields }: Pick<Suggestion, 'rule' | 'fields'>): boolean {
  return Object.entries(fields).every(([field, value]) => {
    const before = rule?.[field] ?? null
    switch (field) {
      case 'max_value':
      case 'require_approval_above':
        return before === null || Number(value) <= Number(before)
      case 'cooldown_seconds':
        return before === null || Number(value) >= Number(before)
      case 'conditions':
        return before === null
      case 'action_on_match':
        return before === null && (value === 'review' || value === 'block')
      default:
        return false
    }
  })
}
