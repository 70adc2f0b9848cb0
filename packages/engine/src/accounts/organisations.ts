import type { Generated, Kysely } from 'kysely'
import type { Tables } from '../storage/tables.ts'

/** Organisations of a store by number; every store keeps them under this name. */
interface OrganisationRow {
  id: Generated<number>
  name: string
}

export type StoreDatabase = Kysely<Tables & { organisations: OrganisationRow }>

/** The store's tables with the organisations among them. */
export function withOrganisations(database: Kysely<Tables>): StoreDatabase {
  return database.withTables<{ organisations: OrganisationRow }>()
}

/** Number of an organisation, which is made if it is not there. */
export async function organisationNumber(database: Kysely<Tables>, name: string): Promise<number> {
  const store = withOrganisations(database)
  await store
    .insertInto('organisations')
    .values({ name })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  const { id } = await store.selectFrom('organisations').select('id').where('name', '=', name).executeTakeFirstOrThrow()
  return id
}

/** Name of the organisation with a number. */
export async function organisationName(database: Kysely<Tables>, number: number): Promise<string> {
  const store = withOrganisations(database)
  const { name } = await store
    .selectFrom('organisations')
    .select('name')
    .where('id', '=', number)
    .executeTakeFirstOrThrow()
  return name
}

/** Names of all organisations of a store, the first made first. */
export async function organisationNames(database: Kysely<Tables>): Promise<string[]> {
  const rows = await withOrganisations(database).selectFrom('organisations').select('name').orderBy('id').execute()
  return rows.map(({ name }) => name)
}
