import type { ApprovalItem, ConsumeApprovalResponse, EvaluateRequest } from '@bighub/core/protocol'
import { evaluateConstraints } from '../constraints/evaluate-constraints.ts'
import type { EngineState, EvaluationKept } from '../engine-state.ts'
import { toFacts } from '../evaluate/evaluate.ts'
import { normaliseRequest } from '../evaluate/normalise-request.ts'
import type { ActionFacts } from '../features/action-facts.ts'
import type { LogRecord } from '../storage/storage.ts'
import { readObservations } from '../trajectory/trajectory-book.ts'

type Obstacle = Pick<Extract<ConsumeApprovalResponse, { consumed: false }>, 'reason' | 'message'>

/**
 * Why an approved call may not run after all; null when it may. Everything is looked at again as it is now: the answer, the
 * one use, expiry, the exact arguments, kill switches, and rules that would block.
 */
export function findObstacle(input: {
  item: ApprovalItem
  evaluation: LogRecord
  state: EngineState
  digest: string
  isClaimed: boolean
  at: number
}): Obstacle | null {
  const { item, evaluation, state, digest, isClaimed, at } = input
  const refuse = (reason: Obstacle['reason'], message: string): Obstacle => ({ reason, message })
  if (item.consumed_at) return refuse('already_consumed', `the approval was used at ${item.consumed_at}`)
  if (item.status === 'expired' || Date.parse(item.expires_at) <= at)
    return refuse('expired', `the approval expired at ${item.expires_at}`)
  if (item.status !== 'approved') return refuse('not_approved', `the approval is ${item.status}`)
  if (item.arguments_digest !== digest)
    return refuse(
      'digest_mismatch',
      'the call is not the one that was approved: tool, arguments, actor, domain or target differ',
    )
  if (isClaimed) return refuse('effect_claimed', 'the call was started before')
  const killSwitch = state.killSwitchFor(item.domain ?? null)
  if (killSwitch) return refuse('kill_switch', `kill switch ${killSwitch.switch_id} is active: ${killSwitch.reason}`)
  const blocking = findBlockingRule(evaluation, state, at)
  return blocking ? refuse('constraint', `${blocking.name}: ${blocking.reason}`) : null
}

function findBlockingRule(evaluation: LogRecord, state: EngineState, at: number) {
  const kept = evaluation.kept as unknown as EvaluationKept
  const recorded = evaluation.payload?.['request'] as EvaluateRequest | undefined
  // An erased request cannot be checked again; its approval dies with it.
  if (!recorded) return { name: 'request', reason: 'it was erased from the log' }
  const request = normaliseRequest(recorded)
  const observed = readObservations([])
  const facts = withoutItself(toFacts(request, state, observed))
  return evaluateConstraints(state.constraints.values(), facts, {
    at,
    local: state.clock.at(at),
    riskScore: kept.risk,
    health: state.trajectories.health(request.trajectoryId, observed),
    usage: (ruleId) => state.usageOf(ruleId),
  }).find((rule) => rule.effect === 'block')
}

/** The run counts the held call as its newest step by now; to the rules it is the next one still. */
function withoutItself(facts: ActionFacts): ActionFacts {
  const { previousActions } = facts.run
  if (previousActions.at(-1) !== facts.action) return facts
  return { ...facts, run: { ...facts.run, previousActions: previousActions.slice(0, -1) } }
}
