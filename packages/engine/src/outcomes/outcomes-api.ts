import {
  BighubError,
  type DecisionApi,
  NotFoundError,
  OUTCOME_TAXONOMY,
  type OutcomeReport,
  type OutcomeReportRequest,
  TAXONOMY_VERSION,
} from '@bighub/core/protocol'
import { decisionIdFrom, validationIdOf } from '../decisions/decision-ids.ts'
import type { EngineCore } from '../engine-core.ts'
import { createResource } from '../resource.ts'
import { outcomeAnalytics, toFilter } from './outcome-analytics.ts'
import { partnerView } from './partner-view.ts'
import { recommendationQuality } from './recommendation-quality.ts'
import { reportOutcome } from './report-outcome.ts'
import { timelineOf } from './timeline.ts'

const HOUR_MS = 3_600_000
/** Entries of a page unless the query says otherwise. */
const PAGE = 50

/** What became of decisions (protocol §7.2). */
export function createOutcomesApi(core: EngineCore): DecisionApi['outcomes'] {
  const { organisation } = core.storage

  /** The newest outcome of a decision, from its own records. */
  async function newest(id: string): Promise<OutcomeReport> {
    await core.state()
    const records = await core.storage.readSubject(decisionIdFrom(id))
    const report = records.findLast((record) => record.type === 'outcome')?.payload?.['report']
    if (!report) throw new NotFoundError('outcome', id)
    return report as OutcomeReport
  }

  return createResource('outcomes', {
    report: (body) => reportOutcome(core, body),

    async reportBatch({ outcomes }) {
      const results = []
      for (const [index, item] of outcomes.entries())
        try {
          // Read and refused like a single report.
          const outcome = await reportOutcome(core, item as OutcomeReportRequest, 'batch')
          results.push({ index, ok: true, outcome })
        } catch (error) {
          if (!BighubError.isInstance(error) || error.isRetryable) throw error
          results.push({ index, ok: false, error: { code: error.code, message: error.message } })
        }
      const accepted = results.filter((result) => result.ok).length
      return { accepted, failed: results.length - accepted, results }
    },

    get: newest,
    getByValidation: newest,
    getByCase: newest,

    async timeline(id) {
      await core.state()
      const requestId = decisionIdFrom(id)
      return timelineOf(requestId, await core.storage.readSubject(requestId))
    },

    async pending(query) {
      const database = await core.projected()
      const limit = query.limit ?? PAGE
      const now = core.now()
      const open = database
        .selectFrom('decisions')
        .where('organisation', '=', organisation)
        .where('outcome_status', 'is', null)
        // What never ran has no outcome; what was approved may have run.
        .where(({ or, eb }) =>
          or([eb('result', '=', 'allowed'), eb('shadow', '=', 1), eb('approval_status', '=', 'approved')]),
        )
        .where('at', '<=', now - (query.min_age_hours ?? 0) * HOUR_MS)
      const rows = await open.selectAll().orderBy('seq').limit(limit).execute()
      const { n } = await open.select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow()
      return {
        pending: rows.map((row) => ({
          request_id: row.request_id,
          case_id: row.case_id,
          validation_id: validationIdOf(row.request_id),
          domain: row.domain,
          action: row.action,
          tool: row.tool,
          actor: row.actor ?? '',
          recommendation: row.recommendation,
          risk_score: row.risk,
          decision_at: new Date(row.at).toISOString(),
          age_hours: Math.max(0, now - row.at) / HOUR_MS,
        })),
        total: n,
        limit,
      }
    },

    analytics: async (query) => outcomeAnalytics(await core.projected(), organisation, query),

    taxonomy: async () => ({
      version: TAXONOMY_VERSION,
      statuses: OUTCOME_TAXONOMY.map(({ aliases, ...definition }) => ({ ...definition, aliases: [...aliases] })),
      categories: ['positive', 'neutral', 'negative'],
    }),

    recommendationQuality: async (query) =>
      recommendationQuality(await core.projected(), organisation, toFilter(query)),

    partnerView: async (domain) => partnerView(await core.projected(), organisation, domain),
  })
}
