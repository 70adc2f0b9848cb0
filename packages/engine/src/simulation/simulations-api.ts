import {
  type DecisionApi,
  NotFoundError,
  type OutcomeReport,
  type SimulationSnapshot,
  type SimulationSummary,
} from '@bighub/core/protocol'
import { whereDecisions } from '../decisions/decision-filter.ts'
import { decisionIdFrom, snapshotIdOf } from '../decisions/decision-ids.ts'
import { scanDecisions } from '../decisions/scan-decisions.ts'
import type { EngineCore } from '../engine-core.ts'
import { decisionRow } from '../projections/decision-row.ts'
import { createResource } from '../resource.ts'
import type { DecisionRow } from '../storage/tables.ts'

/** Entries of a page unless the query says otherwise. */
const PAGE = 50

/** The losses drawn at evaluations, and what came (protocol §7.8). A decision of elsewhere has none: nothing was drawn for it. */
export function createSimulationsApi(core: EngineCore): DecisionApi['simulations'] {
  const { organisation } = core.storage

  async function read(id: string): Promise<DrawnRow> {
    await core.state()
    const row = decisionRow(organisation, await core.storage.readSubject(decisionIdFrom(id)))
    if (!row || !isDrawn(row)) throw new NotFoundError('simulation', id)
    return row
  }

  return createResource('simulations', {
    async list(query) {
      const database = await core.projected()
      const limit = query.limit ?? PAGE
      const filter = { ...named(query), hasOutcome: query.with_outcome }
      const found = whereDecisions(database.selectFrom('decisions'), organisation, filter).where(
        'simulation',
        'is not',
        null,
      )
      const rows = await found.selectAll().orderBy('seq', 'desc').limit(limit).execute()
      const { n } = await found.select(({ fn }) => fn.countAll().as('n')).executeTakeFirstOrThrow()
      return { snapshots: rows.filter(isDrawn).map(toSnapshot), total: Number(n), limit }
    },

    get: async (id) => toSnapshot(await read(id)),
    byRequest: async (id) => toSnapshot(await read(id)),

    async compare(id) {
      const row = await read(id)
      const label = labelOf(row)
      return {
        request_id: row.request_id,
        snapshot_id: snapshotIdOf(row.request_id),
        predicted_risk: row.risk,
        actual_outcome: row.outcome_status,
        calibration_error: label === null ? null : row.risk - label,
        category: row.outcome_category,
        severity: row.outcome_severity,
        prediction_correct: label === null ? null : isCorrect(row.risk, label),
      }
    },

    async accuracy(query) {
      const { domain, tool } = named(query)
      const sums = { total: 0, withOutcome: 0, labelled: 0, absolute: 0, squared: 0, correct: 0 }
      const columns = ['risk', 'simulation', 'outcome_status', 'outcome_category'] as const
      for await (const row of scanDecisions(await core.projected(), organisation, { domain, tool }, columns)) {
        if (row.simulation === null) continue
        sums.total++
        if (row.outcome_status !== null) sums.withOutcome++
        const label = labelOf(row)
        if (label === null) continue
        sums.labelled++
        sums.absolute += Math.abs(row.risk - label)
        sums.squared += (row.risk - label) ** 2
        sums.correct += Number(isCorrect(row.risk, label))
      }
      const mean = (sum: number): number | null => (sums.labelled === 0 ? null : sum / sums.labelled)
      return {
        domain: domain ?? null,
        tool: tool ?? null,
        total: sums.total,
        with_outcome: sums.withOutcome,
        mean_absolute_error: mean(sums.absolute),
        brier_score: mean(sums.squared),
        prediction_correct_rate: mean(sums.correct),
      }
    },

    async stats() {
      const byDomain = new Map<string, number>()
      const sums = { total: 0, withOutcome: 0, risk: 0, scenarios: 0 }
      const columns = ['risk', 'simulation', 'outcome_status', 'domain'] as const
      for await (const row of scanDecisions(await core.projected(), organisation, {}, columns)) {
        if (row.simulation === null) continue
        sums.total++
        sums.risk += row.risk
        sums.scenarios += parse(row.simulation).scenarios_run ?? 0
        if (row.outcome_status !== null) sums.withOutcome++
        // Decisions without a domain stand under empty text.
        byDomain.set(row.domain ?? '', (byDomain.get(row.domain ?? '') ?? 0) + 1)
      }
      return {
        total_snapshots: sums.total,
        with_outcome: sums.withOutcome,
        avg_predicted_risk: sums.total === 0 ? null : Math.min(1, sums.risk / sums.total),
        avg_scenarios_run: sums.total === 0 ? null : sums.scenarios / sums.total,
        by_domain: Object.fromEntries(byDomain),
      }
    },
  })
}

type DrawnRow = DecisionRow & { readonly simulation: string }

function isDrawn(row: DecisionRow): row is DrawnRow {
  return row.simulation !== null
}

function toSnapshot(row: DrawnRow): SimulationSnapshot {
  const drawn = parse(row.simulation)
  return {
    // Whatever else was drawn, such as the quantiles of the loss.
    ...drawn,
    snapshot_id: snapshotIdOf(row.request_id),
    request_id: row.request_id,
    case_id: row.case_id,
    domain: row.domain,
    tool: row.tool,
    action: row.action,
    created_at: new Date(row.at).toISOString(),
    predicted_risk: row.risk,
    available: drawn.available ?? true,
    scenarios_run: drawn.scenarios_run ?? 0,
    failure_rate: drawn.failure_rate ?? null,
    fragility_score: drawn.fragility_score ?? null,
    confidence: drawn.confidence ?? null,
    tail_risk_level: drawn.tail_risk_level ?? null,
    impact_summary: drawn.impact_summary ?? null,
    outcome: outcomeOf(row),
  }
}

function outcomeOf(row: DecisionRow): SimulationSnapshot['outcome'] {
  const { outcome_status: status, outcome_category: category, outcome_severity: severity, outcome_at: at } = row
  if (status === null || category === null || at === null) return null
  const report = row.outcome === null ? null : (JSON.parse(row.outcome) as OutcomeReport)
  const reportedAt = report?.reported_at ?? new Date(at).toISOString()
  return { status, category, severity: severity ?? 0, reported_at: reportedAt }
}

/** Written by this program. */
function parse(simulation: string): Partial<SimulationSummary> {
  return JSON.parse(simulation) as Partial<SimulationSummary>
}

/** 1 negative, 0 positive, null: not known, or neutral. */
function labelOf({ outcome_category }: Pick<DecisionRow, 'outcome_category'>): 0 | 1 | null {
  if (outcome_category === 'negative') return 1
  return outcome_category === 'positive' ? 0 : null
}

/** At odds of one half a prediction says `bad`. */
function isCorrect(risk: number, label: 0 | 1): boolean {
  return risk >= 0.5 === (label === 1)
}

/** Empty text names nothing. */
function named({ domain, tool }: { readonly domain?: string | undefined; readonly tool?: string | undefined }) {
  return { domain: domain || undefined, tool: tool || undefined }
}
