import type { CallContext, EvaluateResponse, OutcomeReport } from '@bighub/core/protocol'
import { verdictOf } from '../cases/case-verdict.ts'
import { caseIdOf } from '../decisions/decision-ids.ts'
import { readEffect } from '../effects/read-effect.ts'
import type { ApprovalKept, EvaluationKept, OutcomeKept } from '../engine-state.ts'
import { provenanceClassOf } from '../features/provenance-class.ts'
import { axesOf } from '../precedents/axes-of.ts'
import type { Likeness } from '../precedents/likeness.ts'
import type { LogRecord, RecordType } from '../storage/storage.ts'
import type { DecisionRow } from '../storage/tables.ts'

/** Records that begin a decision: it was evaluated here, or made elsewhere and told to us. */
export const DECISION_TYPES: readonly RecordType[] = ['evaluation', 'case_created']

/** The record that tells a decision, the newest if it was told again; undefined if the records are about something else. */
export function decisionRecordOf(records: readonly LogRecord[]): LogRecord | undefined {
  return records.findLast((record) => DECISION_TYPES.includes(record.type))
}

/** What the payload of a decision's first record holds. */
interface DecisionPayload {
  readonly request?: {
    readonly target?: string | null
    readonly context?: { readonly axes?: unknown; readonly call?: CallContext }
  }
  readonly response?: EvaluateResponse
  readonly case?: {
    readonly tool?: string | null
    readonly actor?: string | null
    readonly target?: string | null
    readonly context?: { readonly axes?: unknown }
    readonly details?: Readonly<Record<string, unknown>>
  }
}

/** A decision as it stands, from all records about it in order; null if they begin no decision. */
export function decisionRow(organisation: number, records: readonly LogRecord[]): DecisionRow | null {
  const first = decisionRecordOf(records)
  if (!first) return null
  // Written by this program in the form that belongs to the record's type.
  const kept = first.kept as unknown as EvaluationKept
  const { request, response, case: told } = (first.payload ?? {}) as DecisionPayload
  const outcome = records.findLast((record) => record.type === 'outcome')
  const outcomeKept = outcome?.kept as unknown as OutcomeKept | undefined
  const report = outcome?.payload?.['report'] as OutcomeReport | undefined
  const simulation = response?.intelligence?.simulation
  const details = detailsOf(records, told?.details)
  return {
    organisation,
    request_id: first.subject,
    case_id: caseIdOf(first.subject),
    seq: first.seq,
    source: kept.source ?? 'evaluation',
    at: first.at,
    action: kept.action,
    tool: request?.context?.call?.tool ?? told?.tool ?? null,
    actor: response?.actor ?? told?.actor ?? null,
    target: request?.target ?? told?.target ?? null,
    domain: kept.domain,
    value: kept.value,
    trajectory_id: kept.step?.trajectory_id ?? null,
    recommendation: kept.recommendation,
    recommendation_confidence: response?.recommendation_confidence ?? null,
    result: kept.result,
    verdict: kept.verdict ?? verdictOf(kept.result),
    blocked_by: kept.blocked_by,
    shadow: Number(kept.shadow),
    risk: kept.risk,
    policy_version: kept.version,
    simulation: simulation ? JSON.stringify(simulation) : null,
    approval_status: approvalStatusOf(records, response),
    effect_state: readEffect(records)?.state ?? null,
    outcome_status: outcomeKept?.status ?? null,
    outcome_category: outcomeKept?.category ?? null,
    outcome_severity: outcomeKept?.severity ?? null,
    outcome_at: outcome?.at ?? null,
    followed:
      outcomeKept?.followed === undefined || outcomeKept.followed === null ? null : Number(outcomeKept.followed),
    outcome: report ? JSON.stringify(report) : null,
    details: details ? JSON.stringify(details) : null,
    likeness: JSON.stringify(likenessOf(kept, request?.context ?? told?.context ?? {})),
  }
}

/** Axes and sources are words and go with them; the hashes stay. */
function likenessOf(kept: EvaluationKept, context: { readonly axes?: unknown; readonly call?: CallContext }): Likeness {
  const { reversibility, provenance } = context.call ?? {}
  return {
    fields: kept.precedent.fields,
    axes: { ...(reversibility === undefined ? {} : { reversibility }), ...axesOf(context) },
    provenance: provenance && Object.keys(provenance).length > 0 ? provenanceClassOf(provenance) : null,
  }
}

function approvalStatusOf(records: readonly LogRecord[], response: EvaluateResponse | undefined): string | null {
  const ended = records.findLast((record) => record.type === 'approval_resolved' || record.type === 'approval_ended')
  if (ended) return (ended.kept as unknown as ApprovalKept).status
  return response?.requires_approval ? 'pending' : null
}

/** What was told of a case beyond the decision, later tellings over earlier ones. */
function detailsOf(
  records: readonly LogRecord[],
  first: Readonly<Record<string, unknown>> | undefined,
): Record<string, unknown> | null {
  const later = records.flatMap((record) =>
    record.type === 'case_annotated' ? [(record.payload?.['details'] ?? {}) as Record<string, unknown>] : [],
  )
  return first || later.length > 0 ? Object.assign({}, first, ...later) : null
}
