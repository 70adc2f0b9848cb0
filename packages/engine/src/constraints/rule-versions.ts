import { type Constraint, type ConstraintVersion, NotFoundError } from '@bighub/core/protocol'
import type { EngineState } from '../engine-state.ts'
import type { LogRecord } from '../storage/storage.ts'
import { changedFields } from './changed-fields.ts'
import { withUsage } from './stored-rule.ts'

/** What a `constraint_changed` record says besides the rule. */
export interface RuleChange {
  readonly change: ConstraintVersion['change_type']
  readonly by: string
  readonly reason: string | null
}

/** How a rule changed, newest first, from its own records. @throws NotFoundError */
export function versionsOf(
  ruleId: string,
  records: readonly LogRecord[],
  state: EngineState,
  at: number,
): ConstraintVersion[] {
  const changes = records.filter((record) => record.type === 'constraint_changed')
  if (changes.length === 0) throw new NotFoundError('rule', ruleId)
  return changes
    .map((record, index) => {
      const rule = record.kept['rule'] as Constraint
      const before = changes[index - 1]?.kept['rule'] as Constraint | undefined
      const { change, by, reason } = (record.payload ?? {}) as Partial<RuleChange>
      return {
        rule_id: ruleId,
        version: rule.version,
        changed_at: new Date(record.at).toISOString(),
        changed_by: by ?? '',
        change_type: change ?? (before ? 'updated' : 'created'),
        reason: reason ?? null,
        changed_fields: before ? changedFields(before, rule, ['version', 'updated_at']) : [],
        snapshot: withUsage(rule, state, at),
      }
    })
    .toReversed()
}
