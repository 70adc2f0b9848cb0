import { type RuleValidation, type ValidateActionRequest } from '@bighub/core/protocol'
import { validationIdOf } from '../decisions/decision-ids.ts'
import type { EngineState, ValidatedKept } from '../engine-state.ts'
import { observedOf, toFacts } from '../evaluate/evaluate.ts'
import { type NormalisedRequest, normaliseRequest } from '../evaluate/normalise-request.ts'
import type { UnchainedRecord } from '../storage/chain.ts'
import { appliesTo, evaluateConstraints, type RuleEffect, type RuleMatch } from './evaluate-constraints.ts'
import { withUsage } from './stored-rule.ts'

/** What checking an action against the rules came to. */
export interface Validated {
  readonly answer: RuleValidation
  readonly record: UnchainedRecord
}

const RESULT_OF: Readonly<Record<RuleEffect, RuleValidation['result']>> = {
  allow: 'allowed',
  warn: 'allowed',
  review: 'requires_approval',
  block: 'blocked',
}
const STRICTNESS: Readonly<Record<RuleEffect, number>> = { allow: 0, warn: 1, review: 2, block: 3 }

/** Reads the action of a check. @throws InvalidInputError naming the field. */
export function readValidation(body: ValidateActionRequest): NormalisedRequest {
  const { rule_id: _, dry_run: __, ...action } = body
  return normaliseRequest(action)
}

/** Checks an action against the rules alone (protocol §7.11): no risk, no precedent, no kill switch decides. */
export function validateAction(
  request: NormalisedRequest,
  state: EngineState,
  facts: { readonly at: number; readonly id: string; readonly ruleId: string | null; readonly isDryRun: boolean },
): Validated {
  const { at, id, ruleId, isDryRun } = facts
  const observed = observedOf(request, state)
  const action = toFacts(request, state, observed)
  const inScope = [...state.constraints.values()]
    .filter((rule) => ruleId === null || rule.rule_id === ruleId)
    .filter((rule) => appliesTo(rule, action))
  const matches = evaluateConstraints(inScope, action, {
    at,
    local: state.clock.at(at),
    // A condition may name the risk; no other part of the check looks at it.
    riskScore: state.risk.predict(action).probability,
    health: state.trajectories.health(request.trajectoryId, observed),
    usage: (rule) => state.usageOf(rule),
  })
  const strictest = matches.reduce<RuleMatch | null>(
    (found, match) => (found && STRICTNESS[found.effect] >= STRICTNESS[match.effect] ? found : match),
    null,
  )
  const result = strictest ? RESULT_OF[strictest.effect] : 'allowed'
  const deciding = result === 'allowed' ? null : strictest
  const subject = `act_${id}`
  const rule = deciding ? state.constraints.get(deciding.rule_id) : inScope[0]
  const counted = rule ? withUsage(rule, state, at) : null
  const answer: RuleValidation = {
    allowed: result === 'allowed',
    result,
    reason: deciding ? `${deciding.name}: ${deciding.reason}` : 'no rule objects',
    blocked_by: deciding?.blocked_by ?? null,
    requires_approval: result === 'requires_approval',
    dry_run: isDryRun,
    validation_id: isDryRun ? null : validationIdOf(subject),
    validation_hash: null,
    matched_rules: matches.map(({ rule_id, name, effect }) => ({ rule_id, name, effect })),
    usage: counted
      ? {
          rule_id: counted.rule_id,
          used_today: counted.usage_today,
          max_per_day: counted.max_per_day ?? null,
          remaining_today: counted.remaining_today,
        }
      : {},
    warnings: matches.filter(({ effect }) => effect === 'warn').map(({ name, reason }) => `${name}: ${reason}`),
  }
  const kept: ValidatedKept = {
    rules: inScope.map((each) => each.rule_id),
    rules_blocked: matches.filter(({ effect }) => effect === 'block').map((each) => each.rule_id),
    value: request.value,
    result,
  }
  return {
    answer,
    record: {
      type: 'rules_validated',
      at,
      subject,
      kept: { ...kept },
      payload: { request: request.recorded, validation: answer },
    },
  }
}
