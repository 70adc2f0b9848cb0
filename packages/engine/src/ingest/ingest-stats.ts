import type { IngestEvent, IngestStats } from '@bighub/core/protocol'
import type { Kysely } from 'kysely'
import type { LifecycleBody } from '../projections/lifecycle-row.ts'
import type { LifecycleRow, Tables } from '../storage/tables.ts'
import { statusNow } from './lifecycle-view.ts'

/** Rows that are read at once; between two chunks other work gets its turn. */
const CHUNK = 1000

/** Counts of events and of lifecycles. Events whose words were erased are counted no more. */
export async function ingestStats(database: Kysely<Tables>, organisation: number, now: number): Promise<IngestStats> {
  const byType = new Map<string, number>()
  const byAdapter = new Map<string, number>()
  const byStatus = new Map<string, number>()
  let events = 0
  let total = 0
  for await (const row of scanLifecycles(database, organisation)) {
    total++
    add(byStatus, statusNow(row, now))
    for (const event of (JSON.parse(row.body) as LifecycleBody).events as readonly IngestEvent[]) {
      events++
      add(byType, event.event_type)
      add(byAdapter, event.adapter ?? '')
    }
  }
  return {
    total_events: events,
    by_type: Object.fromEntries(byType),
    by_adapter: Object.fromEntries(byAdapter),
    lifecycles: { total, by_status: Object.fromEntries(byStatus) },
    reconciled_rate: total === 0 ? null : (byStatus.get('reconciled') ?? 0) / total,
  }
}

async function* scanLifecycles(
  database: Kysely<Tables>,
  organisation: number,
): AsyncGenerator<LifecycleRow, void, void> {
  for (let after = ''; ; ) {
    const rows = await database
      .selectFrom('lifecycles')
      .where('organisation', '=', organisation)
      .where('lifecycle_id', '>', after)
      .selectAll()
      .orderBy('lifecycle_id')
      .limit(CHUNK)
      .execute()
    yield* rows
    const last = rows.at(-1)
    if (!last || rows.length < CHUNK) return
    after = last.lifecycle_id
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
