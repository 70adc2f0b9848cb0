/** One report that has to reach the evaluator. */
export interface OutboxEntry {
  /** Names it; also the idempotency key of every try. */
  readonly id: string
  /** JSON of what is delivered. Secrets are masked in it as they are on the wire. */
  readonly text: string
}

/**
 * Where reports wait that could not be delivered yet, beyond the life of a process. Entries of other processes that still live are
 * theirs; those of processes that are gone are taken over by whoever takes next.
 */
export interface OutboxStore {
  /** Keeps an entry; it must survive the process once this has returned or resolved. */
  put(entry: OutboxEntry): void | Promise<void>
  /** Entries of this process and of those that are gone, in the order in which they were put. */
  take(limit: number): readonly OutboxEntry[] | Promise<readonly OutboxEntry[]>
  /** Forgets an entry that was delivered. */
  remove(id: string): void | Promise<void>
  /** The guard is closed: whatever takes next, in this process too, may have what is left. Optional. */
  release?(): void | Promise<void>
}

/** What happens when as many reports wait as may: calls are refused until some got through, or run and are not reported. */
export type OnFullOutbox = 'refuse' | 'run'

export interface OutboxOptions {
  /** Where reports wait. @defaultValue on Node, for an evaluator elsewhere, a SQLite file; else memory alone */
  readonly store?: OutboxStore
  /** Path of that file; Node only. @defaultValue '.bighub/outbox.db' */
  readonly file?: string
  /** Most reports that wait. @defaultValue 10000 */
  readonly capacity?: number
  /** @defaultValue 'refuse' */
  readonly onFull?: OnFullOutbox
}
