import type { Kysely, SelectQueryBuilder } from 'kysely'
import type { Tables } from '../storage/tables.ts'

const HOUR_MS = 3_600_000

/** Which events are meant. */
export interface MemoryWindow {
  readonly windowHours: number
  readonly now: number
  readonly tool?: string | undefined
  readonly domain?: string | undefined
  readonly actor?: string | undefined
  readonly source?: string | undefined
}

/** The events of a window, with its filters. */
export function whereMemory(
  database: Kysely<Tables>,
  organisation: number,
  window: MemoryWindow,
): SelectQueryBuilder<Tables, 'memory_events', object> {
  let query = database
    .selectFrom('memory_events')
    .where('organisation', '=', organisation)
    .where('at', '>=', windowStart(window))
  for (const name of ['tool', 'domain', 'actor', 'source'] as const) {
    const wanted = window[name]
    if (wanted !== undefined) query = query.where(name, '=', wanted)
  }
  return query
}

/** When a window begins, in ms since the epoch. */
export function windowStart({ now, windowHours }: MemoryWindow): number {
  return now - windowHours * HOUR_MS
}

/** The filters that were given, as they are answered. */
export function givenFilters(window: MemoryWindow): Record<string, string> {
  const { tool, domain, actor, source } = window
  return Object.fromEntries(
    Object.entries({ tool, domain, actor, source }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  )
}

/** Counts of a window. */
export interface MemoryCounts {
  readonly total: number
  readonly blocked: number
  readonly approvals: number
  readonly errors: number
  readonly averageRisk: number | null
}

/** How many events there are, and how many of each status that matters. */
export async function countMemory(
  database: Kysely<Tables>,
  organisation: number,
  window: MemoryWindow,
): Promise<MemoryCounts> {
  const rows = await whereMemory(database, organisation, window)
    .select('status')
    .select(({ fn }) => [
      fn.countAll<number | string>().as('n'),
      fn.sum<number | string | null>('risk').as('risk_sum'),
      fn.count<number | string>('risk').as('risk_count'),
    ])
    .groupBy('status')
    .execute()
  const sum = (read: (row: (typeof rows)[number]) => number): number => rows.reduce((all, row) => all + read(row), 0)
  const withStatus = (status: string): number => sum((row) => (row.status === status ? Number(row.n) : 0))
  const risks = sum((row) => Number(row.risk_count))
  return {
    total: sum((row) => Number(row.n)),
    blocked: withStatus('blocked'),
    approvals: withStatus('approval_required'),
    errors: withStatus('tool_error'),
    averageRisk: risks === 0 ? null : sum((row) => Number(row.risk_sum ?? 0)) / risks,
  }
}

/** A share of the window's events; null without events. */
export function rateOf(count: number, total: number): number | null {
  return total === 0 ? null : count / total
}
