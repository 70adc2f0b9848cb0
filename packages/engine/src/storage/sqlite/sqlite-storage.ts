import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { deserialize, serialize } from 'node:v8'
import {
  type ApprovalItem,
  type ApprovalStatus,
  canonicalJson,
  type EffectState,
  StorageError,
} from '@bighub/core/protocol'
import { GENESIS_HASH, sha256 } from '../chain.ts'
import type {
  Found,
  JsonRecord,
  LogHead,
  LogRecord,
  ModelSnapshot,
  Reads,
  RecordType,
  Storage,
  StoredEffect,
  TransactionRequest,
  TransactionWork,
  WriteBatch,
} from '../storage.ts'
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

type Row = Record<string, SQLOutputValue>

/** The log and its projections in one SQLite file (WAL). Prepared statements throughout; several processes may share the file. */
export class SqliteStorage implements Storage {
  readonly path: string
  readonly #database: DatabaseSync
  readonly #organisation: string
  readonly #durability: 'process' | 'power'
  readonly #statements: ReturnType<typeof prepareStatements>
  #dataVersion: number
  #isClosed = false

  constructor(options: SqliteStorageOptions) {
    this.path = options.file
    this.#organisation = options.organisation
    this.#durability = options.durability
    this.#database = openDatabase(options.file, options.durability)
    this.#statements = prepareStatements(this.#database)
    this.#dataVersion = this.#readDataVersion()
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
          this.#write(
            work(
              request.reads.map((each) => this.#find(each)),
              foreign,
            ),
          )
          this.#dataVersion = version
        })
      } finally {
        if (mustSync) this.#database.exec('PRAGMA synchronous = NORMAL')
      }
    })
  }

  head(): LogHead {
    return this.#guarded(() => {
      const row = this.#statements.head.get(this.#organisation)
      return row ? { seq: Number(row['seq']), hash: String(row['hash']) } : { seq: 0, hash: GENESIS_HASH }
    })
  }

  readAfter(seq: number, limit: number): LogRecord[] {
    return this.#guarded(() => this.#statements.readAfter.all(this.#organisation, seq, limit).map(toRecord))
  }

  readSubject(subject: string): LogRecord[] {
    return this.#guarded(() => this.#statements.readSubject.all(this.#organisation, subject).map(toRecord))
  }

  listEffects(state: EffectState | null, limit: number): StoredEffect[] {
    return this.#guarded(() =>
      this.#statements.listEffects.all(this.#organisation, state, state, limit).flatMap((row) => toEffect(row) ?? []),
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

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#database.close()
  }

  #find(reads: Reads): Found {
    const { readEffect, readEffectById, readApproval, readSubject } = this.#statements
    const organisation = this.#organisation
    let effect: StoredEffect | null = null
    if (reads.effectKey !== undefined) effect = toEffect(readEffect.get(organisation, reads.effectKey))
    else if (reads.effectId !== undefined) effect = toEffect(readEffectById.get(organisation, reads.effectId))
    return {
      effect,
      approval: reads.approval === undefined ? null : toApproval(readApproval.get(organisation, reads.approval)),
      records: reads.subject === undefined ? [] : readSubject.all(organisation, reads.subject).map(toRecord),
    }
  }

  #write(batch: WriteBatch): void {
    const { insertRecord, upsertEffect, upsertApproval } = this.#statements
    for (const record of batch.records)
      insertRecord.run(
        this.#organisation,
        record.seq,
        record.type,
        record.at,
        record.subject,
        canonicalJson(record.kept),
        record.payload === null ? null : canonicalJson(record.payload),
        record.payloadDigest,
        record.hash,
      )
    for (const effect of batch.effects)
      upsertEffect.run(
        this.#organisation,
        effect.effect_key,
        effect.effect_id,
        effect.request_id,
        effect.arguments_digest,
        effect.state,
        effect.owner,
        effect.claimed_at,
        effect.settled_at ?? null,
        effect.summary ?? null,
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
      throw toStorageError(error, this.path)
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
    head: prepare('SELECT seq, hash FROM records WHERE organisation = ? ORDER BY seq DESC LIMIT 1'),
    readAfter: prepare(
      'SELECT seq, type, at, subject, kept, payload, payload_digest, hash FROM records WHERE organisation = ? AND seq > ? ORDER BY seq LIMIT ?',
    ),
    readSubject: prepare(
      'SELECT seq, type, at, subject, kept, payload, payload_digest, hash FROM records WHERE organisation = ? AND subject = ? ORDER BY seq',
    ),
    insertRecord: prepare(
      'INSERT INTO records (organisation, seq, type, at, subject, kept, payload, payload_digest, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    readEffect: prepare('SELECT * FROM effects WHERE organisation = ? AND effect_key = ?'),
    readEffectById: prepare('SELECT * FROM effects WHERE organisation = ? AND effect_id = ?'),
    listEffects: prepare(
      'SELECT * FROM effects WHERE organisation = ? AND (? IS NULL OR state = ?) ORDER BY claimed_at DESC LIMIT ?',
    ),
    upsertEffect: prepare(
      `INSERT INTO effects (organisation, effect_key, effect_id, request_id, arguments_digest, state, owner, claimed_at, settled_at, summary)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (organisation, effect_key) DO UPDATE SET
         state = excluded.state, settled_at = excluded.settled_at, summary = excluded.summary`,
    ),
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

function toRecord(row: Row): LogRecord {
  return {
    seq: Number(row['seq']),
    type: String(row['type']) as RecordType,
    at: Number(row['at']),
    subject: String(row['subject']),
    kept: JSON.parse(String(row['kept'])) as JsonRecord,
    payload: row['payload'] === null ? null : (JSON.parse(String(row['payload'])) as JsonRecord),
    payloadDigest: String(row['payload_digest']),
    hash: String(row['hash']),
  }
}

function toEffect(row: Row | undefined): StoredEffect | null {
  if (!row) return null
  return {
    effect_id: String(row['effect_id']),
    effect_key: String(row['effect_key']),
    request_id: String(row['request_id']),
    arguments_digest: String(row['arguments_digest']),
    state: String(row['state']) as EffectState,
    owner: String(row['owner']),
    claimed_at: String(row['claimed_at']),
    settled_at: row['settled_at'] === null ? null : String(row['settled_at']),
    summary: row['summary'] === null ? null : String(row['summary']),
  }
}

function toApproval(row: Row | undefined): ApprovalItem | null {
  return row ? (JSON.parse(String(row['item'])) as ApprovalItem) : null
}

function digestOf(bytes: Uint8Array): string {
  return sha256(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'))
}
