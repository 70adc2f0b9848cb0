import { NotFoundError, type OutcomeReport, type Timeline } from '@bighub/core/protocol'
import { caseIdOf } from '../decisions/decision-ids.ts'
import type { ApprovalKept, EvaluationKept, OutcomeKept } from '../engine-state.ts'
import { decisionRecordOf } from '../projections/decision-row.ts'
import type { LogRecord } from '../storage/storage.ts'

type TimelineEvent = Timeline['events'][number]

/** Everything that happened to a decision, in order. @throws NotFoundError */
export function timelineOf(requestId: string, records: readonly LogRecord[]): Timeline {
  if (!decisionRecordOf(records)) throw new NotFoundError('decision', requestId)
  let outcomes = 0
  const events = records.flatMap((record): TimelineEvent[] => {
    const at = new Date(record.at).toISOString()
    switch (record.type) {
      case 'evaluation':
      case 'case_created': {
        const { recommendation, result, risk } = record.kept as unknown as EvaluationKept
        return [{ type: 'decision', at, status: result, data: { recommendation, risk_score: risk } }]
      }
      case 'approval_resolved':
      case 'approval_ended': {
        const { status } = record.kept as unknown as ApprovalKept
        const actor = (record.payload?.['resolved_by'] as string | null | undefined) ?? null
        const description = (record.payload?.['comment'] as string | null | undefined) ?? null
        return [{ type: 'approval', at, status, actor, description, data: {} }]
      }
      case 'approval_consumed':
      case 'effect_claimed':
        return [{ type: 'execution', at, status: 'claimed', data: {} }]
      case 'effect_settled': {
        const description = (record.payload?.['summary'] as string | null | undefined) ?? null
        return [{ type: 'execution', at, status: String(record.kept['state']), description, data: {} }]
      }
      case 'outcome': {
        const kept = record.kept as unknown as OutcomeKept
        const report = record.payload?.['report'] as OutcomeReport | undefined
        return [
          {
            type: outcomes++ === 0 ? 'outcome' : 'outcome_update',
            at,
            status: kept.status,
            actor: report?.reported_by ?? null,
            description: report?.description ?? null,
            data: { category: kept.category, severity: kept.severity, outcome_id: report?.outcome_id ?? null },
          },
        ]
      }
      default:
        return []
    }
  })
  const last = records.findLast((record) => record.type === 'outcome')
  return {
    request_id: requestId,
    case_id: caseIdOf(requestId),
    current_status: last ? (last.kept as unknown as OutcomeKept).status : null,
    events,
    count: events.length,
  }
}
