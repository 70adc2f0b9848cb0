import type {
  ApprovalItem,
  Constraint,
  EvaluateResponse,
  EventItem,
  EventSeverity,
  EventType,
  KillSwitch,
  OutcomeReport,
} from '@bighub/core/protocol'
import type { ApprovalKept, EvaluationKept, OutcomeKept } from '../engine-state.ts'
import type { LogRecord } from '../storage/storage.ts'

/** Events that one record may make; their places are numbers of records times this. */
export const EVENTS_A_RECORD = 8

/** One event, and what a webhook is sent about it. */
export interface RecordEvent {
  readonly type: EventType
  readonly item: EventItem
  /** Only sent, not listed: another event of the record says the same in the list. */
  readonly isOnlySent?: boolean
  /** What is sent under `data`: the event itself, or the whole thing that it is about. */
  readonly data: Readonly<Record<string, unknown>>
}

/** What happened, in the words of the event stream (protocol §7.12). Records that are nobody's business make none. */
export function eventsOfRecord(record: LogRecord, place: number): RecordEvent[] {
  switch (record.type) {
    case 'evaluation':
      return ofEvaluation(record, place)
    case 'outcome':
      return ofOutcome(record, place)
    case 'approval_resolved':
    case 'approval_ended':
      return ofAnswer(record, place, `approval.${(record.kept as unknown as EndedKept).status}`)
    case 'approval_escalated':
      return ofAnswer(record, place, 'approval.escalated')
    case 'constraint_changed':
      return ofConstraint(record, place)
    case 'policy_changed':
      return [event(record, place, 'policy.updated', 'info', textOf(record, 'reason', 'policy changed'))]
    case 'kill_switch_changed':
      return ofKillSwitch(record, place)
    case 'webhook_disabled':
      return ofWebhook(record, place)
    default:
      return []
  }
}

function ofEvaluation(record: LogRecord, place: number): RecordEvent[] {
  const kept = record.kept as unknown as EvaluationKept
  const response = record.payload?.['response'] as EvaluateResponse | undefined
  const type = EVENT_OF_RESULT[kept.result]
  const severity = kept.blocked_by === 'kill_switch' ? 'critical' : kept.result === 'blocked' ? 'warning' : 'info'
  const facts: Partial<EventItem> = {
    request_id: record.subject,
    validation_id: response?.validation_id ?? null,
    validation_hash: record.hash,
    domain: kept.domain,
    action: kept.action,
    actor: response?.actor ?? null,
    value: kept.value,
    allowed: kept.result === 'allowed',
    blocked_by: kept.blocked_by,
    risk_score: kept.risk,
    warnings: response?.warnings ?? null,
    mode: response?.mode ?? null,
    human_review: response?.human_review ?? null,
    gate_version: response?.gate_version ?? null,
    recommendation: kept.recommendation,
    recommendation_confidence: response?.recommendation_confidence ?? null,
    enforcement_mode: response?.enforcement_mode ?? null,
    enforced_verdict: response?.enforced_verdict ?? null,
    rule_id: response?.usage?.rule_id ?? null,
    ...(response?.usage ? { usage: response.usage } : {}),
    ...(response?.decision_intelligence ? { decision_intelligence: response.decision_intelligence } : {}),
  }
  const reason = response?.reason ?? ''
  const listed = event(record, place, type, severity, reason, facts)
  const sent = event(record, place + 1, 'decision_event.created', severity, reason, facts)
  const events: RecordEvent[] = [listed, { ...sent, isOnlySent: true }]
  if (response?.requires_approval) events.push(event(record, place + 2, 'approval.created', 'info', reason, facts))
  return events
}

const EVENT_OF_RESULT = {
  allowed: 'action_allowed',
  requires_approval: 'action_requires_approval',
  blocked: 'action_blocked',
} as const

function ofOutcome(record: LogRecord, place: number): RecordEvent[] {
  const kept = record.kept as unknown as OutcomeKept
  const report = record.payload?.['report'] as OutcomeReport | undefined
  const severity: EventSeverity =
    kept.category !== 'negative' ? 'info' : kept.severity >= CRITICAL_SEVERITY ? 'critical' : 'warning'
  const reported = event(record, place, 'outcome.reported', severity, report?.description ?? '', {
    request_id: kept.request_id,
    validation_id: report?.validation_id ?? null,
    domain: kept.decision.domain,
    action: kept.decision.action,
    value: kept.decision.value,
    risk_score: kept.decision.risk,
    recommendation: kept.decision.recommendation,
    recommendation_followed: report?.recommendation_followed ?? null,
    outcome_status: kept.status,
    outcome_reported_at: new Date(record.at).toISOString(),
  })
  return [{ ...reported, data: report ?? reported.data }]
}

/** Outcomes as bad as an incident are critical (taxonomy: INCIDENT 0.9). */
const CRITICAL_SEVERITY = 0.9

type EndedKept = ApprovalKept & { readonly status: Exclude<ApprovalKept['status'], 'pending'> }

function ofAnswer(record: LogRecord, place: number, type: EventItem['event_type']): RecordEvent[] {
  const item = record.payload?.['approval'] as ApprovalItem | undefined
  const answered = event(record, place, type, 'info', textOf(record, 'comment'), {
    request_id: record.subject,
    ...(item ? { action: item.action, actor: item.actor, domain: item.domain, value: item.value } : {}),
  })
  return [{ ...answered, data: item ?? answered.data }]
}

function ofConstraint(record: LogRecord, place: number): RecordEvent[] {
  const rule = record.kept['rule'] as Constraint
  const type = CHANGE_EVENTS[String(record.payload?.['change'])] ?? 'rule.updated'
  const changed = event(record, place, type, 'info', textOf(record, 'reason'), {
    rule_id: rule.rule_id,
    rule_name: rule.name,
    domain: rule.domain ?? null,
  })
  return [{ ...changed, data: { ...changed.data, rule } }]
}

const CHANGE_EVENTS: Readonly<Record<string, EventType>> = {
  created: 'rule.created',
  updated: 'rule.updated',
  patched: 'rule.patch_applied',
  paused: 'rule.paused',
  resumed: 'rule.resumed',
  deleted: 'rule.deleted',
}

function ofKillSwitch(record: LogRecord, place: number): RecordEvent[] {
  const killSwitch = record.kept['switch'] as KillSwitch | null
  const type = killSwitch ? 'kill_switch.activated' : 'kill_switch.deactivated'
  const reason = killSwitch?.reason ?? textOf(record, 'reason')
  const changed = event(record, place, type, 'critical', reason, { domain: killSwitch?.domain ?? null })
  return [{ ...changed, data: { ...changed.data, switch_id: record.subject } }]
}

function ofWebhook(record: LogRecord, place: number): RecordEvent[] {
  const changed = event(record, place, 'webhook.disabled', 'warning', textOf(record, 'reason'))
  return [{ ...changed, data: { ...changed.data, webhook_id: record.subject } }]
}

function event(
  record: LogRecord,
  place: number,
  type: EventType,
  severity: EventSeverity,
  reason: string,
  facts: Partial<EventItem> = {},
): RecordEvent {
  const item: EventItem = {
    ...facts,
    event_id: `evt_${place}`,
    event_type: type,
    severity,
    reason,
    created_at: new Date(record.at).toISOString(),
  }
  return { type, item, data: item }
}

/** A text of the payload, which erasure may have taken away. */
function textOf(record: LogRecord, key: string, otherwise = ''): string {
  const value = record.payload?.[key]
  return typeof value === 'string' ? value : otherwise
}
