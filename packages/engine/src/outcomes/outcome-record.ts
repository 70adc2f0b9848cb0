import {
  type EvaluateResponse,
  findOutcomeStatus,
  InvalidInputError,
  NotFoundError,
  type OutcomeReport,
  type OutcomeReportRequest,
  outcomeReportRequestSchema,
} from '@bighub/core/protocol'
import type * as z from 'zod'
import { caseIdOf, decisionIdFrom, validationIdOf } from '../decisions/decision-ids.ts'
import type { EvaluationKept, OutcomeKept } from '../engine-state.ts'
import { decisionRecordOf } from '../projections/decision-row.ts'
import type { UnchainedRecord } from '../storage/chain.ts'
import type { LogRecord } from '../storage/storage.ts'

export type ParsedOutcome = z.output<typeof outcomeReportRequestSchema>

/** Reads a report. @throws InvalidInputError naming the field. */
export function parseOutcome(report: OutcomeReportRequest): ParsedOutcome {
  const parsed = outcomeReportRequestSchema.safeParse(report)
  if (!parsed.success) throw InvalidInputError.fromZod('an outcome', parsed.error)
  return parsed.data
}

/** The decision that a report is about. */
export function decisionIdOf(report: Pick<ParsedOutcome, 'request_id' | 'case_id' | 'validation_id'>): string {
  return report.request_id || decisionIdFrom(report.case_id || report.validation_id || '')
}

export interface OutcomePlan {
  readonly record: UnchainedRecord
  readonly report: OutcomeReport
}

/**
 * What a report adds to the log, worked out from the decision's own records. A later report corrects the earlier one; both
 * stay.
 *
 * @throws NotFoundError if there is no such decision.
 */
export function planOutcome(
  parsed: ParsedOutcome,
  records: readonly LogRecord[],
  moment: { at: number; id: string; organisation: string; source: string },
): OutcomePlan {
  const requestId = decisionIdOf(parsed)
  const decision = decisionRecordOf(records)
  if (!decision) throw new NotFoundError('decision', requestId)
  const definition = findOutcomeStatus(parsed.status)
  // The schema has let through known statuses only.
  if (!definition) throw new InvalidInputError('status', `${parsed.status} is not an outcome status`)
  const evaluation = decision.kept as unknown as EvaluationKept
  const label = definition.category === 'neutral' ? null : definition.category === 'negative' ? 1 : 0
  const earlier = records.findLast((record) => record.type === 'outcome')?.kept as OutcomeKept | undefined
  const followed = wasFollowed(parsed, evaluation, records)
  const kept: OutcomeKept = {
    request_id: requestId,
    status: definition.status,
    category: definition.category,
    severity: definition.severity,
    label,
    followed,
    ...(earlier ? { previous: { label: earlier.label, severity: earlier.severity } } : {}),
    decision: {
      action: evaluation.action,
      domain: evaluation.domain,
      value: evaluation.value,
      risk: evaluation.risk,
      recommendation: evaluation.recommendation,
      result: evaluation.result,
      prediction: evaluation.prediction,
      precedent: evaluation.precedent,
      ...(evaluation.promise ? { promise: evaluation.promise } : {}),
      ...(evaluation.review ? { review: evaluation.review } : {}),
    },
  }
  const report = toReport(parsed, decision, kept, moment)
  return {
    record: { type: 'outcome', at: moment.at, subject: requestId, kept: { ...kept }, payload: { report } },
    report,
  }
}

function toReport(
  parsed: ParsedOutcome,
  decision: LogRecord,
  kept: OutcomeKept,
  moment: { at: number; id: string; organisation: string; source: string },
): OutcomeReport {
  const evaluation = decision.kept as unknown as EvaluationKept
  const observedAt = parsed.observed_at ? Date.parse(parsed.observed_at) : moment.at
  const reportedAt = new Date(moment.at).toISOString()
  return {
    outcome_id: `out_${moment.id}`,
    org_id: moment.organisation,
    request_id: kept.request_id,
    case_id: caseIdOf(kept.request_id),
    validation_id: validationIdOf(kept.request_id),
    status: kept.status,
    category: kept.category,
    severity: kept.severity,
    reported_at: reportedAt,
    reported_by: parsed.reported_by ?? '',
    report_source: moment.source,
    description: parsed.description ?? '',
    decision_context: {
      domain: evaluation.domain,
      tool: toolOf(decision),
      action: evaluation.action,
      actor_type: actorOf(decision),
      verdict_was: evaluation.result,
      risk_score_was: evaluation.risk,
    },
    decision_at: new Date(decision.at).toISOString(),
    observed_at: parsed.observed_at ?? reportedAt,
    time_to_outcome_s: Math.max(0, (observedAt - decision.at) / 1000),
    details: parsed.details ?? {},
    actual_impact: parsed.actual_impact ?? {},
    correction: {
      needed: parsed.correction_needed ?? false,
      description: parsed.correction_description ?? '',
      cost: parsed.correction_cost ?? null,
      time_to_detect_s: parsed.time_to_detect_s ?? null,
      time_to_resolve_s: parsed.time_to_resolve_s ?? null,
    },
    rollback: { performed: parsed.rollback_performed ?? false },
    business_impact: {
      revenue_impact: parsed.revenue_impact ?? null,
      customer_impact_count: parsed.customer_impact_count ?? 0,
      support_tickets_created: parsed.support_tickets_created ?? 0,
    },
    calibration: {
      error: kept.label === null ? null : evaluation.risk - kept.label,
      prediction_correct: kept.label === null ? null : evaluation.risk >= 0.5 === (kept.label === 1),
    },
    tags: parsed.tags ?? [],
    recommendation_followed: kept.followed ?? null,
  }
}

interface DecisionPayload {
  readonly request?: { readonly context?: { readonly call?: { readonly tool?: string } } }
  readonly response?: EvaluateResponse
  readonly case?: { readonly tool?: string | null; readonly actor?: string | null }
}

function toolOf(decision: LogRecord): string | null {
  const { request, case: told } = (decision.payload ?? {}) as DecisionPayload
  return request?.context?.call?.tool ?? told?.tool ?? null
}

function actorOf(decision: LogRecord): string {
  const { response, case: told } = (decision.payload ?? {}) as DecisionPayload
  return response?.actor ?? told?.actor ?? ''
}

/** Whether the recommendation was followed (protocol §7.2): said explicitly, or read off what happened; null if unclear. */
function wasFollowed(parsed: ParsedOutcome, evaluation: EvaluationKept, records: readonly LogRecord[]): boolean | null {
  const explicit = parsed['recommendation_followed'] ?? parsed.details?.['recommendation_followed']
  if (typeof explicit === 'boolean') return explicit
  // A decision of elsewhere had no advice of ours to follow.
  if (evaluation.source !== undefined && evaluation.source !== 'evaluation') return null
  const isBlocked = parsed.status === 'BLOCKED'
  if (evaluation.recommendation !== 'review_recommended')
    return isBlocked === (evaluation.recommendation === 'do_not_proceed')
  if (records.some((record) => record.type === 'approval_resolved')) return true
  return isBlocked ? null : false
}
