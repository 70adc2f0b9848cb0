import { describe, expect, it } from 'vitest'
import { BighubClient, paginate } from '../../src/node/index.ts'
import { type Answer, sendJson, startServer } from './support/test-server.ts'

const ALL = Array.from({ length: 7 }, (_, index) => ({ id: index }))

/** Answers a page by offset, as `wrap` writes it. */
const byOffset =
  (wrap: (items: readonly object[], limit: number, offset: number) => unknown): Answer =>
  (response, { url }) => {
    const { searchParams } = new URL(url, 'http://localhost')
    const offset = Number(searchParams.get('offset') ?? 0)
    const limit = Number(searchParams.get('limit') ?? 3)
    sendJson(response, wrap(ALL.slice(offset, offset + limit), limit, offset))
  }

async function collect(answer: Answer, list: (client: BighubClient) => AsyncIterable<unknown>) {
  await using server = await startServer(answer)
  await using client = new BighubClient({ baseUrl: server.url })
  const items: unknown[] = []
  for await (const item of list(client)) items.push(item)
  return { items, urls: server.requests.map(({ url }) => url) }
}

describe('paginate', () => {
  it('counts the offset up to the total', async () => {
    const answer = byOffset((cases, limit, offset) => ({ cases, total: 7, limit, offset }))
    const { items, urls } = await collect(answer, (client) =>
      paginate(client.cases.list, (page) => page.cases, { domain: 'a b', limit: 3 }),
    )
    expect(items).toEqual(ALL)
    expect(urls).toEqual([
      '/cases?domain=a%20b&limit=3',
      '/cases?domain=a%20b&limit=3&offset=3',
      '/cases?domain=a%20b&limit=3&offset=6',
    ])
  })

  it('begins where it is told to, and ends with a short page where no total is known', async () => {
    const answer = byOffset((events, limit, offset) => ({ events, total: null, limit, offset }))
    const { items, urls } = await collect(answer, (client) =>
      paginate(client.events.list, (page) => page.events, { offset: 2, limit: 3 }),
    )
    expect(items).toEqual(ALL.slice(2))
    expect(urls).toHaveLength(2)
  })

  it('reads a bare list until a page is empty', async () => {
    const { items, urls } = await collect(
      byOffset((rules) => rules),
      (client) => paginate(client.rules.list, (page) => page),
    )
    expect(items).toEqual(ALL)
    expect(urls).toEqual(['/rules', '/rules?offset=3', '/rules?offset=6', '/rules?offset=7'])
  })

  it('follows a cursor to its end, also over an empty page', async () => {
    const pages = [
      { decisions: ALL.slice(0, 2), next_cursor: 'a/1' },
      { decisions: [], next_cursor: 'b' },
      { decisions: ALL.slice(2), next_cursor: null },
    ]
    const { items, urls } = await collect(
      (response, _, index) => sendJson(response, pages[index]),
      (client) => paginate(client.decisions.list, (page) => page.decisions, { q: 'x' }),
    )
    expect(items).toEqual(ALL)
    expect(urls).toEqual(['/decisions?q=x', '/decisions?q=x&cursor=a%2F1', '/decisions?q=x&cursor=b'])
  })

  it('ends where a server gives the same cursor again', async () => {
    const { urls } = await collect(
      (response) => sendJson(response, { decisions: ALL, next_cursor: 'a' }),
      (client) => paginate(client.decisions.list, (page) => page.decisions),
    )
    expect(urls).toHaveLength(2)
  })

  it('asks for no page that nobody reads', async () => {
    await using server = await startServer(byOffset((cases, limit, offset) => ({ cases, total: 7, limit, offset })))
    await using client = new BighubClient({ baseUrl: server.url })
    for await (const _ of paginate(client.cases.list, (page) => page.cases)) break
    expect(server.requests).toHaveLength(1)
  })
})
