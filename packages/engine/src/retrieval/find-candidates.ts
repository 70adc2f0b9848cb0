import type { EngineCore } from '../engine-core.ts'
import type { Weights } from '../precedents/strategies.ts'
import type { DecisionRow } from '../storage/tables.ts'
import { scaleOf } from './scale-of.ts'
import { type Situation, toQuery } from './situation.ts'

/** Most cases with an outcome that each strategy's search finds, among all that the index in memory holds. */
const MOST_FOUND = 200
/** Most of the other candidates by each thing that a case may have in common with the situation: the newest. */
const MOST = { action: 300, domain: 200, tool: 100, target: 100, trajectory: 100, any: 300 } as const

/**
 * Cases that may be like a situation: those with an outcome that the index finds by each of the weightings, and, for cases whose
 * outcome is open or neutral, the newest that share its action, domain, tool, target or run. Bounded, however many cases there are.
 */
export async function findCandidates(
  core: EngineCore,
  situation: Situation,
  weightings: readonly Weights[],
): Promise<DecisionRow[]> {
  const database = await core.projected()
  const { organisation } = core.storage
  const rows = () => database.selectFrom('decisions').selectAll().where('organisation', '=', organisation)
  const newest = (column: 'action' | 'domain' | 'tool' | 'target' | 'trajectory_id', value: string, limit: number) =>
    rows().where(column, '=', value).orderBy('seq', 'desc').limit(limit).execute()
  const { action, domain, tool, target, trajectoryId } = situation
  const searches: Promise<DecisionRow[]>[] = []
  const known = await searchIndex(core, situation, weightings)
  if (known.length > 0) searches.push(rows().where('request_id', 'in', known).execute())
  if (action !== null) searches.push(newest('action', action, MOST.action))
  if (domain !== null) searches.push(newest('domain', domain, MOST.domain))
  if (tool !== null) searches.push(newest('tool', tool, MOST.tool))
  if (target !== null) searches.push(newest('target', target, MOST.target))
  if (trajectoryId !== null) searches.push(newest('trajectory_id', trajectoryId, MOST.trajectory))
  if (action === null && domain === null && tool === null && target === null && trajectoryId === null)
    searches.push(rows().orderBy('seq', 'desc').limit(MOST.any).execute())
  const found = new Map<string, DecisionRow>()
  for (const each of await Promise.all(searches)) for (const row of each) found.set(row.request_id, row)
  return [...found.values()]
}

async function searchIndex(
  core: EngineCore,
  situation: Situation,
  weightings: readonly Weights[],
): Promise<readonly string[]> {
  const state = await core.state()
  const scale = scaleOf(state, situation.action, core.now())
  const query = toQuery(situation)
  const found = weightings.flatMap((weights) => state.precedents.search(query, { weights, scale, limit: MOST_FOUND }))
  return [...new Set(found.map(({ requestId }) => requestId))]
}
