import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import { deserialize, serialize } from 'node:v8'
import { type ApprovalItem, type ApprovalStatus, canonicalJson, StorageError } from '@bighub/core/protocol'
import type { CompiledQuery, Kysely } from 'kysely'
import { GENESIS_HASH, sha256 } from '../chain.ts'
import { lazyRecord } from '../lazy-record.ts'
import type {
  Found,
  LogHead,
  LogRecord,
  ModelSnapshot,
  Reads,
  RecordType,
  Storage,
  TransactionRequest,
  TransactionWork,
  WriteBatch,
} from '../storage.ts'
import type { Tables } from '../tables.ts'
import { createKysely, StatementCache } from './kysely-database.ts'
import { openDatabase, toStorageError } from './open-database.ts'

export interface SqliteStorageOptions {
  /** Path of the file, created when it is not there; `:memory:` keeps nothing. */
  readonly file: string
  readonly organisation: string
  /** `power` syncs every commit to disk. */
  readonly durability: 'process' | 'power'
}

/** SQLite's word for no limit. */
const ALL = -1

/** Room for the records of one organisation; 2^19 organisations fit below the largest exact integer. */
const MOST_RECORDS = 2 ** 34

const COLUMNS = 'place, type, at, subject, effect_key, kept, payload, payload_digest, hash'

type Row = Record<string, SQLOutputValue>

/** The log and its projections in one SQLite file (WAL). Prepared statements throughout; several processes may share the file. */
export class SqliteStorage implements Storage {
  readonly path: string
  readonly database: Kysely<Tables>
  readonly #database: DatabaseSync
  readonly #cache: StatementCache
  /** The organisation's number in this file, and where its records begin. */
  readonly #organisation: number
  readonly #base: number
  readonly #durability: 'process' | 'power'
  readonly #statements: ReturnType<typeof prepareStatements>
  #dataVersion: number
  #isClosed = false

  constructor(options: SqliteStorageOptions) {
    this.path = options.file
    this.#durability = options.durability
    this.#database = openDatabase(options.file, options.durability)
    this.#statements = prepareStatements(this.#database)
    this.#cache = new StatementCache(this.#database)
    this.database = createKysely(this.#cache, (work) => this.#guarded(work))
    this.#organisation = this.#guarded(() => this.#findOrganisation(options.organisation))
    this.#base = this.#organisation * MOST_RECORDS
    this.#dataVersion = this.#readDataVersion()
  }

  get organisation(): number {
    return this.#organisation
  }

  transact(request: TransactionRequest, work: TransactionWork): void {
    this.#guarded(() => {
      const mustSync = request.sync && this.#durability === 'process'
      if (mustSync) this.#database.exec('PRAGMA synchronous = FULL')
      try {
        this.#inTransaction(() => {
          // Another connection's commit changes data_version; ours does not. From here on nobody else can write.
          const version = this.#readDataVersion()
          const foreign = version === this.#dataVersion ? [] : this.readAfter(request.afterSeq, ALL)
          this.#write(work(this.#findAll(request.reads), foreign))
          this.#dataVersion = version
        })
      } finally {
        if (mustSync) this.#database.exec('PRAGMA synchronous = NORMAL')
      }
    })
  }

  head(): LogHead {
    return this.#guarded(() => {
      const row = this.#statements.head.get(this.#base, this.#base + MOST_RECORDS)
      return row
        ? { seq: Number(row['place']) - this.#base, hash: String(row['hash']) }
        : { seq: 0, hash: GENESIS_HASH }
    })
  }

  readAfter(seq: number, limit: number): LogRecord[] {
    return this.#guarded(() =>
      this.#statements.readAfter
        .all(this.#base + seq, this.#base + MOST_RECORDS, limit)
        .map((row) => this.#toRecord(row)),
    )
  }

  readSubject(subject: string): LogRecord[] {
    return this.#guarded(() =>
      this.#statements.readSubject.all(this.#organisation, subject).map((row) => this.#toRecord(row)),
    )
  }

  readApproval(requestId: string): ApprovalItem | null {
    return this.#guarded(() => toApproval(this.#statements.readApproval.get(this.#organisation, requestId)))
  }

  listApprovals(status: ApprovalStatus | null, limit: number): ApprovalItem[] {
    return this.#guarded(() =>
      this.#statements.listApprovals
        .all(this.#organisation, status, status, limit)
        .flatMap((row) => toApproval(row) ?? []),
    )
  }

  readSnapshot(format: number): ModelSnapshot | null {
    return this.#guarded(() => {
      for (const row of this.#statements.readSnapshots.all(this.#organisation, format)) {
        const state = row['state']
        // A snapshot is a cache: one that does not match its digest is passed over, the log is folded instead.
        if (!(state instanceof Uint8Array) || digestOf(state) !== row['digest']) continue
        return { seq: Number(row['seq']), format, state: deserialize(state) }
      }
      return null
    })
  }

  writeSnapshot(snapshot: ModelSnapshot): void {
    this.#guarded(() => {
      const state = serialize(snapshot.state)
      this.#inTransaction(() => {
        this.#statements.writeSnapshot.run(this.#organisation, snapshot.seq, snapshot.format, digestOf(state), state)
        this.#statements.dropSnapshots.run(this.#organisation, this.#organisation)
      })
    })
  }

  hasForeignWrites(): boolean {
    return this.#guarded(() => this.#readDataVersion() !== this.#dataVersion)
  }

  batch(statements: readonly CompiledQuery[]): boolean {
    return this.#guarded(() => {
      this.#statements.begin.run()
      try {
        for (const [index, { sql, parameters }] of statements.entries()) {
          // Kysely has bound what its own compiler wrote: text, numbers and null.
          const { changes } = this.#cache.prepare(sql).run(...(parameters as readonly SQLInputValue[]))
          if (index === 0 && changes === 0) {
            this.#statements.rollback.run()
            return false
          }
        }
        this.#statements.commit.run()
        return true
      } catch (error) {
        if (this.#database.isTransaction) this.#statements.rollback.run()
        throw error
      }
    })
  }

  erasePayloads(seqs: readonly number[]): void {
    this.#guarded(() =>
      this.#inTransaction(() => {
        for (const seq of seqs) this.#statements.erasePayload.run(this.#base + seq)
      }),
    )
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#database.close()
  }

  /** A call's settlement and its outcome are one commit and read the same records: these are read once. */
  #findAll(reads: readonly Reads[]): Found[] {
    const subjects = new Map<string, LogRecord[]>()
    return reads.map((each) => this.#find(each, subjects))
  }

  #find(reads: Reads, subjects: Map<string, LogRecord[]>): Found {
    const { readClaim, readApproval } = this.#statements
    const claim = reads.effectKey === undefined ? undefined : readClaim.get(this.#organisation, reads.effectKey)
    return {
      claim: claim ? this.#toRecord(claim) : null,
      approval: reads.approval === undefined ? null : toApproval(readApproval.get(this.#organisation, reads.approval)),
      records: reads.subject === undefined ? [] : this.#findSubject(reads.subject, subjects),
    }
  }

  #findSubject(subject: string, known: Map<string, LogRecord[]>): LogRecord[] {
    const before = known.get(subject)
    if (before) return before
    const records = this.#statements.readSubject.all(this.#organisation, subject).map((row) => this.#toRecord(row))
    known.set(subject, records)
    return records
  }

  #write(batch: WriteBatch): void {
    const { insertRecord, upsertApproval } = this.#statements
    for (const record of batch.records)
      insertRecord.run(
        this.#base + record.seq,
        this.#organisation,
        record.type,
        record.at,
        record.subject,
        record.effectKey,
        record.keptText,
        record.payloadText,
        record.payloadDigest,
        record.hash,
      )
    for (const approval of batch.approvals)
      upsertApproval.run(
        this.#organisation,
        approval.request_id,
        approval.status,
        approval.created_at,
        canonicalJson(approval),
      )
  }

  #toRecord(row: Row): LogRecord {
    return lazyRecord({
      seq: Number(row['place']) - this.#base,
      type: String(row['type']) as RecordType,
      at: Number(row['at']),
      subject: String(row['subject']),
      keptText: String(row['kept']),
      payloadText: row['payload'] === null ? null : String(row['payload']),
      payloadDigest: String(row['payload_digest']),
      hash: String(row['hash']),
      effectKey: row['effect_key'] === null ? null : String(row['effect_key']),
    })
  }

  #findOrganisation(name: string): number {
    this.#database.prepare('INSERT OR IGNORE INTO organisations (name) VALUES (?)').run(name)
    return Number(this.#database.prepare('SELECT id FROM organisations WHERE name = ?').get(name)?.['id'])
  }

  #inTransaction<T>(write: () => T): T {
    this.#statements.begin.run()
    try {
      const result = write()
      this.#statements.commit.run()
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#statements.rollback.run()
      throw error
    }
  }

  #readDataVersion(): number {
    return Number(this.#statements.dataVersion.get()?.['data_version'])
  }

  #guarded<T>(work: () => T): T {
    if (this.#isClosed)
      throw new StorageError(
        'closed',
        this.path,
        'is closed; close the engine only after guard.flush() or guard.close()',
      )
    try {
      return work()
    } catch (error) {
      // What the caller's own work throws goes through as it is.
      throw (error as { code?: unknown } | null)?.code === 'ERR_SQLITE_ERROR' ? toStorageError(error, this.path) : error
    }
  }
}

function prepareStatements(database: DatabaseSync) {
  const prepare = (sql: string): ReturnType<DatabaseSync['prepare']> => database.prepare(sql)
  return {
    begin: prepare('BEGIN IMMEDIATE'),
    commit: prepare('COMMIT'),
    rollback: prepare('ROLLBACK'),
    dataVersion: prepare('PRAGMA data_version'),
    head: prepare('SELECT place, hash FROM records WHERE place > ? AND place < ? ORDER BY place DESC LIMIT 1'),
    readAfter: prepare(`SELECT ${COLUMNS} FROM records WHERE place > ? AND place < ? ORDER BY place LIMIT ?`),
    readSubject: prepare(`SELECT ${COLUMNS} FROM records WHERE organisation = ? AND subject = ? ORDER BY place`),
    readClaim: prepare(`SELECT ${COLUMNS} FROM records WHERE organisation = ? AND effect_key = ?`),
    insertRecord: prepare(
      `INSERT INTO records (place, organisation, type, at, subject, effect_key, kept, payload, payload_digest, hash)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    erasePayload: prepare('UPDATE records SET payload = NULL WHERE place = ?'),
    readApproval: prepare('SELECT item FROM approvals WHERE organisation = ? AND request_id = ?'),
    listApprovals: prepare(
      'SELECT item FROM approvals WHERE organisation = ? AND (? IS NULL OR status = ?) ORDER BY created_at DESC, request_id DESC LIMIT ?',
    ),
    upsertApproval: prepare(
      `INSERT INTO approvals (organisation, request_id, status, created_at, item) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (organisation, request_id) DO UPDATE SET status = excluded.status, item = excluded.item`,
    ),
    readSnapshots: prepare(
      'SELECT seq, digest, state FROM snapshots WHERE organisation = ? AND format = ? ORDER BY seq DESC',
    ),
    writeSnapshot: prepare(
      'INSERT OR REPLACE INTO snapshots (organisation, seq, format, digest, state) VALUES (?, ?, ?, ?, ?)',
    ),
    dropSnapshots: prepare(
      `DELETE FROM snapshots WHERE organisation = ? AND seq NOT IN
         (SELECT seq FROM snapshots WHERE organisation = ? ORDER BY seq DESC LIMIT 2)`,
    ),
  }
}

function toApproval(row: Row | undefined): ApprovalItem | null {
  return row ? (JSON.parse(String(row['item'])) as ApprovalItem) : null
}

function digestOf(bytes: Uint8Array): string {
  return sha256(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'))
}
