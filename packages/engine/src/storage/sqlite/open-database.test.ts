import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StorageError } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import { temporaryFile, temporaryFolder } from '../../../test/support/temporary.ts'
import { APPLICATION_ID, MIGRATIONS } from './migrations.ts'
import { openDatabase } from './open-database.ts'

/** Names and contents of all files in a folder; of a WAL's index only the name, since every look at a WAL writes there. */
function contentsOf(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => {
      const digest = createHash('sha256').update(readFileSync(join(folder, name)))
      return [name, name.endsWith('-shm') ? '' : digest.digest('hex')]
    }),
  )
}

/** Opens a file that must be refused, and returns why. */
function refusalOf(path: string): StorageError {
  try {
    openDatabase(path, 'process').close()
  } catch (error) {
    if (error instanceof StorageError) return error
    throw error
  }
  throw new Error(`${path} was opened`)
}

/** A database of ours with some records, closed. */
function ours(): string {
  const file = temporaryFile()
  const database = openDatabase(file, 'process')
  const insert = database.prepare(
    `INSERT INTO records (organisation, type, at, subject, kept, payload, payload_digest, hash)
     VALUES (1, 'evaluation', 1, ?, ?, '{}', '', '')`,
  )
  for (let n = 0; n < 500; n++) insert.run(`act_${n}`, JSON.stringify({ text: 'x'.repeat(200) }))
  database.close()
  return file
}

/** A database of ours that a killed process left: all records are still in the WAL beside it. */
function killed(): string {
  const file = join(temporaryFolder(), 'killed.db')
  const alive = join(temporaryFolder(), 'alive.db')
  const database = openDatabase(alive, 'process')
  database.exec("INSERT INTO organisations (name) VALUES ('left in the WAL')")
  for (const suffix of ['', '-wal', '-shm']) writeFileSync(`${file}${suffix}`, readFileSync(`${alive}${suffix}`))
  database.close()
  return file
}

function foreign(change: (database: DatabaseSync) => void): string {
  const file = temporaryFile()
  const database = new DatabaseSync(file)
  change(database)
  database.close()
  return file
}

/** Overwrites a part of a file with noise. */
function damage(file: string, from: number, length: number): string {
  const bytes = readFileSync(file)
  bytes.fill(0xa5, from, from + length)
  writeFileSync(file, bytes)
  return file
}

describe('opening a database', () => {
  it('makes the file and its folders, marked as ours', () => {
    const file = join(temporaryFolder(), 'a', 'b', 'bighub.db')
    openDatabase(file, 'process').close()
    const header = readFileSync(file)
    expect(header.readUInt32BE(68)).toBe(APPLICATION_ID)
    expect(header.readUInt32BE(60)).toBe(MIGRATIONS.length)
  })

  it('opens its own file again, and an empty one', () => {
    const file = ours()
    const database = openDatabase(file, 'power')
    expect(database.prepare('SELECT count(*) AS n FROM records').get()).toMatchObject({ n: 500 })
    database.close()
    const empty = temporaryFile()
    writeFileSync(empty, '')
    openDatabase(empty, 'process').close()
  })

  it('takes a database that holds nothing yet', () => {
    const file = foreign((database) => database.exec('PRAGMA journal_mode = WAL; PRAGMA user_version = 0; VACUUM'))
    openDatabase(file, 'process').close()
    expect(readFileSync(file).readUInt32BE(68)).toBe(APPLICATION_ID)
  })

  it('finds what a killed process left in the WAL', () => {
    const database = openDatabase(killed(), 'process')
    expect(database.prepare('SELECT name FROM organisations').get()).toEqual({ name: 'left in the WAL' })
    database.close()
  })

  it('knows its own file while mark and tables are still in the WAL', () => {
    const file = temporaryFile()
    const other = new DatabaseSync(file)
    other.exec(`PRAGMA journal_mode = WAL; BEGIN; ${MIGRATIONS.join('')}
      PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`)
    // A second process opens the file before the first one could move the WAL into it.
    expect(readFileSync(file).readUInt32BE(68)).toBe(0)
    openDatabase(file, 'process').close()
    other.close()
  })

  it('waits for a process that holds the file for a moment', async () => {
    const file = temporaryFile()
    openDatabase(file, 'process').close()
    // Holds the file, says so, and lets go of it while this process is already opening it.
    const script = `const { DatabaseSync } = require('node:sqlite')
      const database = new DatabaseSync(process.argv[1])
      database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; INSERT INTO organisations (name) VALUES (1); COMMIT')
      process.stdout.write('held')
      setTimeout(() => database.close(), 300)`
    const holder = spawn(process.execPath, ['-e', script, file], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(holder, 'exit')
    await once(holder.stdout, 'data')
    const database = openDatabase(file, 'process')
    expect(database.prepare('SELECT count(*) AS n FROM organisations').get()).toEqual({ n: 1 })
    database.close()
    await ended
  })

  it('brings every earlier form to the present one', () => {
    for (let version = 0; version <= MIGRATIONS.length; version++) {
      const file = foreign((database) => {
        for (const step of MIGRATIONS.slice(0, version)) database.exec(step)
        database.exec(`PRAGMA user_version = ${version}; PRAGMA application_id = ${APPLICATION_ID}`)
      })
      const database = openDatabase(file, 'process')
      expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: MIGRATIONS.length })
      expect(database.prepare('SELECT count(*) AS n FROM records').get()).toEqual({ n: 0 })
      database.close()
    }
  })
})

describe('a file that cannot be used is refused and left as it was', () => {
  it.each<[string, string, () => string, RegExp]>([
    [
      'a text file',
      'foreign',
      () => {
        const file = temporaryFile()
        writeFileSync(file, 'dear diary')
        return file
      },
      /not a SQLite database; name another file/,
    ],
    [
      'a text file longer than a header',
      'foreign',
      () => {
        const file = temporaryFile()
        writeFileSync(file, '{"a":1}\n'.repeat(1000))
        return file
      },
      /not a SQLite database; name another file/,
    ],
    [
      'a database of another program',
      'foreign',
      () => foreign((database) => database.exec('CREATE TABLE cookies (name TEXT)')),
      /belongs to another program; name another file/,
    ],
    [
      'a marked database of another program',
      'foreign',
      () => foreign((database) => database.exec('PRAGMA application_id = 252006674; CREATE TABLE vents (x)')),
      /belongs to another program; name another file/,
    ],
    [
      'a database of another program in WAL mode',
      'foreign',
      () => foreign((database) => database.exec('PRAGMA journal_mode = WAL; CREATE TABLE cookies (name TEXT)')),
      /belongs to another program; name another file/,
    ],
    [
      'a database of a newer release',
      'newer',
      () => {
        const file = ours()
        const database = new DatabaseSync(file)
        database.exec('PRAGMA user_version = 999; PRAGMA wal_checkpoint(TRUNCATE)')
        database.close()
        return file
      },
      /newer release \(form 999, this one knows \d+\); update @bighub\/engine/,
    ],
    ['a database whose pages are damaged', 'corrupt', () => damage(ours(), 20_000, 30_000), /Restore a backup/],
    ['a database whose first page is damaged', 'corrupt', () => damage(ours(), 100, 3000), /Restore a backup/],
    [
      'a database that was cut off',
      'corrupt',
      () => {
        const file = ours()
        truncateSync(file, 40_000)
        return file
      },
      /Restore a backup/,
    ],
    ['a damaged database with a WAL beside it', 'corrupt', () => damage(killed(), 100, 3000), /Restore a backup/],
  ])('%s: %s', (_, failure, make, advice) => {
    const file = make()
    const folder = join(file, '..')
    const before = contentsOf(folder)
    const error = refusalOf(file)
    expect(error.code).toBe(`storage_${failure}`)
    expect(error.message).toContain(file)
    expect(error.message).toMatch(advice)
    expect(error.message).toContain('left as it was')
    expect(contentsOf(folder)).toEqual(before)
  })

  it('a folder', () => {
    const folder = temporaryFolder()
    const error = refusalOf(folder)
    expect(error.code).toBe('storage_unavailable')
    expect(error.message).toMatch(/is not a file; name a file for the database/)
    expect(readdirSync(folder)).toEqual([])
  })

  it('a path through a file', () => {
    const file = temporaryFile()
    writeFileSync(file, 'a file')
    const error = refusalOf(join(file, 'bighub.db'))
    expect(error.code).toBe('storage_unavailable')
    expect(error.message).toContain(file)
    expect(readFileSync(file, 'utf8')).toBe('a file')
  })

  it('a link that points at itself', () => {
    const file = temporaryFile()
    symlinkSync(file, file)
    expect(refusalOf(file).code).toBe('storage_unavailable')
  })
})
