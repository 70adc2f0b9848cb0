import type { Kysely } from 'kysely'
import type { DecisionRow, Tables } from '../storage/tables.ts'
import { type DecisionFilter, whereDecisions } from './decision-filter.ts'

/** Rows that are read at once; between two chunks other work gets its turn. */
const CHUNK = 2000

/** Decisions of a filter, oldest first, with the columns asked for, in constant memory. */
export async function* scanDecisions<Column extends keyof DecisionRow>(
  database: Kysely<Tables>,
  organisation: number,
  filter: DecisionFilter,
  columns: readonly Column[],
): AsyncGenerator<Pick<DecisionRow, Column>, void, void> {
  for (let after = 0; ; ) {
    const rows = await whereDecisions(database.selectFrom('decisions'), organisation, filter)
      .select([...columns, 'seq'])
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(CHUNK)
      .execute()
    // Every column asked for was selected; Kysely cannot say so of a list of names that is itself a type parameter.
    for (const row of rows) yield row as unknown as Pick<DecisionRow, Column>
    const last = rows.at(-1) as unknown as { readonly seq: number } | undefined
    if (!last || rows.length < CHUNK) return
    after = last.seq
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** How many decisions a filter means. */
export async function countDecisions(
  database: Kysely<Tables>,
  organisation: number,
  filter: DecisionFilter,
): Promise<number> {
  const row = await whereDecisions(database.selectFrom('decisions'), organisation, filter)
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  return row.n
}
