import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import type { Tables } from '../tables.ts'

/** Most statements kept prepared; the one prepared first goes first. */
const MOST_STATEMENTS = 200

/** Prepared statements of one connection, by their text. */
export class StatementCache {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #readers = new WeakMap<StatementSync, boolean>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known) return known
    const statement = this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    if (this.#statements.size > MOST_STATEMENTS) {
      const oldest = this.#statements.keys().next()
      if (!oldest.done) this.#statements.delete(oldest.value)
    }
    return statement
  }

  /** Whether a statement answers rows. */
  isReader(statement: StatementSync): boolean {
    const known = this.#readers.get(statement)
    if (known !== undefined) return known
    const isReader = statement.columns().length > 0
    this.#readers.set(statement, isReader)
    return isReader
  }
}

/**
 * Kysely over an open connection. Single statements only: a transaction of Kysely's would stay open across awaits, and the log is
 * written through the same connection. What belongs together goes through `Storage.batch`.
 *
 * @param guarded - Runs what touches the connection; errors come out of it as the storage's own.
 */
export function createKysely(statements: StatementCache, guarded: <T>(work: () => T) => T): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: new SqliteDialect({
      database: {
        // The connection belongs to the storage, which closes it.
        close: () => undefined,
        prepare: (sql) =>
          guarded(() => {
            const statement = statements.prepare(sql)
            return {
              reader: statements.isReader(statement),
              all: (parameters) => guarded(() => statement.all(...(parameters as readonly SQLInputValue[]))),
              run: (parameters) => guarded(() => statement.run(...(parameters as readonly SQLInputValue[]))),
              iterate: (parameters) =>
                statement.iterate(...(parameters as readonly SQLInputValue[])) as IterableIterator<unknown>,
            }
          }),
      },
    }),
  })
}
