import type { RequestOptions } from '../protocol/index.ts'

/** A method that lists, such as `client.cases.list`. */
export type ListMethod<Query, Page> = (query?: Query, options?: RequestOptions) => Promise<Page>

/**
 * Every entry of a list, page by page as they are asked for.
 *
 * Follows `next_cursor` where the answer has one, else counts `offset` up. What is added to a list that is newest first while it
 * is read by offset moves entries to the next page, where they come again; lists with a cursor have no such repeats.
 *
 * @param itemsOf - The entries of a page: `(page) => page.cases`, or `(page) => page` for a bare list.
 * @param query - Filters; `limit` is the size of a page, `offset` or `cursor` where to begin.
 * @example for await (const decision of paginate(client.decisions.list, (page) => page.decisions, { domain: 'payments' }))
 */
export async function* paginate<Query extends object, Page extends object, Item>(
  list: ListMethod<Query, Page>,
  itemsOf: (page: Page) => readonly Item[],
  query?: Query,
  options?: RequestOptions,
): AsyncGenerator<Item, void, undefined> {
  let position: Position = {}
  for (;;) {
    // Both are fields of the query: a list that has a cursor answered with one, and every other takes an offset.
    const asked = { ...query, ...position } as Query & Position
    const page = await list(asked, options)
    const items = itemsOf(page)
    yield* items
    const next = nextPosition(page, items.length, asked)
    if (next === null) return
    position = next
  }
}

type Position = { readonly offset?: number; readonly cursor?: string }

function nextPosition(page: object, count: number, asked: Position & { readonly limit?: unknown }): Position | null {
  const {
    next_cursor,
    total,
    limit = asked.limit,
  } = page as { next_cursor?: unknown; total?: unknown; limit?: unknown }
  // The same cursor again would never end.
  if (next_cursor !== undefined)
    return typeof next_cursor === 'string' && next_cursor !== asked.cursor ? { cursor: next_cursor } : null
  const offset = (asked.offset ?? 0) + count
  if (count === 0 || (typeof total === 'number' && offset >= total)) return null
  return typeof limit === 'number' && count < limit ? null : { offset }
}
