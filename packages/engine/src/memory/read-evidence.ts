import { canonicalJson } from '@bighub/core/protocol'
import type { Kysely } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { type MemoryWindow, whereMemory, windowStart } from './memory-window.ts'

/** Newest events, and newest decisions, that suggestions are made from. */
export const MOST_ANALYSED = 10_000

/** One event, as far as suggestions look at it. */
export interface MemoryFact {
  readonly event_id: string
  readonly at: number
  readonly tool: string | null
  readonly domain: string | null
  readonly actor: string | null
  readonly status: string | null
  readonly blocked_by: string | null
  readonly value: number | null
  /** Canonical text of its arguments; equal for the same call. Null without arguments. */
  readonly call: string | null
}

/** One decision of the window with what became of it. */
export interface DecisionFact {
  readonly request_id: string
  readonly domain: string | null
  readonly value: number
  readonly blocked_by: string | null
  readonly approval_status: string | null
  readonly outcome_status: string | null
  readonly outcome_category: string | null
}

/** The newest events of a window, oldest first. */
export async function readMemoryFacts(
  database: Kysely<Tables>,
  organisation: number,
  window: MemoryWindow,
): Promise<MemoryFact[]> {
  const rows = await whereMemory(database, organisation, window)
    .select(['event_id', 'at', 'tool', 'domain', 'actor', 'status', 'blocked_by', 'body'])
    .orderBy('at', 'desc')
    .orderBy('seq', 'desc')
    .limit(MOST_ANALYSED)
    .execute()
  return rows.toReversed().map(({ body, ...row }) => {
    const event = JSON.parse(body) as Record<string, unknown>
    const args = event['arguments']
    return Object.assign(row, {
      value: valueOf(event),
      call: typeof args === 'object' && args !== null ? canonicalJson(args) : null,
    })
  })
}

/** The newest decisions of a window that have a value, oldest first. */
export async function readDecisionFacts(
  database: Kysely<Tables>,
  organisation: number,
  window: MemoryWindow,
): Promise<DecisionFact[]> {
  let query = database
    .selectFrom('decisions')
    .where('organisation', '=', organisation)
    .where('at', '>=', windowStart(window))
    .where('value', 'is not', null)
  for (const name of ['tool', 'domain', 'actor'] as const) {
    const wanted = window[name]
    if (wanted !== undefined) query = query.where(name, '=', wanted)
  }
  const rows = await query
    .select(['request_id', 'domain', 'value', 'blocked_by', 'approval_status', 'outcome_status', 'outcome_category'])
    .orderBy('seq', 'desc')
    .limit(MOST_ANALYSED)
    .execute()
  return rows.toReversed().flatMap(({ value, ...row }) => (value === null ? [] : [Object.assign(row, { value })]))
}

/** The value that was at stake, where the event names it as an evaluation would. */
function valueOf(event: Readonly<Record<string, unknown>>): number | null {
  for (const part of [event, event['decision'], event['arguments']]) {
    const value = typeof part === 'object' && part !== null ? (part as Record<string, unknown>)['value'] : undefined
    if (typeof value === 'number' && Number.isFinite(value)) return value
  }
  return null
}
