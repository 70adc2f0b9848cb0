import {
  backtestRequestSchema,
  type Constraint,
  InvalidInputError,
  type Policy,
  policyUpdateSchema,
} from '@bighub/core/protocol'
import * as z from 'zod'
import type { Changes } from '../backtests/redecide.ts'
import { toChanges } from '../backtests/run-backtest.ts'
import type { EngineState } from '../engine-state.ts'
import type { LogRecord } from '../storage/storage.ts'

const { policy, constraints, without_constraints } = backtestRequestSchema.shape
/** A misspelt field is refused: it would silently compare a configuration with itself. */
const configurationSchema = z.strictObject({
  name: z.string().min(1).optional(),
  policy,
  constraints,
  without_constraints,
})

/** What a replay decides under instead of what the log says. */
export interface Configuration {
  readonly name: string
  readonly changes: Changes
}

/** The log's own policy and rules, or the defaults where it has none. */
export const AS_RECORDED: Configuration = {
  name: 'as recorded',
  changes: { policy: {}, added: [], without: new Set() },
}

/**
 * Reads a configuration: `{ "name"?, "policy"?, "constraints"?, "without_constraints"? }`, each as in the body of a backtest.
 *
 * @param name - Used where the configuration has none.
 * @throws InvalidInputError naming the field.
 */
export function parseConfiguration(value: unknown, name: string): Configuration {
  const parsed = configurationSchema.safeParse(value)
  if (!parsed.success) throw InvalidInputError.fromZod(`configuration ${name}`, parsed.error)
  return { name: parsed.data.name ?? name, changes: toChanges(parsed.data) }
}

/** Reads a policy alone: the fields to change. @throws InvalidInputError naming the field. */
export function parsePolicyConfiguration(value: unknown, name: string): Configuration {
  const parsed = policyUpdateSchema.safeParse(value)
  if (!parsed.success) throw InvalidInputError.fromZod(`policy ${name}`, parsed.error)
  return { name, changes: toChanges({ policy: parsed.data }) }
}

/** Puts the changes in force before anything is replayed. */
export function applyConfiguration({ changes }: Configuration, state: EngineState): void {
  const changed = changePolicy(state.policy, changes.policy)
  if (Object.keys(changes.policy).length > 0) state.apply(recordOf('policy_changed', { policy: changed }))
  for (const rule of changes.added) state.apply(recordOf('constraint_changed', { rule }))
}

type Folded = Pick<LogRecord, 'type' | 'at' | 'subject' | 'kept'>

/** A record of the log as it reads under the configuration; null where it is left out. */
export function configureRecord({ changes }: Configuration, record: Folded): Folded | null {
  if (record.type === 'policy_changed') {
    const policy = changePolicy(record.kept['policy'] as Policy, changes.policy)
    return { ...record, kept: { ...record.kept, policy } }
  }
  if (record.type !== 'constraint_changed') return record
  const { rule_id: id } = record.kept['rule'] as Constraint
  return changes.without.has(id) ? null : record
}

function changePolicy(policy: Policy, update: Partial<Policy>): Policy {
  return {
    ...policy,
    ...update,
    costs: { ...policy.costs, ...update.costs },
    approvals: { ...policy.approvals, ...update.approvals },
  }
}

function recordOf(type: LogRecord['type'], kept: Record<string, unknown>): Folded {
  return { type, at: 0, subject: 'configuration', kept }
}
