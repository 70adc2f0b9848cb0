import type { ApprovalItem, ApprovalPolicy, EvaluateResponse } from '@bighub/core/protocol'
import type { NormalisedRequest } from '../evaluate/normalise-request.ts'

/** The approval that a held evaluation opens: bound to the exact action, with the evidence that a person should see. */
export function approvalOf(
  request: NormalisedRequest,
  response: EvaluateResponse,
  digest: string,
  { at, rules }: { at: number; rules: ApprovalPolicy },
): ApprovalItem {
  const precedents = response.intelligence?.precedents
  return {
    request_id: response.request_id,
    validation_id: response.validation_id ?? null,
    rule_id: response.usage?.rule_id ?? null,
    action: request.action,
    actor: request.actor,
    value: request.value,
    target: request.target,
    domain: request.domain,
    tool: request.call.tool ?? null,
    status: 'pending',
    risk_score: response.risk_score,
    reason: response.reason,
    resolution: null,
    comment: null,
    resolved_at: null,
    resolved_by: null,
    created_at: new Date(at).toISOString(),
    arguments: request.call.arguments ?? {},
    arguments_digest: digest,
    call_id: request.call.call_id ?? null,
    trajectory_id: request.trajectoryId,
    effect_key: request.call.effect_key ?? null,
    target_version: request.call.target_version ?? null,
    provenance: request.call.provenance ?? {},
    expires_at: new Date(at + rules.expires_in_seconds * 1000).toISOString(),
    approvals_needed: rules.quorum,
    approvals_given: [],
    requested_by: null,
    escalated_at: null,
    consumed_at: null,
    cancel_reason: null,
    superseded_by: null,
    evidence: {
      ...(response.risk_interval ? { risk_interval: response.risk_interval } : {}),
      positive: precedents?.positive ?? null,
      negative: precedents?.negative ?? null,
      stake: request.value,
    },
  }
}
