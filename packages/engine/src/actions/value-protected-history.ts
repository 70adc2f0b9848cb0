import type { ValueProtectedHistory } from '@bighub/core/protocol'
import type { Kysely } from 'kysely'
import type { LocalClock } from '../constraints/local-clock.ts'
import { scanDecisions } from '../decisions/scan-decisions.ts'
import type { Tables } from '../storage/tables.ts'

const DAY_MS = 86_400_000

/** Values of what was blocked or denied, by local day, for the last days with today; days without any are zero. */
export async function valueProtectedHistory(
  database: Kysely<Tables>,
  organisation: number,
  clock: LocalClock,
  { now, days }: { readonly now: number; readonly days: number },
): Promise<ValueProtectedHistory> {
  const today = clock.at(now).day
  const first = today - days + 1
  const sums = Array.from({ length: days }, () => ({ value: 0, count: 0 }))
  const since = clock.startOfDay(now) - days * DAY_MS
  const columns = ['at', 'value', 'result', 'approval_status', 'source'] as const
  for await (const row of scanDecisions(database, organisation, { since }, columns)) {
    const isStopped = row.result === 'blocked' || row.approval_status === 'denied'
    const sum = sums[clock.at(row.at).day - first]
    if (!sum || !isStopped || row.source !== 'evaluation') continue
    sum.value += row.value ?? 0
    sum.count++
  }
  return {
    data: sums.map((sum, index) => ({
      date: new Date((first + index) * DAY_MS).toISOString().slice(0, 10),
      value_protected: sum.value,
      blocked_count: sum.count,
    })),
    total_value_protected: sums.reduce((total, sum) => total + sum.value, 0),
    total_blocked: sums.reduce((total, sum) => total + sum.count, 0),
    period_days: days,
  }
}
