import type { Case, EvaluateResponse, OutcomeReport } from '@bighub/core/protocol'
import { validationIdOf } from '../decisions/decision-ids.ts'
import { decisionRecordOf, decisionRow } from '../projections/decision-row.ts'
import type { JsonRecord, LogRecord } from '../storage/storage.ts'
import type { DecisionRow } from '../storage/tables.ts'

/** What the payload of a decision's first record says of the action. */
interface DecisionPayload {
  readonly request?: { readonly context?: JsonRecord & { readonly call?: { readonly arguments?: JsonRecord } } }
  readonly response?: EvaluateResponse
  readonly case?: { readonly arguments?: JsonRecord; readonly context?: JsonRecord }
}

/** A decision with everything told about it, from its records in order; null if they begin none. */
export function toCase(
  org: { readonly id: string; readonly number: number },
  records: readonly LogRecord[],
): Case | null {
  const row = decisionRow(org.number, records)
  const first = decisionRecordOf(records)
  if (!row || !first) return null
  const { request, response, case: own } = (first.payload ?? {}) as DecisionPayload
  const { call: _call, run, ...context } = request?.context ?? own?.context ?? {}
  const details = (row.details === null ? {} : JSON.parse(row.details)) as JsonRecord
  const requestId = row.request_id
  return {
    case_id: row.case_id,
    org_id: org.id,
    domain: row.domain,
    action: {
      ...asRecord(details['action']),
      tool: row.tool,
      action: row.action,
      arguments: request?.context?.call?.arguments ?? own?.arguments ?? {},
      value: row.value,
      target: row.target,
      domain: row.domain,
    },
    verdict: verdictFields(row, response, asRecord(details['verdict'])),
    context: { ...context, ...asRecord(details['context']) },
    simulation: row.simulation === null ? (asRecord(details['simulation']) ?? null) : parse(row.simulation),
    goal_summary: text(details['goal_summary']) || text(asRecord(run)?.['goal']),
    trigger_source: text(details['trigger_source']),
    actor_type: row.actor ?? '',
    actor_id: text(details['actor_id']),
    agent_model: text(details['agent_model']),
    refs: asRecord(details['refs']) ?? {},
    tags: Array.isArray(details['tags']) ? details['tags'].map(String) : [],
    recommendation: row.recommendation,
    risk_score: row.risk,
    request_id: requestId,
    // A decision of elsewhere was validated elsewhere, if at all.
    validation_id: row.source === 'evaluation' ? validationIdOf(requestId) : null,
    outcome: row.outcome === null ? null : (JSON.parse(row.outcome) as OutcomeReport),
    outcome_status: row.outcome_status,
    created_at: new Date(row.at).toISOString(),
    updated_at: new Date(records.at(-1)?.at ?? row.at).toISOString(),
  }
}

/** Of our own decision: what was decided. Of one of elsewhere: what was told, null where nothing was. */
function verdictFields(
  row: DecisionRow,
  response: EvaluateResponse | undefined,
  told: JsonRecord | undefined,
): Record<string, unknown> {
  const { verdict, risk: risk_score } = row
  if (row.source !== 'evaluation')
    return { mode: null, reasons: [], confidence: null, ...withoutNulls(told), verdict, risk_score }
  return {
    verdict,
    mode: response?.mode ?? null,
    reasons: response?.reason ? [response.reason] : [],
    risk_score,
    confidence: response?.intelligence?.confidence?.score ?? null,
  }
}

function withoutNulls(record: JsonRecord | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record ?? {}).filter(([, value]) => value !== null && value !== undefined))
}

function parse(json: string): Record<string, unknown> {
  return JSON.parse(json) as Record<string, unknown>
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
