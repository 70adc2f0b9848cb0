import { scanDecisions } from '../decisions/scan-decisions.ts'
import type { EngineCore } from '../engine-core.ts'

/** Rows of observations that are read at once. */
const CHUNK = 2000

export interface PredictionFilter {
  readonly domain?: string | undefined
  readonly tool?: string | undefined
  /** When the outcome was reported, in milliseconds since the epoch; both ends included. */
  readonly since?: number | undefined
  readonly until?: number | undefined
}

/** A prediction as it was made, and what came of it. */
export interface LabelledPrediction {
  readonly risk: number
  readonly label: 0 | 1
  readonly domain: string | null
  readonly tool: string | null
  readonly action: string | null
  readonly actor: string | null
  /** When the outcome was reported. */
  readonly at: number
}

/** All predictions whose outcome says good or bad: those of decisions, then those of elsewhere that were observed. */
export async function* scanPredictions(
  core: EngineCore,
  filter: PredictionFilter = {},
): AsyncGenerator<LabelledPrediction, void, void> {
  const database = await core.projected()
  const { organisation } = core.storage
  const { domain, tool, since, until } = filter
  const columns = ['risk', 'outcome_category', 'outcome_at', 'domain', 'tool', 'action', 'actor'] as const
  const decisions = { domain, tool, outcomeSince: since, outcomeUntil: until, isLabelled: true }
  for await (const row of scanDecisions(database, organisation, decisions, columns))
    yield {
      risk: row.risk,
      label: row.outcome_category === 'negative' ? 1 : 0,
      domain: row.domain,
      tool: row.tool,
      action: row.action,
      actor: row.actor,
      at: row.outcome_at ?? 0,
    }
  for (let after = 0; ; ) {
    let found = database
      .selectFrom('observations')
      .selectAll()
      .where('organisation', '=', organisation)
      .where('seq', '>', after)
    if (domain !== undefined) found = found.where('domain', '=', domain)
    if (tool !== undefined) found = found.where('tool', '=', tool)
    if (since !== undefined) found = found.where('at', '>=', since)
    if (until !== undefined) found = found.where('at', '<=', until)
    const rows = await found.orderBy('seq').limit(CHUNK).execute()
    for (const { label, ...row } of rows) if (label !== null) yield { ...row, label }
    const last = rows.at(-1)
    if (!last || rows.length < CHUNK) return
    after = last.seq
    await new Promise((resolve) => setImmediate(resolve))
  }
}
