import { InvalidInputError, type RouteHandlers } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { memoryContext } from './memory-context.ts'
import { DEFAULT_SOURCE, memoryKey, memoryRecord } from './memory-record.ts'
import { countMemory, givenFilters, type MemoryWindow, rateOf } from './memory-window.ts'

type MemoryHandlers = Pick<
  RouteHandlers<'actions'>,
  'ingestMemory' | 'memoryContext' | 'refreshMemoryAggregates' | 'memoryRecommendations'
>

/** Hours that are looked at, and newest events that are listed, unless the query says otherwise. */
const WINDOW_HOURS = 24
const RECENT = 25

/** Decision memory: events of any tool call, what they add up to, and what they suggest (protocol §7.1). */
export function createMemoryApi(core: EngineCore): MemoryHandlers {
  const { organisation } = core.storage

  return {
    async ingestMemory(request) {
      const now = core.now()
      const records = request.events.map((event, index) => {
        try {
          return memoryRecord(event, request, { now, id: core.newId(now) })
        } catch (error) {
          if (!(error instanceof InvalidInputError)) throw error
          throw new InvalidInputError(`events.${index}.${error.field}`, error.message, { cause: error })
        }
      })
      // Asked in one breath, so that they are committed together; each is looked up, since any may be known already.
      const taken = await Promise.all(
        records.map((record) =>
          core.run<number>({
            reads: { effectKey: record.effectKey ?? memoryKey(record.subject) },
            plan: (_, found) =>
              found.claim ? { records: [], answer: () => 0 } : { records: [record], answer: () => 1 },
          }),
        ),
      )
      const database = await core.projected()
      const { n } = await database
        .selectFrom('memory_events')
        .where('organisation', '=', organisation)
        .select(({ fn }) => fn.countAll<number | string>().as('n'))
        .executeTakeFirstOrThrow()
      return {
        // Events that were not known before, and all that are held now.
        accepted: taken.reduce((sum, each) => sum + each, 0),
        total_stored: Number(n),
        source: request.source || DEFAULT_SOURCE,
      }
    },

    memoryContext: async (query) =>
      memoryContext(await core.projected(), organisation, {
        ...toWindow(query, core.now()),
        limitRecent: query.limit_recent ?? RECENT,
      }),

    async refreshMemoryAggregates(query) {
      // The aggregates are counted from the table when they are asked for: up to date is what the table is.
      await core.projected()
      return { refreshed: true, mode: query.concurrent ? 'concurrent' : 'blocking' }
    },

    async memoryRecommendations(request) {
      const database = await core.projected()
      const window = toWindow(request, core.now())
      const counts = await countMemory(database, organisation, window)
      return {
        org_id: organisation,
        plan: 'self_hosted',
        window_hours: window.windowHours,
        generated_at: new Date(window.now).toISOString(),
        filters: givenFilters(window),
        summary: {
          total_events: counts.total,
          blocked_rate: rateOf(counts.blocked, counts.total),
          approval_rate: rateOf(counts.approvals, counts.total),
          tool_error_rate: rateOf(counts.errors, counts.total),
        },
        recommendations: [],
      }
    },
  }
}

interface WindowQuery {
  readonly window_hours?: number | undefined
  readonly tool?: string | null | undefined
  readonly domain?: string | null | undefined
  readonly actor?: string | null | undefined
  readonly source?: string | null | undefined
}

/** Empty text counts as not given. */
function toWindow(query: WindowQuery, now: number): MemoryWindow {
  return {
    windowHours: query.window_hours ?? WINDOW_HOURS,
    now,
    tool: query.tool || undefined,
    domain: query.domain || undefined,
    actor: query.actor || undefined,
    source: query.source || undefined,
  }
}
