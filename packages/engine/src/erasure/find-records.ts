import type { IngestEvent } from '@bighub/core/protocol'
import { decisionIdFrom } from '../decisions/decision-ids.ts'
import type { EngineCore } from '../engine-core.ts'
import { readChunks } from '../fold-log.ts'
import { DECISION_TYPES } from '../projections/decision-row.ts'
import type { IngestedKept } from '../projections/lifecycle-row.ts'
import type { StoredMemory } from '../projections/memory-row.ts'
import type { LogRecord, RecordType } from '../storage/storage.ts'

/** Whose words are meant; all that is given must hold. */
export interface ErasureScope {
  readonly actor?: string | undefined
  readonly target?: string | undefined
  readonly request_ids?: readonly string[] | undefined
  /** Milliseconds since the epoch. */
  readonly before?: number | undefined
}

/** Records that hold words of calls. What operators did to rules, policy and switches is their own record and stays. */
const ERASABLE: ReadonlySet<RecordType> = new Set<RecordType>([
  'evaluation',
  'outcome',
  'approval_resolved',
  'approval_consumed',
  'approval_ended',
  'effect_claimed',
  'effect_settled',
  'rules_validated',
  'case_created',
  'case_annotated',
  'event_ingested',
  'memory_stored',
  'observation_recorded',
  'features_snapshotted',
])

/** What was found: records that still have their words, and the decisions that they are about. */
export interface FoundRecords {
  readonly seqs: readonly number[]
  readonly requestIds: ReadonlySet<string>
}

/**
 * Finds the records of a scope by reading the log twice: first which decisions and lifecycles are meant, then all that was recorded
 * about them.
 *
 * @param onChunk - Called between chunks with the number of records read so far, of twice the log's length.
 */
export async function findRecords(
  core: EngineCore,
  scope: ErasureScope,
  onChunk: (read: number) => Promise<void>,
): Promise<FoundRecords> {
  const asked = scope.request_ids && new Set(scope.request_ids.map(decisionIdFrom))
  const meant = new Set<string>()
  let read = 0
  for await (const records of readChunks(core.storage, 0)) {
    for (const record of records) if (isAbout(record, scope, asked)) meant.add(record.subject)
    read += records.length
    await onChunk(read)
  }
  const seqs: number[] = []
  const requestIds = new Set<string>()
  for await (const records of readChunks(core.storage, 0)) {
    for (const record of records) {
      if (!isMeant(record, scope, meant)) continue
      if (DECISION_TYPES.includes(record.type)) requestIds.add(record.subject)
      // Records whose words are gone already are not counted again.
      if (record.payload !== null && ERASABLE.has(record.type)) seqs.push(record.seq)
    }
    read += records.length
    await onChunk(read)
  }
  return { seqs, requestIds }
}

function isMeant(record: LogRecord, scope: ErasureScope, meant: ReadonlySet<string>): boolean {
  if (scope.before !== undefined && record.at >= scope.before) return false
  return meant.has(record.subject) || meant.has(decisionOf(record) ?? '')
}

/** The decision that a record of another subject belongs to. */
function decisionOf(record: LogRecord): string | null {
  if (record.type === 'event_ingested') return (record.kept as unknown as IngestedKept).request_id ?? null
  const payload = record.payload ?? {}
  if (record.type === 'features_snapshotted') {
    const caseId = (payload['snapshot'] as { readonly case_id?: string } | undefined)?.case_id
    return caseId === undefined ? null : decisionIdFrom(caseId)
  }
  if (record.type === 'observation_recorded') {
    const { case_id: caseId } = asObject(payload['observation'])
    return typeof caseId === 'string' ? decisionIdFrom(caseId) : null
  }
  if (record.type !== 'memory_stored') return null
  const requestId = (payload as unknown as StoredMemory).event?.['request_id']
  return typeof requestId === 'string' ? decisionIdFrom(requestId) : null
}

/** Whether a record itself names everybody and everything that a scope asks for. */
function isAbout(record: LogRecord, scope: ErasureScope, asked: ReadonlySet<string> | undefined): boolean {
  if (!ERASABLE.has(record.type)) return false
  if (scope.before !== undefined && record.at >= scope.before) return false
  if (asked && !asked.has(record.subject) && !asked.has(decisionOf(record) ?? '')) return false
  if (scope.actor === undefined && scope.target === undefined) return true
  const named = namedIn(record)
  return (
    (scope.actor === undefined || named.actors.includes(scope.actor)) &&
    (scope.target === undefined || named.targets.includes(scope.target))
  )
}

interface Named {
  readonly actors: readonly unknown[]
  readonly targets: readonly unknown[]
}

const NOBODY: Named = { actors: [], targets: [] }

function namedIn(record: LogRecord): Named {
  const { payload } = record
  if (payload === null) return NOBODY
  switch (record.type) {
    case 'evaluation':
    case 'rules_validated': {
      const request = asObject(payload['request'])
      return { actors: [asObject(payload['response'])['actor'], request['actor']], targets: [request['target']] }
    }
    case 'case_created': {
      const told = asObject(payload['case'])
      return { actors: [told['actor']], targets: [told['target']] }
    }
    case 'observation_recorded': {
      const observation = asObject(payload['observation'])
      return { actors: [observation['actor']], targets: [observation['target']] }
    }
    case 'memory_stored': {
      const stored = payload as unknown as StoredMemory
      return { actors: [stored.event['actor'], stored.actor], targets: [stored.event['target']] }
    }
    case 'event_ingested': {
      const event = asObject(payload['event']) as unknown as IngestEvent
      const { action, intent } = event
      const actors = [action?.['actor'], intent?.['actor_id'], intent?.['actor_type']]
      return { actors, targets: [action?.['target'], event.entity_id] }
    }
    default:
      return NOBODY
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
