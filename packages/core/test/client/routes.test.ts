import { describe, expect, it } from 'vitest'
import { BighubClient, listRoutes, pathParameters, ROUTE_ALIASES, type Route } from '../../src/node/index.ts'
import { ok, startServer } from './support/test-server.ts'

type Methods = Readonly<Record<string, Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>>>

/** Characters that would end a path segment, and one beyond ASCII. */
const IDS = ['a/b?c#d', 'ü 1', 'x%2F']
const QUERY = { text: 'a b&c', yes: true, no: false, share: 0.3, zero: 0, empty: '', absent: undefined, nothing: null }
const WRITTEN_QUERY = '?text=a%20b%26c&yes=true&no=false&share=0.3&zero=0&empty='
/** Fields that no route reshapes, but for those that are named below. */
const BODY = { probe: 'é', count: 0, flag: false, nested: { list: [1, null] }, absent: undefined }
const WRITTEN_BODY = { probe: 'é', count: 0, flag: false, nested: { list: [1, null] } }
/** What the reference sends besides (protocol §7); `shape-input.test.ts` has the rest. */
const RESHAPED: Readonly<Record<string, readonly [given: unknown, written: unknown]>> = {
  'actions.evaluate': [BODY, { ...WRITTEN_BODY, actor: 'AI_AGENT' }],
  'actions.connect': [BODY, { ...WRITTEN_BODY, actor: 'AI_AGENT', context: {} }],
  'actions.heartbeat': [BODY, { ...WRITTEN_BODY, context: {} }],
  'actions.disconnect': [BODY, { ...WRITTEN_BODY, context: {} }],
  'outcomes.report': [{ status: 'SUCCESS' }, { status: 'SUCCESS' }],
  'cases.reportOutcome': [{ status: 'SUCCESS' }, { status: 'SUCCESS' }],
  'constraints.applyPatch': [
    { patch: [], ...BODY },
    { patch: [], ...WRITTEN_BODY, preview: true },
  ],
}

const inputOf = (name: string, route: Route): readonly unknown[] => {
  if (route.query) return [QUERY]
  return route.body ? [RESHAPED[name]?.[0] ?? BODY] : []
}
const writtenPath = (route: Route): string => {
  const path = pathParameters(route.path).reduce(
    (path, name, index) => path.replace(`{${name}}`, encodeURIComponent(IDS[index] ?? '')),
    route.path as string,
  )
  return route.query ? path + WRITTEN_QUERY : path
}

describe('the client', () => {
  it.each(listRoutes().map(({ name, route }) => [name, route] as const))(
    '%s is sent as the table says',
    async (name, route) => {
      await using server = await startServer(ok({ answered: name }))
      await using client = new BighubClient({ baseUrl: server.url })
      const [resource = '', method = ''] = name.split('.')
      const ids = IDS.slice(0, pathParameters(route.path).length)
      const call = (client as unknown as Methods)[resource]?.[method]
      const answer = await call?.(...ids, ...inputOf(name, route), { idempotencyKey: 'key-1' })

      expect(answer).toEqual({ answered: name })
      expect(server.requests).toHaveLength(1)
      const [request] = server.requests
      expect(request?.method).toBe(route.verb)
      expect(request?.url).toBe(writtenPath(route))
      expect(request?.headers['idempotency-key']).toBe('key-1')
      expect(request?.headers['content-type']).toBe(route.body ? 'application/json' : undefined)
      const written = route.body ? (RESHAPED[name]?.[1] ?? WRITTEN_BODY) : null
      expect(request?.body === '' ? null : JSON.parse(request?.body ?? '')).toEqual(written)
    },
  )

  it.each(listRoutes().filter(({ route }) => route.isBodyOptional))(
    '$name may do without a body',
    async ({ name, route }) => {
      await using server = await startServer(ok({}))
      await using client = new BighubClient({ baseUrl: server.url })
      const [resource = '', method = ''] = name.split('.')
      await (client as unknown as Methods)[resource]?.[method]?.(...IDS.slice(0, pathParameters(route.path).length))
      expect(server.requests[0]?.body).toBe(route.verb === 'DELETE' ? '' : '{}')
    },
  )

  it('has every second name of the reference', () => {
    const client = new BighubClient()
    for (const alias of Object.keys(ROUTE_ALIASES)) {
      const [resource = '', method = ''] = alias.split('.')
      expect((client as unknown as Methods)[resource]?.[method]).toBeTypeOf('function')
    }
    expect(client.rules).toBe(client.constraints)
  })

  it('keeps a path in the base URL, with or without slashes at its end', async () => {
    await using server = await startServer(ok([]))
    for (const suffix of ['', '/', '/prefix', '/prefix/', '/prefix//']) {
      await using client = new BighubClient({ baseUrl: server.url + suffix })
      await client.rules.list()
    }
    expect(server.requests.map(({ url }) => url)).toEqual([
      '/rules',
      '/rules',
      '/prefix/rules',
      '/prefix/rules',
      '/prefix/rules',
    ])
  })

  it.each(['', '.', '..', '\ud800', undefined])(
    'sends nothing for the id %j, which would name another route',
    async (id) => {
      await using server = await startServer(ok({}))
      await using client = new BighubClient({ baseUrl: server.url })
      await expect(client.outcomes.get(id as string)).rejects.toMatchObject({
        code: 'invalid_input',
        field: 'request_id',
      })
      expect(server.requests).toHaveLength(0)
    },
  )

  it('sends nothing that JSON would change or a query cannot hold', async () => {
    await using server = await startServer(ok({}))
    await using client = new BighubClient({ baseUrl: server.url })
    await expect(client.evaluate({ action: 'pay', value: Number.NaN })).rejects.toMatchObject({ field: 'value' })
    await expect(client.evaluate({ action: 'pay', context: { n: 1n } })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    await expect(client.cases.list({ min_risk_score: Number.POSITIVE_INFINITY })).rejects.toMatchObject({
      field: 'min_risk_score',
    })
    await expect(client.evaluate({ action: 'pay' }, { idempotencyKey: 'a\nb' })).rejects.toMatchObject({
      field: 'idempotencyKey',
    })
    expect(server.requests).toHaveLength(0)
  })
})
