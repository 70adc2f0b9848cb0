import { InvalidInputError, type RouteHandlers } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { memoryContext } from './memory-context.ts'
import { memoryRecommendations } from './memory-recommendations.ts'
import { DEFAULT_SOURCE, memoryKey, memoryRecord } from './memory-record.ts'
import type { MemoryWindow } from './memory-window.ts'

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
            plan: (_, { claim }) => {
              if (!claim) return { records: [record], answer: () => 1 }
              if (claim.type !== 'memory_stored')
                throw new InvalidInputError(
                  'events',
                  `the key ${record.effectKey} is in use by a call; give the event another id`,
                )
              return { records: [], answer: () => 0 }
            },
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

    async memoryRecommendations(request, options) {
      const scoped = (name: string): string | null => {
        const value = request.scope?.[name]
        return typeof value === 'string' ? value : null
      }
      const window = toWindow(
        {
          ...request,
          tool: request.tool || scoped('tool'),
          domain: request.domain || scoped('domain'),
          actor: request.actor || scoped('actor'),
        },
        core.now(),
      )
      return memoryRecommendations(core, request, window, options.by ?? 'application')
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
