import { closeSync, existsSync, mkdirSync, openSync, readSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { StorageError } from '@bighub/core/protocol'
import { APPLICATION_ID, MIGRATIONS } from './migrations.ts'

/** Files larger than this are not checked page by page when they are opened; it would take seconds. */
const CHECK_UP_TO_BYTES = 64 * 1024 * 1024

/** How long to wait for another process that holds the file, in milliseconds. */
const BUSY_TIMEOUT_MS = 5000

/**
 * Opens or creates a database file of ours and brings it to the present form.
 *
 * @throws StorageError `foreign`, `newer` or `corrupt` with the path and what to do; such a file is left as it was.
 */
export function openDatabase(path: string, durability: 'process' | 'power'): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    if (path !== ':memory:') {
      refuseUnusable(path)
      mkdirSync(dirname(path), { recursive: true })
    }
    database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'};
      PRAGMA cache_size = -65536;
      PRAGMA wal_autocheckpoint = 4000;
      PRAGMA temp_store = MEMORY;
    `)
    migrate(database, path)
    return database
  } catch (error) {
    database?.close()
    throw toStorageError(error, path)
  }
}

/** An error of SQLite as one of ours: with the path, and what to do. */
export function toStorageError(error: unknown, path: string): StorageError {
  if (error instanceof StorageError) return error
  const text = error instanceof Error ? error.message : String(error)
  const code = (error as { errcode?: unknown } | null)?.errcode
  // SQLITE_CORRUPT 11, SQLITE_NOTADB 26 (low byte of the extended code).
  const isCorrupt = typeof code === 'number' && ((code & 0xff) === 11 || (code & 0xff) === 26)
  if (isCorrupt) return corrupt(path, text, error)
  // SQLITE_BUSY 5, SQLITE_LOCKED 6: another process holds the file; trying again may help.
  const isBusy = typeof code === 'number' && ((code & 0xff) === 5 || (code & 0xff) === 6)
  return new StorageError('unavailable', path, `cannot be used: ${text}`, { cause: error, isRetryable: isBusy })
}

function migrate(database: DatabaseSync, path: string): void {
  const version = readPragma(database, 'user_version')
  if (version === MIGRATIONS.length) return
  if (version > MIGRATIONS.length) throw newer(path, version)
  database.exec('BEGIN IMMEDIATE')
  try {
    // Another process may have been faster while we waited for the lock.
    for (const step of MIGRATIONS.slice(readPragma(database, 'user_version'))) database.exec(step)
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`)
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
  // Version and mark belong into the file itself, where the next opening reads them before it touches anything.
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
}

function readPragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
}

/** Looks at the file's first 100 bytes (SQLite's header, https://www.sqlite.org/fileformat.html §1.3) without opening it. */
function refuseUnusable(path: string): void {
  if (!existsSync(path)) return
  if (!statSync(path).isFile())
    throw new StorageError('unavailable', path, 'is not a file; name a file for the database')
  if (statSync(path).size === 0) return
  const header = Buffer.alloc(100)
  const file = openSync(path, 'r')
  try {
    readSync(file, header, 0, 100, 0)
  } finally {
    closeSync(file)
  }
  if (header.toString('latin1', 0, 16) !== 'SQLite format 3\0')
    throw new StorageError('foreign', path, 'is not a SQLite database; name another file, it was left as it was')
  const mark = header.readUInt32BE(68)
  if (mark !== APPLICATION_ID && !(mark === 0 && isOursOrEmpty(path)))
    throw new StorageError('foreign', path, 'belongs to another program; name another file, it was left as it was')
  if (header.readUInt32BE(60) > MIGRATIONS.length) throw newer(path, header.readUInt32BE(60))
  if (statSync(path).size <= CHECK_UP_TO_BYTES) checkPages(path)
}

/** A database that nobody has put a table into, or ours while its mark is still in the WAL: another process is making it. */
function isOursOrEmpty(path: string): boolean {
  return look(
    path,
    (database) =>
      readPragma(database, 'application_id') === APPLICATION_ID ||
      database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'] === 0,
  )
}

function checkPages(path: string): void {
  const problem = look(path, (database) => database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'])
  if (problem !== 'ok') throw corrupt(path, String(problem))
}

/**
 * Reads from a file that may turn out not to be ours. Without a WAL nobody is writing to it, so it is opened as immutable: else
 * SQLite would leave a WAL and its index beside it.
 */
function look<T>(path: string, read: (database: DatabaseSync) => T): T {
  const url = pathToFileURL(path)
  if (!existsSync(`${path}-wal`)) url.searchParams.set('immutable', '1')
  const database = new DatabaseSync(url, { readOnly: true, timeout: BUSY_TIMEOUT_MS })
  try {
    return read(database)
  } catch (error) {
    throw toStorageError(error, path)
  } finally {
    database.close()
  }
}

function corrupt(path: string, text: string, cause?: unknown): StorageError {
  return new StorageError(
    'corrupt',
    path,
    `is damaged (${text}); it was left as it was. Restore a backup, or save what can be read with "sqlite3 ${path} .recover"`,
    { cause },
  )
}

function newer(path: string, version: number): StorageError {
  return new StorageError(
    'newer',
    path,
    `was written by a newer release (form ${version}, this one knows ${MIGRATIONS.length}); update @bighub/engine. It was left as it was`,
  )
}
