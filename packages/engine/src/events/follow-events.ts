import { type EventItem, InvalidInputError, type SubscribeOptions } from '@bighub/core/protocol'
import type { EngineCore } from '../engine-core.ts'
import { readEvents } from './read-events.ts'

/** Events that are read at once. */
const CHUNK = 100
/** How often events of other processes are looked for, in milliseconds. */
const FOREIGN_LOOK_MS = 1000
/** An event's id is its place in the log. */
const EVENT_ID = /^evt_(\d{1,15})$/

/** Events as they happen, whichever process made them, oldest first and each once, until the signal aborts. */
export async function* followEvents(
  core: EngineCore,
  { after, signal }: SubscribeOptions,
): AsyncGenerator<EventItem, void, void> {
  let place = after === null ? await newestPlace(core) : placeOf(after)
  while (!signal.aborted) {
    // Listening begins before looking: nothing that is written in between is missed.
    const change = startListening(core, signal)
    try {
      const places = await placesAfter(core, place)
      yield* await readEvents(core.storage, places)
      place = places.at(-1) ?? place
      if (places.length === 0) await change.happened
    } finally {
      change.end()
    }
  }
}

function placeOf(eventId: string): number {
  const [, place] = EVENT_ID.exec(eventId) ?? []
  if (place === undefined) throw new InvalidInputError('after', `${JSON.stringify(eventId)} is the id of no event`)
  return Number(place)
}

async function newestPlace(core: EngineCore): Promise<number> {
  const database = await core.projected()
  const newest = await database
    .selectFrom('events')
    .select('place')
    .where('organisation', '=', core.storage.organisation)
    .orderBy('place', 'desc')
    .limit(1)
    .executeTakeFirst()
  return newest?.place ?? -1
}

async function placesAfter(core: EngineCore, place: number): Promise<number[]> {
  const database = await core.projected()
  const rows = await database
    .selectFrom('events')
    .select('place')
    .where('organisation', '=', core.storage.organisation)
    .where('place', '>', place)
    .orderBy('place')
    .limit(CHUNK)
    .execute()
  return rows.map((row) => row.place)
}

/** Resolves at the next record of this process, when it is time to look for those of others, or when the signal aborts. */
function startListening(core: EngineCore, signal: AbortSignal): { readonly happened: Promise<void>; end(): void } {
  const { promise: happened, resolve } = Promise.withResolvers<void>()
  const stop = core.onAppend(resolve)
  const timer = setTimeout(resolve, FOREIGN_LOOK_MS)
  const onAbort = (): void => resolve()
  signal.addEventListener('abort', onAbort, { once: true })
  const end = (): void => {
    stop()
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
  return { happened, end }
}
