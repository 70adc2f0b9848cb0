import type { CompiledQuery, Kysely } from 'kysely'
import { readLifecycle } from '../ingest/lifecycle-records.ts'
import type { LogRecord, Storage } from '../storage/storage.ts'
import type { DecisionRow, EventRow, Tables } from '../storage/tables.ts'
import { decisionRow } from './decision-row.ts'
import { EVENTS_A_RECORD, eventsOfRecord, type RecordEvent } from './events-of-record.ts'
import { featureSnapshotRow } from './feature-snapshot-row.ts'
import { lifecycleKeys, lifecycleRow } from './lifecycle-row.ts'
import { memoryRow } from './memory-row.ts'
import { observationRow } from './observation-row.ts'

/** Records that are projected in one transaction: few, so that nobody who evaluates meanwhile waits long. */
const CHUNK = 40
/** How long records may wait to be projected while nobody asks, in milliseconds. */
const LINGER_MS = 50

export interface ProjectorOptions {
  readonly storage: Storage
  /** Statements that belong to events, such as deliveries to webhooks, written with them or not at all. */
  readonly onEvents?: (events: readonly RecordEvent[]) => Promise<readonly CompiledQuery[]>
}

/**
 * Brings the tables beside the log up to date with it. A decision's row is worked out from all its records, so that nothing
 * depends on what stood there before, and the cursor moves in the same transaction, so that every record is taken once in any
 * number of processes.
 */
export class Projector {
  readonly #options: ProjectorOptions
  #running: Promise<void> | undefined
  /** What begins when that is done, for all who asked meanwhile. */
  #next: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false
  /** The statements for a decision's row and for an event's, which are the same for each but for their values. */
  #decisionUpsert: CompiledQuery | undefined
  #eventInsert: CompiledQuery | undefined

  constructor(options: ProjectorOptions) {
    this.#options = options
  }

  /** Takes what was appended soon, off the path of whoever appended it. */
  schedule(): void {
    if (this.#timer || this.#isClosed) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      // What fails now is tried again by the next append or question, which then hears of it.
      this.catchUp().catch(() => undefined)
    }, LINGER_MS)
    this.#timer.unref()
  }

  /** Resolves when everything that was in the log at the call is in the tables. */
  catchUp(): Promise<void> {
    if (!this.#running) return this.#start()
    // The one under way may have looked already. All who ask meanwhile share the next one: under steady load one after the other
    // would wake thousands of others, each time.
    this.#next ??= this.#running.then(
      () => this.#startNext(),
      () => this.#startNext(),
    )
    return this.#next
  }

  #startNext(): Promise<void> {
    this.#next = undefined
    // Somebody may have begun in between, and so after all who wait here.
    return this.#running ?? this.#start()
  }

  #start(): Promise<void> {
    this.#running = this.#run().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /**
   * Writes everything anew that the tables hold of these records, whatever stood there before. Nothing is sent again.
   *
   * @param records - In order, without a gap, all of them projected already.
   */
  async rebuild(records: readonly LogRecord[]): Promise<void> {
    const [first] = records
    const last = records.at(-1)
    if (!first || !last) return
    for (;;) {
      const cursor = await this.#readCursor()
      const { statements } = await this.#project(records, 'again')
      // Where the tables have moved on meanwhile, what was read may be old: it is read again.
      const guard = this.#moveCursor(cursor, cursor)
      if (await this.#options.storage.batch([guard, ...this.#clearStatements(first.seq, last.seq), ...statements]))
        return
    }
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await (this.#next ?? this.#running)?.catch(() => undefined)
  }

  async #run(): Promise<void> {
    for (;;) {
      const cursor = await this.#readCursor()
      const records = await this.#options.storage.readAfter(cursor, CHUNK)
      const last = records.at(-1)
      if (!last) return
      const { statements, events } = await this.#project(records, 'first')
      const sent = (await this.#options.onEvents?.(events)) ?? []
      // Somebody else may have been faster; then this chunk is theirs.
      await this.#options.storage.batch([this.#moveCursor(cursor, last.seq), ...statements, ...sent])
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** @param time - Whether later records of the same decisions are still to come, or may be in the tables already. */
  async #project(
    records: readonly LogRecord[],
    time: 'first' | 'again',
  ): Promise<{ statements: CompiledQuery[]; events: RecordEvent[] }> {
    const subjects = new Map<string, LogRecord[]>()
    const lifecycles = new Set<string>()
    const statements: CompiledQuery[] = []
    const events: RecordEvent[] = []
    for (const record of records) {
      const made = eventsOfRecord(record, record.seq * EVENTS_A_RECORD)
      events.push(...made)
      statements.push(...this.#eventStatements(record, made))
      if (record.type === 'event_ingested') lifecycles.add(record.subject)
      else if (record.type === 'memory_stored') statements.push(...this.#memoryStatements(record))
      else if (record.type === 'features_snapshotted') statements.push(...this.#snapshotStatements(record))
      else if (record.type === 'observation_recorded') statements.push(...this.#observationStatements(record))
      else if (record.type === 'payloads_erased')
        await this.#eraseStatements(record, { subjects, lifecycles, statements })
      else subjects.set(record.subject, [...(subjects.get(record.subject) ?? []), record])
    }
    for (const [subject, own] of subjects) {
      // An evaluation is its decision's first record: nothing stands before these, and what comes later is projected later.
      const isWhole = time === 'first' && own[0]?.type === 'evaluation'
      statements.push(...this.#decisionStatements(isWhole ? own : await this.#options.storage.readSubject(subject)))
    }
    for (const id of lifecycles) statements.push(...(await this.#lifecycleStatements(id)))
    return { statements, events }
  }

  /** Takes out what the records between two numbers have made; decisions are found by their first record. */
  #clearStatements(first: number, last: number): CompiledQuery[] {
    const { database, organisation } = this.#options.storage
    const bySeq = (['decisions', 'memory_events', 'feature_snapshots', 'observations'] as const).map((table) =>
      database
        .deleteFrom(table)
        .where('organisation', '=', organisation)
        .where('seq', '>=', first)
        .where('seq', '<=', last)
        .compile(),
    )
    return [
      ...bySeq,
      database
        .deleteFrom('events')
        .where('organisation', '=', organisation)
        .where('place', '>=', first * EVENTS_A_RECORD)
        .where('place', '<', (last + 1) * EVENTS_A_RECORD)
        .compile(),
    ]
  }

  #decisionStatements(records: readonly LogRecord[]): CompiledQuery[] {
    const { storage } = this.#options
    const row = decisionRow(storage.organisation, records)
    if (!row) return []
    const upsert = (this.#decisionUpsert ??= compileDecisionUpsert(storage.database, row))
    return [{ ...upsert, parameters: Object.values(row) }]
  }

  async #lifecycleStatements(lifecycleId: string): Promise<CompiledQuery[]> {
    const { storage } = this.#options
    const { organisation } = storage
    const { id, records, joined } = await readLifecycle(storage, lifecycleId)
    const row = lifecycleRow(organisation, id, records)
    if (!row) return []
    const keys = lifecycleKeys(row)
    const gone = [...joined, ...(id === lifecycleId ? [] : [lifecycleId])]
    return [
      ...gone.map((each) =>
        storage.database
          .deleteFrom('lifecycles')
          .where('organisation', '=', organisation)
          .where('lifecycle_id', '=', each)
          .compile(),
      ),
      // Its keys are written anew: those of joined ones become its own, those of erased events go.
      storage.database
        .deleteFrom('lifecycle_keys')
        .where('organisation', '=', organisation)
        .where('lifecycle_id', 'in', [id, ...gone])
        .compile(),
      storage.database
        .insertInto('lifecycles')
        .values(row)
        .onConflict((conflict) => conflict.columns(['organisation', 'lifecycle_id']).doUpdateSet(row))
        .compile(),
      ...keys.map((key) =>
        storage.database
          .insertInto('lifecycle_keys')
          .values(key)
          // The first lifecycle with a key keeps it.
          .onConflict((conflict) => conflict.columns(['organisation', 'key_name', 'key_value']).doNothing())
          .compile(),
      ),
    ]
  }

  #eventStatements(record: LogRecord, events: readonly RecordEvent[]): CompiledQuery[] {
    const { storage } = this.#options
    return events.flatMap(({ item, type, isOnlySent }, index) => {
      if (isOnlySent) return []
      const row: EventRow = {
        organisation: storage.organisation,
        place: record.seq * EVENTS_A_RECORD + index,
        event_type: type,
        severity: item.severity,
        rule_id: item.rule_id ?? null,
        request_id: item.request_id ?? null,
        at: record.at,
      }
      this.#eventInsert ??= storage.database
        .insertInto('events')
        .values(row)
        .onConflict((conflict) => conflict.columns(['organisation', 'place']).doNothing())
        .compile()
      return [{ ...this.#eventInsert, parameters: Object.values(row) }]
    })
  }

  #memoryStatements(record: LogRecord): CompiledQuery[] {
    const { storage } = this.#options
    const row = memoryRow(storage.organisation, record)
    if (!row) return []
    return [
      storage.database
        .insertInto('memory_events')
        .values(row)
        .onConflict((conflict) => conflict.columns(['organisation', 'seq']).doNothing())
        .compile(),
    ]
  }

  #snapshotStatements(record: LogRecord): CompiledQuery[] {
    const { storage } = this.#options
    const row = featureSnapshotRow(storage.organisation, record)
    if (!row) return []
    return [
      storage.database
        .insertInto('feature_snapshots')
        .values(row)
        .onConflict((conflict) => conflict.columns(['organisation', 'snapshot_id']).doNothing())
        .compile(),
    ]
  }

  #observationStatements(record: LogRecord): CompiledQuery[] {
    const { storage } = this.#options
    const row = observationRow(storage.organisation, record)
    return [
      storage.database
        .insertInto('observations')
        .values(row)
        // An older one that is projected again stays behind the newer.
        .onConflict((conflict) =>
          conflict.columns(['organisation', 'case_id']).doUpdateSet(row).where('observations.seq', '<=', row.seq),
        )
        .compile(),
    ]
  }

  /** Whatever was made from erased words is made again, or goes. */
  async #eraseStatements(
    record: LogRecord,
    into: { subjects: Map<string, LogRecord[]>; lifecycles: Set<string>; statements: CompiledQuery[] },
  ): Promise<void> {
    const { storage } = this.#options
    const { database, organisation } = storage
    for (const seq of record.kept['seqs'] as readonly number[]) {
      const [erased] = await storage.readAfter(seq - 1, 1)
      if (!erased || erased.seq !== seq) continue
      if (erased.type === 'event_ingested') into.lifecycles.add(erased.subject)
      // Read again as a whole.
      else into.subjects.set(erased.subject, [])
      if (erased.type === 'observation_recorded')
        into.statements.push(
          database
            .updateTable('observations')
            .set({ tool: null, action: null, actor: null })
            .where('organisation', '=', organisation)
            .where('seq', '=', seq)
            .compile(),
        )
      const first = seq * EVENTS_A_RECORD
      into.statements.push(
        database.deleteFrom('memory_events').where('organisation', '=', organisation).where('seq', '=', seq).compile(),
        database
          .deleteFrom('feature_snapshots')
          .where('organisation', '=', organisation)
          .where('seq', '=', seq)
          .compile(),
        database
          .deleteFrom('events')
          .where('organisation', '=', organisation)
          .where('place', '>=', first)
          .where('place', '<', first + EVENTS_A_RECORD)
          .compile(),
        // What was to be sent of them, or was: the log of deliveries holds the same words.
        database
          .deleteFrom('webhook_deliveries')
          .where('organisation', '=', organisation)
          .where(
            'event_id',
            'in',
            Array.from({ length: EVENTS_A_RECORD }, (_, index) => `evt_${first + index}`),
          )
          .compile(),
        ...this.#eventStatements(erased, eventsOfRecord(erased, first)),
      )
    }
  }

  async #readCursor(): Promise<number> {
    const { database, organisation } = this.#options.storage
    const row = await database
      .selectFrom('projection_cursors')
      .select('seq')
      .where('organisation', '=', organisation)
      .executeTakeFirst()
    if (row) return row.seq
    await database
      .insertInto('projection_cursors')
      .values({ organisation, seq: 0 })
      .onConflict((conflict) => conflict.column('organisation').doNothing())
      .execute()
    return 0
  }

  #moveCursor(from: number, to: number): CompiledQuery {
    const { database, organisation } = this.#options.storage
    return database
      .updateTable('projection_cursors')
      .set({ seq: to })
      .where('organisation', '=', organisation)
      .where('seq', '=', from)
      .compile()
  }
}

/** Inserts a row or replaces the one of the same decision. The parameters are the row's values in the order of its keys. */
function compileDecisionUpsert(database: Kysely<Tables>, row: DecisionRow): CompiledQuery {
  return database
    .insertInto('decisions')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['organisation', 'request_id']).doUpdateSet((eb) =>
        // Every column by its own name, which is what `excluded` takes.
        Object.fromEntries(
          (Object.keys(row) as (keyof DecisionRow)[]).map((column) => [column, eb.ref(`excluded.${column}`)]),
        ),
      ),
    )
    .compile()
}
