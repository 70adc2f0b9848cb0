import { listRoutes, type RouteName } from '@bighub/core/protocol'
import { CONFORMANCE_CASES, normaliseTranscript, recordCalls, type TranscriptEntry } from '@bighub/core/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine, type Engine, openPostgresEngine } from '../src/engine.ts'
import { findPostgres, startPostgres, type TestPostgres } from './support/postgres.ts'
import { TestClock } from './support/temporary.ts'

const transcripts = new Map<string, TranscriptEntry[]>()

/** Plays a case on an engine and closes it; the transcript holds every call, also if one of them fails. */
async function play(engine: Engine, clock: TestClock, name: string): Promise<TranscriptEntry[]> {
  const found = CONFORMANCE_CASES.find((each) => each.name === name)
  const { api, entries } = recordCalls(engine)
  try {
    await found?.run(api, { advance: (milliseconds) => clock.advance(milliseconds), unrecorded: engine })
    return normaliseTranscript(entries)
  } finally {
    await engine.close()
  }
}

describe('in process, over SQLite', () => {
  it.each(CONFORMANCE_CASES.map(({ name }) => name))('%s', async (name) => {
    const clock = new TestClock()
    const engine = createEngine({ file: ':memory:', now: clock.now })
    const transcript = await play(engine, clock, name)
    transcripts.set(name, transcript)
    expect(transcript).not.toEqual([])
  })

  it('together the cases call every method of the route table', () => {
    const called = new Set<RouteName>([...transcripts.values()].flat().map((entry) => entry.method))
    const missing = listRoutes()
      .map(({ name }) => name)
      .filter((name) => !called.has(name))
    expect(missing).toEqual([])
  })
})

const native = findPostgres()

describe.skipIf(native === null)('in process, over PostgreSQL', () => {
  let postgres: TestPostgres

  beforeAll(async () => {
    postgres = await startPostgres(native ?? '')
  }, 60_000)
  afterAll(() => postgres?.stop())

  it.each(CONFORMANCE_CASES.map(({ name }) => name))('the same: %s', async (name) => {
    const clock = new TestClock()
    const engine = await openPostgresEngine({ databaseUrl: await postgres.newDatabase(), now: clock.now })
    expect(await play(engine, clock, name)).toEqual(transcripts.get(name))
  })
})
