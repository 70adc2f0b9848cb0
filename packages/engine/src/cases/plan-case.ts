import { type CaseVerdict, DEFAULT_ACTOR } from '@bighub/core/protocol'
import type { EngineState, EvaluationKept } from '../engine-state.ts'
import { judge } from '../evaluate/evaluate.ts'
import { type NormalisedRequest, normaliseRequest } from '../evaluate/normalise-request.ts'
import { axesOf } from '../precedents/axes-of.ts'
import type { UnchainedRecord } from '../storage/chain.ts'
import type { DecisionRow } from '../storage/tables.ts'
import { decidedBy } from './case-verdict.ts'

/** A decision that was made elsewhere. What is absent was not told. */
export interface ToldDecision {
  readonly source: Exclude<DecisionRow['source'], 'evaluation'>
  /** What the tool was to do. */
  readonly action: string
  readonly tool?: string | null | undefined
  /** @defaultValue 'AI_AGENT' */
  readonly actor?: string | null | undefined
  readonly domain?: string | null | undefined
  readonly target?: string | null | undefined
  /** Finite. */
  readonly value?: number | null | undefined
  readonly arguments?: Readonly<Record<string, unknown>> | null | undefined
  /** The application's own context fields; those with a meaning to us (`call`, `run`, trajectory ids) are left out. */
  readonly context?: Readonly<Record<string, unknown>> | null | undefined
  /** The risk that was seen elsewhere, in [0, 1]. @defaultValue what the model says now */
  readonly riskScore?: number | null | undefined
  /** @defaultValue what the model's risk advises under the policy of now */
  readonly verdict?: CaseVerdict | null | undefined
  /** Told beyond the decision; read back as it is, erased with the other words. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
  /** It takes the place of what was told of the same case before. @defaultValue false */
  readonly replaces?: boolean | undefined
}

/**
 * The record of a decision made elsewhere, in the form of one made here: features and prediction by the model of now, so that
 * its outcome teaches like any other. Rules, switches and runs have no part in it: nothing was decided here.
 *
 * @param told.subject - Its request id: `act_…`, or an id of elsewhere.
 * @throws InvalidInputError naming the field, as an evaluation of the same action would.
 */
export function planCase(
  told: ToldDecision & { readonly subject: string },
  state: EngineState,
  at: number,
): UnchainedRecord {
  const request = requestOf(told)
  const { kept, facts, decided } = judge(request, state, at)
  const { recommendation, result } = told.verdict
    ? decidedBy(told.verdict)
    : { recommendation: decided.byRisk, result: RESULT_OF[decided.byRisk] }
  const own: EvaluationKept = {
    ...kept,
    risk: told.riskScore ?? kept.risk,
    precedent: { ...kept.precedent, risk: told.riskScore ?? kept.risk },
    recommendation,
    result,
    blocked_by: null,
    shadow: false,
    rules: [],
    rules_blocked: [],
    step: null,
    source: told.source,
    ...(told.verdict ? { verdict: told.verdict } : {}),
    ...(told.replaces ? { replaces: true } : {}),
  }
  return {
    type: 'case_created',
    at,
    subject: told.subject,
    kept: { ...own },
    payload: {
      case: {
        tool: told.tool || null,
        actor: request.actor,
        target: facts.target,
        arguments: facts.arguments,
        context: request.context,
        ...(told.details ? { details: told.details } : {}),
      },
    },
  }
}

/** It in the form of a request to evaluate it here. @throws InvalidInputError naming the field. */
export function requestOf(told: Omit<ToldDecision, 'source'>): NormalisedRequest {
  const axis = axesOf(told.context)['reversibility']
  return normaliseRequest({
    action: told.action,
    actor: told.actor || DEFAULT_ACTOR,
    value: told.value ?? null,
    target: told.target ?? null,
    domain: told.domain ?? null,
    context: {
      ...ownContext(told.context ?? {}),
      call: {
        ...(told.tool ? { tool: told.tool } : {}),
        arguments: { ...told.arguments },
        ...(axis !== undefined && axis >= 0 && axis <= 1 ? { reversibility: axis } : {}),
      },
    },
  })
}

/** A score is no feature of its own case, and what only a guard may say is not taken from elsewhere. */
function ownContext(context: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const {
    risk_score: _score,
    call: _call,
    run: _run,
    session_id: _session,
    trajectory_id: _trajectory,
    ...own
  } = context
  return own
}

const RESULT_OF = {
  proceed: 'allowed',
  proceed_with_caution: 'allowed',
  review_recommended: 'requires_approval',
  do_not_proceed: 'blocked',
} as const satisfies Record<EvaluationKept['recommendation'], EvaluationKept['result']>
