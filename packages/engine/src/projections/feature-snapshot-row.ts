import type { FeatureSnapshot } from '@bighub/core/protocol'
import type { LogRecord } from '../storage/storage.ts'
import type { FeatureSnapshotRow } from '../storage/tables.ts'

/** A kept snapshot of features; null once its words were erased. */
export function featureSnapshotRow(organisation: number, record: LogRecord): FeatureSnapshotRow | null {
  const snapshot = record.payload?.['snapshot'] as FeatureSnapshot | undefined
  if (!snapshot) return null
  return {
    organisation,
    snapshot_id: record.subject,
    seq: record.seq,
    case_id: snapshot.case_id,
    tag: snapshot.tag,
    created_at: record.at,
    body: JSON.stringify(snapshot),
  }
}
