import type { MemoryContext } from '@bighub/core/protocol'
import type { Kysely } from 'kysely'
import type { Tables } from '../storage/tables.ts'
import { countMemory, givenFilters, type MemoryWindow, rateOf, whereMemory } from './memory-window.ts'

/** Entries of the two rankings. */
const TOP = 10

/** What happened in a window: counts, rates, rankings and the newest events. */
export async function memoryContext(
  database: Kysely<Tables>,
  organisation: number,
  window: MemoryWindow & { readonly limitRecent: number },
): Promise<MemoryContext> {
  const counts = await countMemory(database, organisation, window)
  const events = whereMemory(database, organisation, window)
  const ranked = async (column: 'tool' | 'blocked_by'): Promise<{ name: string; count: number }[]> => {
    const rows = await events
      .where(column, 'is not', null)
      .select(`${column} as name`)
      .select(({ fn }) => fn.countAll<number | string>().as('n'))
      .groupBy(column)
      .orderBy('n', 'desc')
      .orderBy(column)
      .limit(TOP)
      .execute()
    return rows.map((row) => ({ name: row.name ?? '', count: Number(row.n) }))
  }
  const recent = await events
    .select(['body', 'source', 'actor', 'domain', 'at'])
    .orderBy('at', 'desc')
    .orderBy('seq', 'desc')
    .limit(window.limitRecent)
    .execute()
  return {
    org_id: organisation,
    window_hours: window.windowHours,
    filters: givenFilters(window),
    total_events: counts.total,
    blocked_rate: rateOf(counts.blocked, counts.total),
    approval_rate: rateOf(counts.approvals, counts.total),
    tool_error_rate: rateOf(counts.errors, counts.total),
    avg_risk_score: counts.averageRisk,
    top_tools: (await ranked('tool')).map(({ name, count }) => ({ tool: name, count })),
    top_block_reasons: (await ranked('blocked_by')).map(({ name, count }) => ({ blocked_by: name, count })),
    // What the event says of itself goes over what is known of it.
    recent_events: recent.map(({ body, source, actor, domain, at }) =>
      Object.assign({ source, actor, domain, timestamp: new Date(at).toISOString() }, JSON.parse(body) as object),
    ),
  }
}
