import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BighubClient } from '@bighub/core'
import { type DecisionApi, listRoutes, pathParameters, ROUTES, type Route, type RouteName } from '@bighub/core/protocol'
import { CONFORMANCE_CASES, normaliseTranscript, recordCalls, type TranscriptEntry } from '@bighub/core/testing'
import { createEngineHost, type EngineHost, type HostOptions, openPostgresHost } from '@bighub/engine'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findPostgres, startPostgres, type TestPostgres } from '../../engine/test/support/postgres.ts'
import { createServer, listen } from '../src/index.ts'

const NAMES = CONFORMANCE_CASES.map(({ name }) => name)
const transcripts = new Map<string, TranscriptEntry[]>()

/** Some cases hash passwords, which takes its time on a busy machine. */
const TIMEOUT = { timeout: 30_000 }

describe('over the client, a socket, the server and SQLite', TIMEOUT, () => {
  it.each(NAMES)('the same as in process: %s', async (name) => {
    const overHttp = await onSqlite(name, serveHttp)
    transcripts.set(name, overHttp)
    expect(overHttp).toEqual(await onSqlite(name, callInProcess))
  })

  it('together the cases call every method of the route table', () => {
    const called = new Set<RouteName>([...transcripts.values()].flat().map(({ method }) => method))
    expect(listRoutes().filter(({ name }) => !called.has(name))).toEqual([])
  })
})

const native = findPostgres()

describe.skipIf(native === null)('over the client, a socket, the server and PostgreSQL', TIMEOUT, () => {
  let postgres: TestPostgres
  beforeAll(async () => {
    postgres = await startPostgres(native ?? '')
  }, 60_000)
  afterAll(() => postgres?.stop())

  it.each(NAMES)('the same: %s', async (name) => {
    const databaseUrl = await postgres.newDatabase()
    const overHttp = await play(name, serveHttp, (options) => openPostgresHost({ ...options, databaseUrl }))
    expect(overHttp).toEqual(transcripts.get(name))
  })
})

interface Stage {
  readonly host: EngineHost
  readonly key: string
  /** What authentication finds the key's holder to be. */
  readonly by: string
}

type SetUp = (stage: Stage) => Promise<{ readonly api: DecisionApi; close(): Promise<void> }>

const serveHttp: SetUp = async ({ host, key }) => {
  const server = createServer({ host, rateLimit: 'off' })
  const listener = await listen(server, { port: 0 })
  const client = new BighubClient({ baseUrl: listener.url, apiKey: key, maxRetries: 0 })
  const close = async (): Promise<void> => {
    await client.close()
    await listener.close()
  }
  return { api: client, close }
}

const callInProcess: SetUp = async ({ host, key, by }) => {
  // A server lets its key in before anything else, and the key remembers that.
  await host.authenticate({ kind: 'api_key', secret: key, address: null })
  return { api: namedBy(await host.api('default'), by), close: async () => undefined }
}

async function onSqlite(name: string, setUp: SetUp): Promise<TranscriptEntry[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bighub-conformance-'))
  try {
    return await play(name, setUp, async (options) => createEngineHost({ ...options, file: join(folder, 'bighub.db') }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Plays a case on a fresh store; an answer that does not fit the route table is an error at once. */
async function play(
  name: string,
  setUp: SetUp,
  openHost: (options: HostOptions) => Promise<EngineHost>,
): Promise<TranscriptEntry[]> {
  let time = Date.parse('2026-07-01T12:00:00.000Z')
  const host = await openHost({ now: () => time, webhooks: { isSending: false } })
  const made = await host.bootstrapAdminKey()
  const { api, close } = await setUp({ host, key: made?.key ?? '', by: `key:${made?.key_id}` })
  try {
    const recorded = recordCalls(api)
    const tools = { advance: (milliseconds: number) => void (time += milliseconds), unrecorded: api }
    await CONFORMANCE_CASES.find((each) => each.name === name)?.run(recorded.api, tools)
    return normaliseTranscript(recorded.entries)
  } finally {
    await close()
    await host.close()
  }
}

type Method = (...args: readonly unknown[]) => Promise<unknown>
type Methods = Readonly<Record<string, Readonly<Record<string, Method>>>>

/** The same methods, called in the name of a key's holder, as a server does. */
function namedBy(api: DecisionApi, by: string): DecisionApi {
  const named = Object.entries(ROUTES).map(([resource, routes]) => {
    const methods = Object.entries(routes).map(([method, route]: [string, Route]) => {
      const count = pathParameters(route.path).length + (route.body || route.query ? 1 : 0)
      const call: Method = (...args) => {
        const given = Array.from({ length: count }, (_, index) => args[index])
        return (api as unknown as Methods)[resource]?.[method]?.(...given, {
          ...(args[count] as object),
          by,
        }) as Promise<unknown>
      }
      return [method, call] as const
    })
    return [resource, Object.fromEntries(methods)] as const
  })
  // Built from the same table as the type, method by method.
  return Object.fromEntries(named) as unknown as DecisionApi
}
