import type { DecisionApi } from '@bighub/core/protocol'
import { countPeriod } from '../actions/period-counts.ts'
import type { EngineCore } from '../engine-core.ts'
import { createResource } from '../resource.ts'
import { readEvents } from './read-events.ts'

/** Entries of a page unless the query says otherwise. */
const PAGE = 50

/** What happened, newest first (protocol §7.12). */
export function createEventsApi(core: EngineCore): DecisionApi['events'] {
  const { organisation } = core.storage
  return createResource('events', {
    async list(query) {
      const database = await core.projected()
      const limit = query.limit ?? PAGE
      const offset = query.offset ?? 0
      let events = database.selectFrom('events').where('organisation', '=', organisation)
      if (query.event_type) events = events.where('event_type', '=', query.event_type)
      if (query.severity) events = events.where('severity', '=', query.severity)
      if (query.rule_id) events = events.where('rule_id', '=', query.rule_id)
      const rows = await events.select('place').orderBy('place', 'desc').limit(limit).offset(offset).execute()
      const { n } = await events.select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow()
      const items = await readEvents(
        core.storage,
        rows.map(({ place }) => place),
      )
      return { events: items, total: n, limit, offset }
    },

    async stats() {
      const database = await core.projected()
      const { clock } = await core.state()
      const counts = async (since: number | null) => {
        const { total, allowed, blocked, requires_approval } = await countPeriod(database, organisation, since)
        return { total, allowed, blocked, requires_approval }
      }
      const byType = await database
        .selectFrom('events')
        .where('organisation', '=', organisation)
        .select('event_type')
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .groupBy('event_type')
        .execute()
      return {
        today: await counts(clock.startOfDay(core.now())),
        total: await counts(null),
        by_type: Object.fromEntries(byType.map((row) => [row.event_type, row.n])),
      }
    },
  })
}
