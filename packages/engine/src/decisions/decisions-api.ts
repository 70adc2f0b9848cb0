import {
  type Decision,
  type DecisionApi,
  type DecisionSummary,
  InvalidInputError,
  NotFoundError,
  type OutcomeReport,
} from '@bighub/core/protocol'
import type { Kysely } from 'kysely'
import { readEffect } from '../effects/read-effect.ts'
import type { EngineCore } from '../engine-core.ts'
import { decisionRow } from '../projections/decision-row.ts'
import { createResource } from '../resource.ts'
import type { DecisionRow, Tables } from '../storage/tables.ts'
import { type DecisionFilter, whereDecisions } from './decision-filter.ts'
import { decisionIdFrom, validationIdOf } from './decision-ids.ts'
import { isAnsweredByIndex, SEARCH_SPAN } from './search-span.ts'

/** Entries of a page unless the query says otherwise. */
const PAGE = 50

/** Decisions: searched, and one with its whole story (protocol §12). */
export function createDecisionsApi(core: EngineCore): DecisionApi['decisions'] {
  return createResource('decisions', {
    async list(query) {
      const database = await core.projected()
      const limit = query.limit ?? PAGE
      const { organisation } = core.storage
      const filter: DecisionFilter = {
        action: query.action,
        actor: query.actor,
        domain: query.domain,
        recommendation: query.recommendation,
        result: query.result,
        trajectoryId: query.trajectory_id,
        minRisk: query.min_risk_score,
        text: query.q,
        since: query.since === undefined ? undefined : Date.parse(query.since),
        until: query.until === undefined ? undefined : Date.parse(query.until),
        ...outcomeFilter(query.outcome_category),
      }
      const cursor = query.cursor === undefined ? null : readCursor(query.cursor)
      let found = whereDecisions(database.selectFrom('decisions'), organisation, filter)
      if (cursor !== null) found = found.where('seq', '<', cursor)
      let from = 0
      if (!isAnsweredByIndex(query)) {
        from = Math.max(0, (cursor ?? (await nextSeq(database, organisation))) - SEARCH_SPAN)
        // Only here: with two bounds a store would rather read a part of the log than an index of the filter.
        found = found.where('seq', '>=', from)
      }
      const rows = await found
        .selectAll()
        .orderBy('seq', 'desc')
        .limit(limit + 1)
        .execute()
      const page = rows.slice(0, limit)
      const last = rows.length > limit ? page.at(-1)?.seq : from
      return { decisions: page.map(toSummary), next_cursor: last ? String(last) : null, limit }
    },

    async get(id) {
      await core.state()
      const requestId = decisionIdFrom(id)
      const records = await core.storage.readSubject(requestId)
      const row = decisionRow(core.storage.organisation, records)
      if (!row) throw new NotFoundError('decision', id)
      const evaluation = records.find((record) => record.seq === row.seq)
      const decision: Decision = {
        ...toSummary(row),
        request: asRecord(evaluation?.payload?.['request']),
        response: asRecord(evaluation?.payload?.['response']),
        approval: (await core.storage.readApproval(requestId)) ?? null,
        effect: readEffect(records),
        outcomes: records.flatMap((record) =>
          record.type === 'outcome' && record.payload ? [record.payload['report'] as OutcomeReport] : [],
        ),
        records: records.map(({ seq, type, at, hash, payload }) => ({
          seq,
          type,
          at: new Date(at).toISOString(),
          hash,
          is_erased: payload === null,
        })),
      }
      return decision
    },
  })
}

/** One more than the number of the newest decision. */
async function nextSeq(database: Kysely<Tables>, organisation: number): Promise<number> {
  const newest = await database
    .selectFrom('decisions')
    .select('seq')
    .where('organisation', '=', organisation)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst()
  return (newest?.seq ?? 0) + 1
}

function outcomeFilter(category: string | undefined): DecisionFilter {
  if (category === undefined) return {}
  return category === 'none' ? { hasOutcome: false } : { outcomeCategory: category }
}

function readCursor(text: string): number {
  const cursor = Number(text)
  if (!Number.isSafeInteger(cursor) || cursor < 0)
    throw new InvalidInputError('cursor', 'is not one that a page gave; leave it out to start from the newest')
  return cursor
}

/** A decision's row in the form of an answer. */
export function toSummary(row: DecisionRow): DecisionSummary {
  return {
    request_id: row.request_id,
    case_id: row.case_id,
    validation_id: validationIdOf(row.request_id),
    action: row.action,
    tool: row.tool,
    actor: row.actor ?? '',
    target: row.target,
    value: row.value,
    domain: row.domain,
    trajectory_id: row.trajectory_id,
    recommendation: row.recommendation,
    result: row.result,
    blocked_by: row.blocked_by,
    risk_score: row.risk,
    approval_status: row.approval_status,
    effect_state: row.effect_state,
    outcome_status: row.outcome_status,
    outcome_category: row.outcome_category,
    created_at: new Date(row.at).toISOString(),
  }
}

function asRecord(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null ? { ...value } : null
}
