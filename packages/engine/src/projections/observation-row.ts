import type { ObserveRequest } from '@bighub/core/protocol'
import type { ObservationKept } from '../engine-state.ts'
import type { LogRecord } from '../storage/storage.ts'
import type { ObservationRow } from '../storage/tables.ts'

/** Observations are about cases of elsewhere, whose ids may be those of decisions told here. */
const PREFIX = 'obs_'

/** Subject of the records that observe a case. */
export function observationSubject(caseId: string): string {
  return `${PREFIX}${caseId}`
}

/** A prediction of elsewhere with what came of it. */
export function observationRow(organisation: number, record: LogRecord): ObservationRow {
  // Written by this program in the form that belongs to the record's type.
  const kept = record.kept as unknown as ObservationKept
  const told = record.payload?.['observation'] as ObserveRequest | undefined
  return {
    organisation,
    case_id: record.subject.slice(PREFIX.length),
    seq: record.seq,
    at: record.at,
    risk: kept.risk,
    label: kept.label,
    domain: kept.domain,
    tool: told?.tool ?? null,
    action: told?.action ?? null,
    actor: told?.actor_type ?? null,
  }
}
