import { type ApprovalItem, StorageError } from '@bighub/core/protocol'
import type { EngineState } from './engine-state.ts'
import { chainRecord, type UnchainedRecord } from './storage/chain.ts'
import type { ChainedRecord, Found, LogHead, LogRecord, Reads, Storage } from './storage/storage.ts'

/** What an operation wants written, and what it answers once that is durable. */
export interface Planned<T> {
  readonly records: readonly UnchainedRecord[]
  readonly approvals?: readonly ApprovalItem[]
  /** Gets the hash of the operation's first record, which is known only when it has its place in the chain. */
  readonly answer: (firstHash: string) => T
}

/** One thing to do to the log. */
export interface Operation<T> {
  readonly reads?: Reads
  /** Must survive a power cut whatever the engine's durability. */
  readonly sync?: boolean
  /** Works it out on the present state; changes nothing, and may throw to refuse. */
  plan(state: EngineState, found: Found): Planned<T>
}

interface Waiting {
  readonly operation: Operation<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

interface Worked {
  readonly waiting: Waiting
  readonly planned: Planned<unknown>
  readonly firstHash: string
}

export interface SequencerOptions {
  readonly storage: Storage
  readonly organisation: string
  /** Waits for more operations before it commits, so that one disk sync serves many. */
  readonly groupCommit: boolean
  /** Builds the state from the log; also after a commit failed. */
  readonly fold: () => Promise<{ state: EngineState; head: LogHead }>
  /** Called after records were committed and folded, also those of other processes. */
  readonly onAppend: (records: readonly LogRecord[]) => void
}

/** Most operations of one commit. */
const MAX_GROUP = 512

/**
 * The one place where the log grows. Operations are worked out one after the other on the state as the earlier ones leave it,
 * committed together, and answered once that is durable. When another process was faster, its records are folded in first and
 * the operations are worked out again.
 */
export class Sequencer {
  readonly #options: SequencerOptions
  #state: EngineState
  #head: LogHead
  readonly #waiting: Waiting[] = []
  #isRunning = false
  #mustFold = false
  #isClosed = false
  #idle: Promise<void> = Promise.resolve()

  private constructor(options: SequencerOptions, start: { state: EngineState; head: LogHead }) {
    this.#options = options
    this.#state = start.state
    this.#head = start.head
  }

  static async open(options: SequencerOptions): Promise<Sequencer> {
    return new Sequencer(options, await options.fold())
  }

  /** The state as of the last folded record. */
  get state(): EngineState {
    return this.#state
  }

  get head(): LogHead {
    return this.#head
  }

  /** False after a commit failed, until the log was folded again: the state holds what never came to be. */
  get isSound(): boolean {
    return !this.#mustFold
  }

  /** Puts another fold of the same log in the state's place. Not if the log has grown since. @returns whether it was done. */
  replaceState(state: EngineState, head: LogHead): boolean {
    if (head.seq !== this.#head.seq || head.hash !== this.#head.hash || this.#mustFold) return false
    this.#state = state
    return true
  }

  run<T>(operation: Operation<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(closed(this.#options.storage.path))
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ operation, resolve: resolve as (value: unknown) => void, reject })
      if (this.#isRunning) return
      this.#isRunning = true
      this.#idle = this.#drain()
    })
  }

  /** Folds in what other processes have written since the last look, and takes back what could not be written. */
  async catchUp(): Promise<void> {
    if (this.#mustFold || (await this.#options.storage.hasForeignWrites()))
      await this.run({ plan: () => ({ records: [], answer: () => undefined }) })
  }

  /** Refuses further operations and waits for those under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#idle
  }

  async #drain(): Promise<void> {
    const { groupCommit } = this.#options
    do {
      // For one sync to serve many, those who ask in the same turn of the event loop are taken together.
      // Without a sync, those who ask in the same breath are: a settlement and its outcome are one commit.
      await (groupCommit ? new Promise((resolve) => setImmediate(resolve)) : undefined)
      const group = this.#waiting.splice(0, MAX_GROUP)
      try {
        if (this.#mustFold) await this.#refold()
        for (const { waiting, planned, firstHash } of await this.#runGroup(group))
          waiting.resolve(planned.answer(firstHash))
      } catch (error) {
        // What was folded in advance never came to be.
        this.#mustFold = true
        for (const { reject } of group) reject(error)
      }
    } while (this.#waiting.length > 0)
    this.#isRunning = false
  }

  async #runGroup(group: readonly Waiting[]): Promise<Worked[]> {
    const { storage, onAppend } = this.#options
    let worked: Worked[] = []
    let appended: readonly LogRecord[] = []
    const written = storage.transact(
      {
        afterSeq: this.#head.seq,
        reads: group.map(({ operation }) => operation.reads ?? {}),
        sync: group.some(({ operation }) => operation.sync === true),
      },
      (found, foreign) => {
        this.#fold(foreign)
        const batch = new GroupBatch()
        worked = this.#workOut(group, found, batch)
        appended = [...foreign, ...batch.records]
        return {
          records: batch.records,
          approvals: [...batch.approvals.values()],
        }
      },
    )
    // SQLite is done by now; waiting for nothing would only let others in between.
    if (written instanceof Promise) await written
    if (appended.length > 0) onAppend(appended)
    return worked
  }

  #workOut(group: readonly Waiting[], found: readonly Found[], batch: GroupBatch): Worked[] {
    const worked: Worked[] = []
    for (const [index, waiting] of group.entries()) {
      const own = found[index] ?? NOTHING_FOUND
      let planned: Planned<unknown>
      let records: ChainedRecord[]
      try {
        planned = waiting.operation.plan(this.#state, batch.overlay(own, waiting.operation.reads))
        records = this.#chain(planned.records)
      } catch (error) {
        // Its own affair: it changed nothing, and the others go on.
        waiting.reject(error)
        continue
      }
      this.#fold(records)
      batch.add(records, planned)
      worked.push({ waiting, planned, firstHash: records[0]?.hash ?? '' })
    }
    return worked
  }

  /** Puts records behind the head without folding them. @throws InvalidInputError if one cannot be written as JSON. */
  #chain(records: readonly UnchainedRecord[]): ChainedRecord[] {
    let head = this.#head
    return records.map((record) => {
      const chained = chainRecord(this.#options.organisation, head, record)
      head = { seq: chained.seq, hash: chained.hash }
      return chained
    })
  }

  #fold(records: readonly LogRecord[]): void {
    for (const record of records) {
      this.#state.apply(record)
      this.#state.hear(record)
      this.#head = { seq: record.seq, hash: record.hash }
    }
  }

  async #refold(): Promise<void> {
    const { state, head } = await this.#options.fold()
    this.#state = state
    this.#head = head
    this.#mustFold = false
  }
}

/** What the operations of one commit write together; later ones see what earlier ones are about to write. */
class GroupBatch {
  readonly records: ChainedRecord[] = []
  readonly approvals = new Map<string, ApprovalItem>()

  overlay(found: Found, reads: Reads | undefined): Found {
    if (this.records.length === 0 || !reads) return found
    const { effectKey, approval, subject } = reads
    return {
      claim: this.records.find((each) => effectKey !== undefined && each.effectKey === effectKey) ?? found.claim,
      approval: (approval === undefined ? undefined : this.approvals.get(approval)) ?? found.approval,
      records: [...found.records, ...this.records.filter((record) => record.subject === subject)],
    }
  }

  add(records: readonly ChainedRecord[], planned: Planned<unknown>): void {
    this.records.push(...records)
    for (const approval of planned.approvals ?? []) this.approvals.set(approval.request_id, approval)
  }
}

const NOTHING_FOUND: Found = { claim: null, approval: null, records: [] }

function closed(path: string): StorageError {
  return new StorageError('closed', path, 'the engine is closed; close it only after guard.flush() or guard.close()')
}
