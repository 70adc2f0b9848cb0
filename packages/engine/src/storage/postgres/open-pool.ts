import { StorageError } from '@bighub/core/protocol'
import type * as Pg from 'pg'
import type { CustomTypesConfig, Pool, PoolClient, PoolConfig } from 'pg'
import { MIGRATIONS } from './migrations.ts'

/** Number of the advisory lock under which a schema is brought to the present form: "BIGH". */
const MIGRATION_LOCK = 0x42494748

/** pg types it as overloads by format, which one function cannot satisfy without a cast. */
type TypeParsers = CustomTypesConfig['getTypeParser']

/** Connections that one handle keeps at most: one writes, the others read. */
const MOST_CONNECTIONS = 4

/**
 * Connects to a PostgreSQL database and brings its schema to the present form.
 *
 * @throws StorageError `unavailable`, or `newer` if the schema belongs to a newer version of this program.
 */
export async function openPool(url: string): Promise<Pool> {
  const { default: pg } = await importPg()
  const config: PoolConfig = {
    connectionString: url,
    max: MOST_CONNECTIONS,
    // A store that nobody uses must not keep a process alive.
    allowExitOnIdle: true,
    types: {
      // The parsers of pg itself, but for whole numbers of 64 bits, which it would give as text.
      getTypeParser: ((oid, format) =>
        oid === pg.types.builtins.INT8 && format !== 'binary'
          ? Number
          : pg.types.getTypeParser(oid, format)) as TypeParsers,
    },
  }
  const pool = new pg.Pool(config)
  // A connection that breaks while idle is replaced by the next use; without a listener it would end the process.
  pool.on('error', () => undefined)
  try {
    const client = await pool.connect()
    try {
      await migrate(client, describeUrl(url))
    } finally {
      client.release()
    }
    return pool
  } catch (error) {
    await pool.end()
    throw toStorageError(error, describeUrl(url))
  }
}

/** What stands for a database in messages: no password. */
export function describeUrl(url: string): string {
  if (!URL.canParse(url)) return 'postgresql'
  const { host, pathname, searchParams } = new URL(url)
  return `postgresql://${searchParams.get('host') ?? host}${pathname}`
}

export function toStorageError(error: unknown, path: string): StorageError {
  if (error instanceof StorageError) return error
  const text = error instanceof Error ? error.message : String(error)
  return new StorageError('unavailable', path, `cannot be used: ${text}`, { cause: error, isRetryable: true })
}

async function migrate(client: PoolClient, path: string): Promise<void> {
  // Several processes may start at once; the lock ends with the session or below.
  await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
  try {
    await client.query('CREATE TABLE IF NOT EXISTS bighub_version (version INTEGER NOT NULL)')
    const { rows } = await client.query<{ version: number }>('SELECT version FROM bighub_version')
    const version = rows[0]?.version ?? 0
    if (version > MIGRATIONS.length)
      throw new StorageError(
        'newer',
        path,
        `has version ${version}, and this program knows ${MIGRATIONS.length}; use a newer bighub, it was left as it was`,
      )
    if (version === MIGRATIONS.length) return
    await client.query('BEGIN')
    try {
      for (const step of MIGRATIONS.slice(version)) await client.query(step)
      await client.query('DELETE FROM bighub_version')
      await client.query('INSERT INTO bighub_version (version) VALUES ($1)', [MIGRATIONS.length])
      await client.query('COMMIT')
    } catch (error) {
      await client.query('ROLLBACK')
      throw error
    }
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK])
  }
}

/** `pg` is installed by whoever wants PostgreSQL. */
async function importPg(): Promise<typeof Pg> {
  try {
    return await import('pg')
  } catch (error) {
    throw new StorageError('unavailable', 'postgresql', 'needs the package "pg": npm install pg', { cause: error })
  }
}
