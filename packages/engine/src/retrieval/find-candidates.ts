import type { EngineCore } from '../engine-core.ts'
import type { DecisionRow } from '../storage/tables.ts'
import { type Candidate, type Situation, toCandidate } from './score-case.ts'

/** Most candidates by each thing that a case may have in common with the situation: the newest. */
const MOST = { action: 300, domain: 200, tool: 100, target: 100, trajectory: 100, any: 300 } as const

/**
 * Cases that may be like a situation: the newest that share its action, domain, tool, target or run, and those of its action
 * with an outcome that the index in memory holds. Bounded, however many cases there are.
 */
export async function findCandidates(core: EngineCore, situation: Situation): Promise<Candidate[]> {
  const database = await core.projected()
  const { organisation } = core.storage
  const newest = (column: 'action' | 'domain' | 'tool' | 'target' | 'trajectory_id', value: string, limit: number) =>
    database
      .selectFrom('decisions')
      .selectAll()
      .where('organisation', '=', organisation)
      .where(column, '=', value)
      .orderBy('seq', 'desc')
      .limit(limit)
      .execute()
  const { action, domain, tool, target, trajectoryId } = situation
  const searches: Promise<DecisionRow[]>[] = []
  if (action !== null) {
    searches.push(newest('action', action, MOST.action))
    const known = (await core.state()).precedents.requestIds(action)
    if (known.length > 0)
      searches.push(
        database
          .selectFrom('decisions')
          .selectAll()
          .where('organisation', '=', organisation)
          .where('request_id', 'in', known)
          .execute(),
      )
  }
  if (domain !== null) searches.push(newest('domain', domain, MOST.domain))
  if (tool !== null) searches.push(newest('tool', tool, MOST.tool))
  if (target !== null) searches.push(newest('target', target, MOST.target))
  if (trajectoryId !== null) searches.push(newest('trajectory_id', trajectoryId, MOST.trajectory))
  if (searches.length === 0)
    searches.push(
      database
        .selectFrom('decisions')
        .selectAll()
        .where('organisation', '=', organisation)
        .orderBy('seq', 'desc')
        .limit(MOST.any)
        .execute(),
    )
  const found = new Map<string, DecisionRow>()
  for (const rows of await Promise.all(searches)) for (const row of rows) found.set(row.request_id, row)
  return [...found.values()].map(toCandidate)
}
