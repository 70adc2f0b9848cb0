import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { OutboxEntry, OutboxStore } from '../guard/outbox/outbox-store.ts'

/** How long to wait for another process that holds the file, in milliseconds. */
const BUSY_TIMEOUT_MS = 2000

/** Outboxes of this process, which all live. */
const OWN = new Set<string>()

/**
 * Reports in a SQLite file (WAL), which several processes may share: each entry belongs to the process that put it, until that is
 * gone. The file is made with the first entry, readable by its owner alone.
 */
export class SqliteOutbox implements OutboxStore {
  readonly file: string
  readonly #owner = JSON.stringify([hostname(), process.pid, randomUUID()])
  #database: DatabaseSync | undefined

  constructor(file: string) {
    this.file = file
  }

  put({ id, text }: OutboxEntry): void {
    this.#open().prepare('INSERT INTO outbox (id, owner, text) VALUES (?, ?, ?)').run(id, this.#owner, text)
  }

  take(limit: number): OutboxEntry[] {
    if (!existsSync(this.file)) return []
    const database = this.#open()
    for (const { owner } of database.prepare('SELECT DISTINCT owner FROM outbox').all())
      if (typeof owner === 'string' && isGone(owner))
        // Whoever comes second finds none of that name.
        database.prepare('UPDATE outbox SET owner = ? WHERE owner = ?').run(this.#owner, owner)
    return database
      .prepare('SELECT id, text FROM outbox WHERE owner = ? ORDER BY place LIMIT ?')
      .all(this.#owner, limit)
      .map(({ id, text }) => ({ id: String(id), text: String(text) }))
  }

  remove(id: string): void {
    this.#open().prepare('DELETE FROM outbox WHERE id = ?').run(id)
  }

  release(): void {
    OWN.delete(this.#owner)
    this.#database?.close()
    this.#database = undefined
  }

  #open(): DatabaseSync {
    if (this.#database) return this.#database
    OWN.add(this.#owner)
    mkdirSync(dirname(this.file), { recursive: true })
    // Loaded with the first entry: older versions of Node print a warning when it is.
    const sqlite = process.getBuiltinModule('node:sqlite')
    const database = new sqlite.DatabaseSync(this.file, { timeout: BUSY_TIMEOUT_MS })
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS outbox (
        place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, text TEXT NOT NULL
      );
    `)
    chmodSync(this.file, 0o600)
    this.#database = database
    return database
  }
}

/** Whether an owner's process has ended. Of another machine nobody can tell. */
function isGone(owner: string): boolean {
  if (OWN.has(owner)) return false
  const [host, pid] = JSON.parse(owner) as [string, number, string]
  if (host !== hostname()) return false
  // The same number, but not one of ours: an earlier process had it.
  if (pid === process.pid) return true
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    // EPERM: somebody else's, and alive.
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
