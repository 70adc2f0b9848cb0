import type { EventItem } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import { createEngine, type Engine } from '../src/engine.ts'
import { openEngine, temporaryFile } from './support/temporary.ts'

/** The next events that somebody who follows is told. */
async function take(engine: Engine, count: number, after: string | null): Promise<EventItem[]> {
  const abort = new AbortController()
  const events: EventItem[] = []
  for await (const event of engine.subscribe({ after, signal: abort.signal })) {
    events.push(event)
    if (events.length === count) break
  }
  return events
}

describe('somebody who follows events', () => {
  it('is told of them in order, each once, from the last one that they saw', async () => {
    const engine = openEngine()
    for (let index = 0; index < 130; index++) await engine.evaluate({ action: `read-${index}` })
    const all = await take(engine, 130, 'evt_0')
    expect(all.map(({ action }) => action)).toEqual(Array.from({ length: 130 }, (_, index) => `read-${index}`))
    const rest = await take(engine, 2, all[127]?.event_id ?? '')
    expect(rest.map(({ event_id }) => event_id)).toEqual(all.slice(128).map(({ event_id }) => event_id))
  })

  it('is told of what happens from now on, as the list shows it', async () => {
    const engine = openEngine()
    await engine.evaluate({ action: 'before' })
    const following = engine.subscribe({ after: null, signal: new AbortController().signal })
    const next = following.next()
    // It looks first at what there is; only then the next event is a new one.
    await engine.events.list({})
    await engine.evaluate({ action: 'after' })
    const { value } = await next
    expect(value).toEqual((await engine.events.list({ limit: 1 })).events[0])
    await following.return()
  })

  it('is told of what another process wrote', async () => {
    const file = temporaryFile()
    const engine = openEngine({ file })
    await engine.evaluate({ action: 'here' })
    const told = take(engine, 2, 'evt_0')
    const other = createEngine({ file })
    await other.evaluate({ action: 'there' })
    await other.close()
    expect((await told).map(({ action }) => action)).toEqual(['here', 'there'])
  })

  it('hears no more once the signal aborts', async () => {
    const engine = openEngine()
    const abort = new AbortController()
    const next = engine.subscribe({ after: null, signal: abort.signal }).next()
    abort.abort()
    expect(await next).toEqual({ done: true, value: undefined })
  })

  it('is refused an id that no event has', async () => {
    const next = openEngine().subscribe({ after: 'act_1', signal: new AbortController().signal }).next()
    await expect(next).rejects.toMatchObject({ code: 'invalid_input', field: 'after' })
  })
})
