import {
  type Case,
  type CasePrecedentsRequest,
  type DecisionApi,
  type ListCasesQuery,
  NotFoundError,
} from '@bighub/core/protocol'
import { calibrationReport } from '../calibration/calibration-report.ts'
import { type DecisionFilter, whereDecisions } from '../decisions/decision-filter.ts'
import { decisionIdFrom } from '../decisions/decision-ids.ts'
import type { EngineCore } from '../engine-core.ts'
import type { EngineState } from '../engine-state.ts'
import { judge } from '../evaluate/evaluate.ts'
import { reportOutcome } from '../outcomes/report-outcome.ts'
import { axesOf } from '../precedents/axes-of.ts'
import { queryPrecedents } from '../precedents/query-precedents.ts'
import { createResource } from '../resource.ts'
import { NO_SITUATION, type Situation } from '../retrieval/situation.ts'
import { createCase } from './create-case.ts'
import { requestOf } from './plan-case.ts'
import { toCase } from './to-case.ts'

/** Entries of a page unless the query says otherwise. */
const PAGE = 50

/** Decisions with what was told of them and what became of them (protocol §7.3). */
export function createCasesApi(core: EngineCore): DecisionApi['cases'] {
  const org = { id: core.organisation, number: core.storage.organisation }

  async function read(caseId: string): Promise<Case> {
    await core.state()
    const found = toCase(org, await core.storage.readSubject(decisionIdFrom(caseId)))
    if (!found) throw new NotFoundError('case', caseId)
    return found
  }

  return createResource('cases', {
    create: async (body) => read(await createCase(core, body)),
    get: read,

    async list(query) {
      const database = await core.projected()
      const { limit = PAGE, offset = 0 } = query
      const matching = whereDecisions(database.selectFrom('decisions'), org.number, toFilter(query))
      const found = query.verdict ? matching.where('verdict', '=', query.verdict.toUpperCase()) : matching
      const ids = await found.select('request_id').orderBy('seq', 'desc').limit(limit).offset(offset).execute()
      const { n } = await found.select(({ fn }) => fn.countAll().as('n')).executeTakeFirstOrThrow()
      // A case's words are in its records, which a page reads one by one.
      const cases: Case[] = []
      for (const { request_id } of ids) cases.push(await read(request_id))
      return { cases, total: Number(n), limit, offset }
    },

    async reportOutcome(caseId, body) {
      const requestId = decisionIdFrom(caseId)
      await read(caseId)
      return reportOutcome(core, { ...body, request_id: requestId }, 'case')
    },

    async precedents(body) {
      const situation = toSituation(body, await core.state(), core.now())
      return queryPrecedents(core, situation, { minSimilarity: body.min_similarity, maxResults: body.limit })
    },

    calibration: (query) => calibrationReport(core, { domain: query.domain || undefined }),
  })
}

function toFilter(query: ListCasesQuery): DecisionFilter {
  return {
    domain: query.domain || undefined,
    tool: query.tool || undefined,
    action: query.action || undefined,
    outcomeStatus: query.outcome_status ? query.outcome_status.trim().toUpperCase() : undefined,
    hasOutcome: query.has_outcome,
    minRisk: query.min_risk_score,
    maxRisk: query.max_risk_score,
  }
}

/** Clients write the actor's type into `action.action_type` (protocol §11, 11). */
function toSituation(body: CasePrecedentsRequest, state: EngineState, now: number): Situation {
  const { action, context } = body
  const { irreversibility } = context ?? {}
  const axes = {
    ...(irreversibility === undefined || irreversibility === null ? {} : { reversibility: 1 - irreversibility }),
    ...axesOf(context),
  }
  const {
    axes: _axes,
    axes_risk_score: _score,
    intent: _intent,
    irreversibility: _irreversibility,
    ...own
  } = context ?? {}
  const told = { ...action, domain: body.domain || null, context: own, actor: action.action_type }
  const hasFields = Object.keys(action.arguments ?? {}).length > 0 || Object.keys(own).length > 0
  return {
    ...NO_SITUATION,
    action: action.action || null,
    tool: action.tool || null,
    domain: body.domain || null,
    actor: action.action_type || null,
    target: action.target || null,
    value: action.value ?? null,
    riskScore: context?.axes_risk_score ?? null,
    axes: Object.keys(axes).length === 0 ? null : axes,
    fields: hasFields ? judge(requestOf(told), state, now).kept.precedent.fields : null,
    intent: context?.intent || null,
  }
}
