import {
  findOutcomeStatus,
  type IngestEvent,
  type IngestEventType,
  type IngestResult,
  InvalidInputError,
} from '@bighub/core/protocol'
import { planCase, type ToldDecision } from '../cases/plan-case.ts'
import type { EngineCore } from '../engine-core.ts'
import type { EngineState, OutcomeKept } from '../engine-state.ts'
import { type ParsedOutcome, planOutcome } from '../outcomes/outcome-record.ts'
import { decisionRecordOf } from '../projections/decision-row.ts'
import {
  type IngestedKept,
  isIngestedEvent,
  isLater,
  lifecycleRow,
  newestOutcome,
  type ToldOutcome,
  toldOutcome,
} from '../projections/lifecycle-row.ts'
import type { Planned } from '../sequencer.ts'
import { sha256, type UnchainedRecord } from '../storage/chain.ts'
import type { Found, LogRecord } from '../storage/storage.ts'
import { type Correlated, correlate } from './correlate.ts'
import { readLifecycle } from './lifecycle-records.ts'
import { numberOf, type ParsedEvent, type ReadEvent, readEvent, textOf } from './read-event.ts'

/** The place of a record that is about to be written: behind all others. */
const NEXT = Number.MAX_SAFE_INTEGER

/**
 * Takes an event: finds what it belongs to, and records in one transaction the event, the decision of elsewhere that it makes
 * known, and the outcome that now holds. An event whose id is known changes nothing.
 *
 * @throws InvalidInputError naming the field.
 */
export async function ingestEvent(core: EngineCore, parsed: ParsedEvent): Promise<IngestResult> {
  const now = core.now()
  const event = readEvent(parsed, () => `evt_${core.newId(now)}`)
  await core.state()
  const correlated = await correlate(core, event.keys, `lc_${core.newId(now)}`)
  const known = correlated.requestId ?? (await claimant(core, event))
  const told = known === null ? toldDecision(event, correlated) : null
  const requestId = known ?? (told === null ? null : `act_${sha256(correlated.lifecycleId).slice(0, 25)}`)
  const taken = await core.run<IngestedKept & { readonly lifecycleId: string }>({
    // Looked up inside the transaction: somebody else may have told the event, or made the decision known, meanwhile.
    reads: { effectKey: ingestKey(event.eventId), ...(requestId === null ? {} : { subject: requestId }) },
    plan: (state, found) =>
      found.claim
        ? repeatOf(found.claim, event.eventId)
        : planEvent(core, event, { correlated, told, requestId, state, found }),
  })
  const { id, records } = await readLifecycle(core.storage, taken.lifecycleId)
  await settleWithOthers(core, records, correlated, event.eventId)
  const row = lifecycleRow(core.storage.organisation, id, records)
  return {
    accepted: true,
    event_id: taken.event_id,
    event_type: taken.event_type,
    lifecycle_id: id,
    lifecycle_status: row?.status as IngestResult['lifecycle_status'],
    correlation: {
      matched: correlated.match !== null,
      key_name: correlated.match?.name ?? null,
      key_value: correlated.match?.value ?? null,
    },
    outcome_id: taken.outcome_id,
  }
}

/**
 * The decision that has claimed the call which a guard tells of. Its evaluator may have answered too late for the guard to know of it; the
 * call is one all the same.
 */
async function claimant(core: EngineCore, { recorded, keys }: ReadEvent): Promise<string | null> {
  const effectKey = recorded['adapter'] === 'guard' ? keys.external_ref : undefined
  if (effectKey === undefined) return null
  return core.run<string | null>({
    reads: { effectKey },
    plan: (_, { claim }) => ({ records: [], answer: () => (claim?.type === 'evaluation' ? claim.subject : null) }),
  })
}

function ingestKey(eventId: string): string {
  return `ingest:${eventId}`
}

/** @throws InvalidInputError if the key belongs to a call that was claimed under it. */
function repeatOf(claim: LogRecord, eventId: string): Planned<IngestedKept & { readonly lifecycleId: string }> {
  if (claim.type !== 'event_ingested')
    throw new InvalidInputError('event_id', `${JSON.stringify(eventId)} is in use by a call; give the event another id`)
  const kept = claim.kept as unknown as IngestedKept
  return { records: [], answer: () => ({ ...kept, lifecycleId: claim.subject }) }
}

interface EventPlan {
  readonly correlated: Correlated
  readonly told: ToldDecision | null
  readonly requestId: string | null
  readonly state: EngineState
  readonly found: Found
}

function planEvent(
  core: EngineCore,
  event: ReadEvent,
  plan: EventPlan,
): Planned<IngestedKept & { readonly lifecycleId: string }> {
  const { correlated, told, requestId, state, found } = plan
  const now = core.now()
  const at = Math.min(event.toldAt ?? now, now)
  const isKnown = decisionRecordOf(found.records) !== undefined
  const made = !isKnown && told && requestId !== null ? planCase({ ...told, subject: requestId }, state, at) : null
  const about = made ? [asRecord(made)] : found.records
  const kept: IngestedKept = {
    unique_key: ingestKey(event.eventId),
    event_id: event.eventId,
    event_type: event.type,
    request_id: requestId,
    outcome_id: null,
    outcome_status: event.outcome?.status ?? null,
    outcome_severity: event.outcome ? severityOf(event.outcome) : null,
    told_at: event.toldAt,
    ...(correlated.joins.length > 0 ? { joins: correlated.joins } : {}),
  }
  const own: UnchainedRecord = {
    type: 'event_ingested',
    at,
    subject: correlated.lifecycleId,
    kept: { ...kept },
    payload: { event: event.recorded },
    effectKey: kept.unique_key,
  }
  const outcome = requestId === null ? null : planNewest(core, [...correlated.records, asRecord(own)], requestId, about)
  const full: IngestedKept = { ...kept, outcome_id: outcome?.report.outcome_id ?? null }
  const joins = correlated.joins.map(
    (id): UnchainedRecord => ({
      type: 'event_ingested',
      at: now,
      subject: id,
      kept: { joined_into: correlated.lifecycleId },
      payload: {},
    }),
  )
  return {
    records: [...(made ? [made] : []), { ...own, kept: { ...full } }, ...joins, ...(outcome ? [outcome.record] : [])],
    answer: () => ({ ...full, lifecycleId: correlated.lifecycleId }),
  }
}

/** The outcome that the lifecycle's events say holds now, unless the decision has it or a later one already. */
function planNewest(
  core: EngineCore,
  events: readonly LogRecord[],
  requestId: string,
  about: readonly LogRecord[],
): ReturnType<typeof planOutcome> | null {
  const newest = newestOutcome(events)
  const outcome = newest ? outcomeOf(newest) : null
  if (!newest || !outcome) return null
  const before = about.findLast((record) => record.type === 'outcome')
  if (before && !isLater(toldOutcome(newest), reportedOutcome(before))) return null
  const now = core.now()
  const moment = { at: now, id: core.newId(now), organisation: core.organisation, source: 'ingest' }
  const { record, report } = planOutcome({ ...outcome, request_id: requestId }, about, moment)
  return { record: { ...record, kept: { ...record.kept, event_id: newest.kept['event_id'] } }, report }
}

/**
 * An event that another process took at the same moment knew nothing of this one: one may have told the outcome and the other the
 * decision. Whoever comes second sees both and brings them together.
 */
async function settleWithOthers(
  core: EngineCore,
  records: readonly LogRecord[],
  correlated: Correlated,
  eventId: string,
): Promise<void> {
  const seen = new Set(correlated.records.map((record) => record.seq))
  const others = records.filter(
    (record) => isIngestedEvent(record) && !seen.has(record.seq) && record.kept['event_id'] !== eventId,
  )
  const about = records.findLast((record) => typeof record.kept['request_id'] === 'string')
  if (others.length === 0 || !about) return
  const requestId = String(about.kept['request_id'])
  await core.run({
    reads: { subject: requestId },
    plan: (_, found) => {
      const outcome = planNewest(core, records, requestId, found.records)
      return { records: outcome ? [outcome.record] : [], answer: () => undefined }
    },
  })
}

/** What an event's record says of the outcome; null once its words were erased. */
function outcomeOf(record: LogRecord): ParsedOutcome | null {
  const event = record.payload?.['event'] as ParsedEvent | undefined
  return event ? readEvent(event, () => '').outcome : null
}

/** When a reported outcome was observed, and the event that told it, if one did. One that names no time counts from its report. */
function reportedOutcome(record: LogRecord): ToldOutcome {
  const kept = record.kept as unknown as OutcomeKept & { readonly event_id?: string }
  const report = record.payload?.['report'] as { observed_at?: string; reported_at?: string } | undefined
  const isTimed = report?.observed_at !== undefined && report.observed_at !== report.reported_at
  const observedAt = isTimed ? Date.parse(report.observed_at ?? '') : record.at
  return { at: observedAt, isTimed, severity: kept.severity, eventId: kept.event_id ?? '', seq: record.seq }
}

function severityOf(outcome: ParsedOutcome): number {
  return findOutcomeStatus(outcome.status)?.severity ?? 0
}

/** The decision of elsewhere that an event, or one before it, tells of; null if none names an action. */
function toldDecision(event: ReadEvent, correlated: Correlated): ToldDecision | null {
  const earlier = correlated.records.flatMap((record) =>
    isIngestedEvent(record) && record.payload ? [record.payload['event'] as IngestEvent] : [],
  )
  const source = [event.recorded as unknown as IngestEvent, ...earlier].find((each) => actionOf(each) !== null)
  const action = source ? actionOf(source) : null
  if (!source || action === null) return null
  const { action: part, context, intent, event_type: type } = source
  const risk = numberOf(context, 'risk_score')
  const args = part?.['arguments']
  return {
    source: 'ingest',
    action,
    tool: textOf(part, 'tool'),
    actor: textOf(intent, 'actor_id') ?? textOf(part, 'actor') ?? textOf(intent, 'actor_type'),
    domain: source.domain ?? null,
    target: textOf(part, 'target'),
    value: numberOf(part, 'value'),
    arguments: typeof args === 'object' && args !== null && !Array.isArray(args) ? { ...args } : null,
    context: context ?? null,
    riskScore: risk !== null && risk >= 0 && risk <= 1 ? risk : null,
    verdict: verdictOfType(type),
    details: { lifecycle_id: correlated.lifecycleId, ...(intent ? { intent } : {}) },
  }
}

function actionOf({ action }: IngestEvent): string | null {
  return textOf(action, 'action') ?? textOf(action, 'tool')
}

/** What a runtime decided, as far as the kind of its event says. */
function verdictOfType(type: IngestEventType): ToldDecision['verdict'] {
  if (type === 'ACTION_BLOCKED' || type === 'HUMAN_REJECTION') return 'BLOCKED'
  return type === 'ACTION_PROPOSED' ? null : 'ALLOWED'
}

/** A record that is about to be written, to be read by what reads records. */
function asRecord(record: UnchainedRecord): LogRecord {
  return { ...record, seq: NEXT, payloadDigest: '', hash: '', effectKey: record.effectKey ?? null }
}
