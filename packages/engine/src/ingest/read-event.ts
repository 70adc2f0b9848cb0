import {
  CORRELATION_KEYS,
  type CorrelationKey,
  canonicalJson,
  type IngestEventType,
  InvalidInputError,
  type ingestEventSchema,
  type OutcomeReportRequest,
} from '@bighub/core/protocol'
import type * as z from 'zod'
import { decisionIdFrom } from '../decisions/decision-ids.ts'
import { MAX_REQUEST_LENGTH } from '../evaluate/normalise-request.ts'
import { type ParsedOutcome, parseOutcome } from '../outcomes/outcome-record.ts'
import { sha256 } from '../storage/chain.ts'
import { normaliseStatus, parseAdapter, statusOfType } from './normalisers.ts'

export type ParsedEvent = z.output<typeof ingestEventSchema>

/** What an event says, in our words. */
export interface ReadEvent {
  readonly eventId: string
  readonly type: IngestEventType
  /** As it is recorded: with its id and its adapter, and its outcome's status as the taxonomy has it. */
  readonly recorded: Readonly<Record<string, unknown>>
  readonly keys: Readonly<Partial<Record<CorrelationKey, string>>>
  readonly domain: string | null
  /** When it says that it happened, in ms since the epoch; null if it does not say. */
  readonly toldAt: number | null
  /** What it says became of the action; its ids stand for nothing yet. */
  readonly outcome: ParsedOutcome | null
}

/** Decisions are found by what their three ids share. */
const DECISION_KEYS: ReadonlySet<CorrelationKey> = new Set(['request_id', 'case_id', 'validation_id'])

/** Fields of an outcome that a report has too; all others are its details. */
const REPORT_FIELDS = [
  'description',
  'details',
  'actual_impact',
  'correction_needed',
  'correction_description',
  'correction_cost',
  'time_to_detect_s',
  'time_to_resolve_s',
  'rollback_performed',
  'revenue_impact',
  'customer_impact_count',
  'support_tickets_created',
  'observed_at',
  'reported_by',
  'tags',
] as const satisfies readonly (keyof OutcomeReportRequest)[]

/**
 * Reads an event of another runtime. One without an id that names its time has the digest of its words as its id, so that it is
 * taken once too.
 *
 * @throws InvalidInputError naming the field, if its adapter, its outcome or its length is not as it should be.
 */
export function readEvent(parsed: ParsedEvent, newEventId: () => string): ReadEvent {
  const adapter = parseAdapter(parsed.adapter)
  const domain = parsed.domain || textOf(parsed.action, 'domain')
  const toldAt = parsed.timestamp ? Date.parse(parsed.timestamp) : null
  const canonical = canonicalJson(parsed)
  if (canonical.length > MAX_REQUEST_LENGTH)
    throw new InvalidInputError(
      '',
      `an event of ${canonical.length} characters; at most ${MAX_REQUEST_LENGTH} are recorded`,
    )
  const eventId = parsed.event_id || (toldAt === null ? newEventId() : `evt_${sha256(canonical).slice(0, 25)}`)
  const outcome = outcomeOf(parsed, domain)
  return {
    eventId,
    type: parsed.event_type,
    recorded: {
      ...parsed,
      event_id: eventId,
      adapter,
      ...(domain === null ? {} : { domain }),
      ...(outcome ? { outcome: { ...parsed.outcome, status: outcome.status } } : {}),
    },
    keys: Object.fromEntries(
      CORRELATION_KEYS.flatMap((name) => {
        const value = parsed[name]
        return value ? [[name, value]] : []
      }),
    ),
    domain,
    toldAt,
    outcome,
  }
}

/** The id of the decision that a key names; null for keys that name something else. */
export function decisionIdOfKey(name: CorrelationKey, value: string): string | null {
  return DECISION_KEYS.has(name) ? decisionIdFrom(value) : null
}

function outcomeOf(event: ParsedEvent, domain: string | null): ParsedOutcome | null {
  const told: Readonly<Record<string, unknown>> = event.outcome ?? {}
  const explicit = told['status']
  if (explicit != null && explicit !== '' && typeof explicit !== 'string')
    throw new InvalidInputError('outcome.status', 'needs to be text')
  const status = explicit ? normaliseStatus(explicit, domain) : statusOfType(event.event_type)
  if (status === null) return null
  const { status: _, ...rest } = told
  const fields = Object.fromEntries(REPORT_FIELDS.flatMap((name) => (rest[name] == null ? [] : [[name, rest[name]]])))
  const details = Object.entries(rest).filter(([name]) => !REPORT_FIELDS.some((field) => field === name))
  try {
    return parseOutcome({
      // Which decision it is is found by the event's keys.
      request_id: 'act_',
      ...(event.timestamp ? { observed_at: event.timestamp } : {}),
      ...(details.length > 0 ? { details: Object.fromEntries(details) } : {}),
      ...fields,
      status,
    })
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw new InvalidInputError(`outcome.${error.field}`, error.message, { cause: error })
  }
}

/** Text under a name of an event's part; null if there is none. */
export function textOf(part: Readonly<Record<string, unknown>> | null | undefined, name: string): string | null {
  const value = part?.[name]
  return typeof value === 'string' && value !== '' ? value : null
}

/** A finite number under a name of an event's part; null if there is none. */
export function numberOf(part: Readonly<Record<string, unknown>> | null | undefined, name: string): number | null {
  const value = part?.[name]
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}
