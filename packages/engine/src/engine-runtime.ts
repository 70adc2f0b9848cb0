import type { Kysely } from 'kysely'
import type { EngineCore } from './engine-core.ts'
import { EngineState, STATE_FORMAT } from './engine-state.ts'
import { type FoldedLog, foldLog } from './fold-log.ts'
import { newId } from './new-id.ts'
import { Projector, type ProjectorOptions } from './projections/projector.ts'
import { type Operation, Sequencer } from './sequencer.ts'
import { processOwner } from './storage/process-owner.ts'
import type { LogRecord, Storage } from './storage/storage.ts'
import type { Tables } from './storage/tables.ts'

export interface EngineRuntimeOptions {
  readonly storage: Storage
  readonly organisation: string
  readonly now: () => number
  /** Whether operations wait for each other, so that one sync to disk serves many. */
  readonly groupCommit: boolean
  /** Records after which the folded state is saved. */
  readonly snapshotEvery: number
  /** Most past cases that are kept as precedents. @defaultValue 100000 */
  readonly maxPrecedents?: number | undefined
  /** What has to happen to the log before anybody else may use it. */
  readonly onOpen: (core: EngineCore) => Promise<void>
  readonly onEvents: NonNullable<ProjectorOptions['onEvents']>
}

/** A closing engine saves its state if at least this many records are newer than the last snapshot. */
const WORTH_A_SNAPSHOT = 200

/** Keeps an engine going: opens the log on first use, folds it, saves snapshots, projects, wakes who waits, closes. */
export class EngineRuntime implements EngineCore {
  readonly organisation: string
  readonly storage: Storage
  readonly now: () => number
  readonly newId: (now: number) => string = newId
  readonly owner: string = processOwner()
  readonly #options: EngineRuntimeOptions
  readonly #projector: Projector
  readonly #watchers = new Map<string, Set<() => void>>()
  readonly #listeners = new Set<() => void>()
  #ready: Promise<Sequencer> | undefined
  #opened: Sequencer | undefined
  #snapshotSeq = 0
  #snapshotDue: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(options: EngineRuntimeOptions) {
    this.#options = options
    this.organisation = options.organisation
    this.storage = options.storage
    // Records keep whole milliseconds; clocks with fractions are fine.
    this.now = () => Math.trunc(options.now())
    this.#projector = new Projector({ storage: options.storage, onEvents: options.onEvents })
  }

  run<T>(operation: Operation<T>): Promise<T> {
    return this.#opened ? this.#opened.run(operation) : this.sequencer().then((sequencer) => sequencer.run(operation))
  }

  async state(): Promise<EngineState> {
    const sequencer = await this.sequencer()
    await sequencer.catchUp()
    return sequencer.state
  }

  currentState(): EngineState {
    return this.#opened?.state ?? this.newState()
  }

  newState(): EngineState {
    return new EngineState({ maxPrecedents: this.#options.maxPrecedents })
  }

  async projected(): Promise<Kysely<Tables>> {
    await this.sequencer()
    await this.#projector.catchUp()
    return this.storage.database
  }

  watch(subject: string, wake: () => void): () => void {
    const set = this.#watchers.get(subject) ?? new Set()
    this.#watchers.set(subject, set.add(wake))
    return () => {
      set.delete(wake)
      if (set.size === 0) this.#watchers.delete(subject)
    }
  }

  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  sequencer(): Promise<Sequencer> {
    this.#ready ??= this.#open().catch((error: unknown) => {
      // What kept it from opening may pass: the next call tries again.
      this.#ready = undefined
      throw error
    })
    return this.#ready
  }

  /** Finishes what is under way, saves the state and closes the store. Closing twice is harmless. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #open(): Promise<Sequencer> {
    const sequencer = await Sequencer.open({
      storage: this.storage,
      organisation: this.organisation,
      groupCommit: this.#options.groupCommit,
      fold: () => this.#fold(),
      onAppend: (records) => this.#notice(records),
    })
    // Nobody else's operation may come before these: it would be judged under another policy.
    const { organisation, storage, now, owner } = this
    await this.#options.onOpen({
      organisation,
      storage,
      now,
      newId,
      owner,
      run: (operation) => sequencer.run(operation),
      state: async () => sequencer.state,
      currentState: () => sequencer.state,
      newState: () => this.newState(),
      projected: () => this.projected(),
      watch: (subject, wake) => this.watch(subject, wake),
      onAppend: (listener) => this.onAppend(listener),
      sequencer: async () => sequencer,
    })
    this.#opened = sequencer
    return sequencer
  }

  async #fold(): Promise<FoldedLog> {
    const folded = await foldLog(this.storage, () => this.newState())
    this.#snapshotSeq = folded.snapshotSeq
    return folded
  }

  #notice(records: readonly LogRecord[]): void {
    for (const record of records) {
      const set = this.#watchers.get(record.subject)
      if (set) for (const wake of set) wake()
    }
    for (const listener of this.#listeners) listener()
    this.#projector.schedule()
    const last = records.at(-1)?.seq ?? 0
    if (last - this.#snapshotSeq < this.#options.snapshotEvery || this.#snapshotDue) return
    this.#snapshotDue = new Promise((resolve) => {
      setImmediate(() => {
        void this.#saveSnapshot().finally(() => {
          this.#snapshotDue = undefined
          resolve()
        })
      })
    })
  }

  async #saveSnapshot(): Promise<void> {
    const sequencer = this.#opened
    if (!sequencer?.isSound) return
    const { head } = sequencer
    try {
      await this.storage.writeSnapshot({ seq: head.seq, format: STATE_FORMAT, state: sequencer.state.snapshot() })
      this.#snapshotSeq = head.seq
    } catch {
      // A snapshot is a cache: without it the next start folds more of the log. The log itself is not touched.
      this.#snapshotSeq = head.seq
    }
  }

  async #close(): Promise<void> {
    const sequencer = await this.#ready?.catch(() => undefined)
    await sequencer?.close()
    await this.#snapshotDue
    await this.#projector.close()
    if (sequencer && sequencer.head.seq - this.#snapshotSeq >= WORTH_A_SNAPSHOT) await this.#saveSnapshot()
    await this.storage.close()
  }
}
