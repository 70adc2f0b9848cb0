import { deserialize, serialize } from 'node:v8'
import { type ApprovalItem, type ApprovalStatus, canonicalJson, StorageError } from '@bighub/core/protocol'
import { type CompiledQuery, Kysely, PostgresDialect } from 'kysely'
import type { Pool, PoolClient } from 'pg'
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
import { describeUrl, openPool, toStorageError } from './open-pool.ts'
import { fromStorable, toReadable, toStorable } from './storable-text.ts'

export interface PostgresStorageOptions {
  /** `postgresql://user:password@host:port/database`. */
  readonly url: string
  readonly organisation: string
  /** `power`: a commit waits for the disk of the database server. */
  readonly durability: 'process' | 'power'
}

/** First half of the advisory lock under which an organisation's log grows; its number is the second. */
const LOG_LOCK = 0x42494747

const COLUMNS = 'seq, type, at, subject, effect_key, kept, payload, payload_digest, hash'

interface RecordRow {
  readonly seq: number
  readonly type: string
  readonly at: number
  readonly subject: string
  readonly effect_key: string | null
  readonly kept: string
  readonly payload: string | null
  readonly payload_digest: string
  readonly hash: string
}

/**
 * The log and the tables beside it in PostgreSQL. One instance at a time appends to an organisation's log (advisory lock), in any
 * number of processes; what others appended is folded in first.
 */
export class PostgresStorage implements Storage {
  readonly path: string
  readonly organisation: number
  readonly database: Kysely<Tables>
  readonly #pool: Pool
  readonly #durability: 'process' | 'power'
  /** The newest record that this handle has seen. */
  #seen = 0
  #isClosed = false

  private constructor(pool: Pool, options: PostgresStorageOptions, organisation: number) {
    this.path = describeUrl(options.url)
    this.organisation = organisation
    this.#pool = pool
    this.#durability = options.durability
    this.database = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: readablePool(pool) }) })
  }

  /** @throws StorageError if the database cannot be reached, or its schema is newer than this program. */
  static async open(options: PostgresStorageOptions): Promise<PostgresStorage> {
    const pool = await openPool(options.url)
    try {
      const name = toStorable(options.organisation)
      await pool.query('INSERT INTO organisations (name) VALUES ($1) ON CONFLICT (name) DO NOTHING', [name])
      const { rows } = await pool.query<{ id: number }>('SELECT id FROM organisations WHERE name = $1', [name])
      const storage = new PostgresStorage(pool, options, rows[0]?.id ?? 0)
      storage.#seen = (await storage.head()).seq
      return storage
    } catch (error) {
      await pool.end()
      throw toStorageError(error, describeUrl(options.url))
    }
  }

  async transact(request: TransactionRequest, work: TransactionWork): Promise<void> {
    await this.#inTransaction(request.sync || this.#durability === 'power', async (client) => {
      await client.query('SELECT pg_advisory_xact_lock($1, $2)', [LOG_LOCK, this.organisation])
      const head = await this.#head(client)
      const foreign = head.seq === request.afterSeq ? [] : await this.#readAfter(client, request.afterSeq, null)
      const found = await this.#find(client, request.reads)
      const batch = work(found, foreign)
      await this.#write(client, batch)
      this.#seen = batch.records.at(-1)?.seq ?? head.seq
    })
  }

  head(): Promise<LogHead> {
    return this.#guarded(() => this.#head(this.#pool))
  }

  readAfter(seq: number, limit: number): Promise<readonly LogRecord[]> {
    return this.#guarded(() => this.#readAfter(this.#pool, seq, limit))
  }

  readSubject(subject: string): Promise<readonly LogRecord[]> {
    return this.#guarded(() => this.#readSubject(this.#pool, subject))
  }

  readApproval(requestId: string): Promise<ApprovalItem | null> {
    return this.#guarded(() => this.#readApproval(this.#pool, requestId))
  }

  listApprovals(status: ApprovalStatus | null, limit: number): Promise<readonly ApprovalItem[]> {
    return this.#guarded(async () => {
      const { rows } = await this.#pool.query<{ item: string }>(
        `SELECT item FROM approvals WHERE organisation = $1 AND ($2::text IS NULL OR status = $2)
         ORDER BY created_at DESC, request_id DESC LIMIT $3`,
        [this.organisation, status, limit],
      )
      return rows.map((row) => JSON.parse(row.item) as ApprovalItem)
    })
  }

  readSnapshot(format: number): Promise<ModelSnapshot | null> {
    return this.#guarded(async () => {
      const { rows } = await this.#pool.query<{ seq: number; digest: string; state: Buffer }>(
        'SELECT seq, digest, state FROM snapshots WHERE organisation = $1 AND format = $2 ORDER BY seq DESC',
        [this.organisation, format],
      )
      // A snapshot is a cache: one that does not match its digest is passed over, the log is folded instead.
      const good = rows.find((row) => digestOf(row.state) === row.digest)
      return good ? { seq: good.seq, format, state: deserialize(good.state) } : null
    })
  }

  async writeSnapshot(snapshot: ModelSnapshot): Promise<void> {
    const state = serialize(snapshot.state)
    await this.#inTransaction(false, async (client) => {
      await client.query(
        `INSERT INTO snapshots (organisation, seq, format, digest, state) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (organisation, seq) DO UPDATE SET format = excluded.format, digest = excluded.digest, state = excluded.state`,
        [this.organisation, snapshot.seq, snapshot.format, digestOf(state), state],
      )
      await client.query(
        `DELETE FROM snapshots WHERE organisation = $1 AND seq NOT IN
           (SELECT seq FROM snapshots WHERE organisation = $1 ORDER BY seq DESC LIMIT 2)`,
        [this.organisation],
      )
    })
  }

  async hasForeignWrites(): Promise<boolean> {
    return (await this.head()).seq !== this.#seen
  }

  batch(statements: readonly CompiledQuery[]): Promise<boolean> {
    return this.#inTransaction(false, async (client) => {
      for (const [index, { sql, parameters }] of statements.entries()) {
        const { rowCount } = await client.query(sql, parameters.map(readableValue))
        if (index === 0 && rowCount === 0) return false
      }
      return true
    })
  }

  async erasePayloads(seqs: readonly number[]): Promise<void> {
    await this.#guarded(() =>
      this.#pool.query('UPDATE records SET payload = NULL WHERE organisation = $1 AND seq = ANY($2::bigint[])', [
        this.organisation,
        [...seqs],
      ]),
    )
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#pool.end()
  }

  async #find(client: PoolClient, reads: readonly Reads[]): Promise<Found[]> {
    const found: Found[] = []
    for (const { effectKey, approval, subject } of reads)
      found.push({
        claim: effectKey === undefined ? null : await this.#readClaim(client, effectKey),
        approval: approval === undefined ? null : await this.#readApproval(client, approval),
        records: subject === undefined ? [] : await this.#readSubject(client, subject),
      })
    return found
  }

  async #write(client: PoolClient, batch: WriteBatch): Promise<void> {
    // One statement for all records: each statement is a round trip.
    const columns: unknown[][] = [[], [], [], [], [], [], [], [], []]
    for (const record of batch.records) {
      const { seq, type, at, subject, effectKey, keptText, payloadText, payloadDigest, hash } = record
      const values = [
        seq,
        type,
        at,
        toStorable(subject),
        effectKey && toStorable(effectKey),
        keptText,
        payloadText,
        payloadDigest,
        hash,
      ]
      for (const [index, value] of values.entries()) columns[index]?.push(value)
    }
    if (batch.records.length > 0)
      await client.query(
        `INSERT INTO records (organisation, ${COLUMNS})
         SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])`,
        [this.organisation, ...columns],
      )
    for (const approval of batch.approvals)
      await client.query(
        `INSERT INTO approvals (organisation, request_id, status, created_at, item) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (organisation, request_id) DO UPDATE SET status = excluded.status, item = excluded.item`,
        [
          this.organisation,
          toStorable(approval.request_id),
          approval.status,
          approval.created_at,
          canonicalJson(approval),
        ],
      )
  }

  async #head(client: Pool | PoolClient): Promise<LogHead> {
    const { rows } = await client.query<{ seq: number; hash: string }>(
      'SELECT seq, hash FROM records WHERE organisation = $1 ORDER BY seq DESC LIMIT 1',
      [this.organisation],
    )
    const [row] = rows
    return row ? { seq: row.seq, hash: row.hash } : { seq: 0, hash: GENESIS_HASH }
  }

  async #readAfter(client: Pool | PoolClient, seq: number, limit: number | null): Promise<LogRecord[]> {
    const { rows } = await client.query<RecordRow>(
      `SELECT ${COLUMNS} FROM records WHERE organisation = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
      [this.organisation, seq, limit],
    )
    return rows.map(toRecord)
  }

  async #readSubject(client: Pool | PoolClient, subject: string): Promise<LogRecord[]> {
    const { rows } = await client.query<RecordRow>(
      `SELECT ${COLUMNS} FROM records WHERE organisation = $1 AND subject = $2 ORDER BY seq`,
      [this.organisation, toStorable(subject)],
    )
    return rows.map(toRecord)
  }

  async #readClaim(client: PoolClient, effectKey: string): Promise<LogRecord | null> {
    const { rows } = await client.query<RecordRow>(
      `SELECT ${COLUMNS} FROM records WHERE organisation = $1 AND effect_key = $2`,
      [this.organisation, toStorable(effectKey)],
    )
    return rows[0] ? toRecord(rows[0]) : null
  }

  async #readApproval(client: Pool | PoolClient, requestId: string): Promise<ApprovalItem | null> {
    const { rows } = await client.query<{ item: string }>(
      'SELECT item FROM approvals WHERE organisation = $1 AND request_id = $2',
      [this.organisation, toStorable(requestId)],
    )
    return rows[0] ? (JSON.parse(rows[0].item) as ApprovalItem) : null
  }

  #inTransaction<T>(mustSync: boolean, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.#guarded(async () => {
      const client = await this.#pool.connect()
      let broken: Error | undefined
      try {
        await client.query(`BEGIN; SET LOCAL synchronous_commit = ${mustSync ? 'on' : 'off'}`)
        const result = await work(client)
        // A batch that was not to be written has written nothing.
        await client.query('COMMIT')
        return result
      } catch (error) {
        await client.query('ROLLBACK').catch((failure: Error) => {
          broken = failure
        })
        throw error
      } finally {
        client.release(broken)
      }
    })
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed)
      throw new StorageError(
        'closed',
        this.path,
        'is closed; close the engine only after guard.flush() or guard.close()',
      )
    try {
      return await work()
    } catch (error) {
      throw isDatabaseError(error) ? toStorageError(error, this.path) : error
    }
  }
}

/** Errors of the connection or of the database, as opposed to those of whoever works out what is written. */
function isDatabaseError(error: unknown): boolean {
  const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown }
  return severity !== undefined || (typeof code === 'string' && /^E[A-Z]+$/.test(code)) || isConnectionError(error)
}

function isConnectionError(error: unknown): boolean {
  return error instanceof Error && /^(?:Connection terminated|Client|timeout)/.test(error.message)
}

function toRecord(row: RecordRow): LogRecord {
  return lazyRecord({
    seq: row.seq,
    type: row.type as RecordType,
    at: row.at,
    subject: fromStorable(row.subject),
    keptText: row.kept,
    payloadText: row.payload,
    payloadDigest: row.payload_digest,
    hash: row.hash,
    effectKey: row.effect_key === null ? null : fromStorable(row.effect_key),
  })
}

/** The pool as Kysely uses it: texts are made readable, since the tables beside the log are what people look at. */
function readablePool(
  pool: Pool,
): ConstructorParameters<typeof PostgresDialect>[0] extends { pool: infer P } ? P : never {
  return {
    connect: async () => {
      const client = await pool.connect()
      return {
        // Kysely asks for a cursor only where a query is streamed, which nothing here does.
        query: (sql: unknown, parameters?: readonly unknown[]) =>
          client.query(sql as string, (parameters ?? []).map(readableValue)),
        release: () => client.release(),
      }
    },
    end: async () => undefined,
  } as never
}

function readableValue(value: unknown): unknown {
  return typeof value === 'string' ? toReadable(value) : value
}

function digestOf(bytes: Uint8Array): string {
  return sha256(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'))
}
