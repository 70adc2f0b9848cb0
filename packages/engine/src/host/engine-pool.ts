import { StorageError } from '@bighub/core/protocol'
import type { Awaitable } from '../storage/storage.ts'

/** Something with resources of its own that is opened for one organisation. */
export interface Pooled {
  close(): Promise<void>
}

interface Entry<T> {
  readonly engine: Awaitable<T>
  /** Calls under way; one that is in use is not closed. */
  users: number
}

/**
 * One engine for each organisation, opened at its first use. Beyond `most` the one that was used longest ago is closed, once nothing
 * is under way in it; the next use opens it again.
 */
export class EnginePool<T extends Pooled> {
  readonly #open: (organisation: string) => Awaitable<T>
  readonly #most: number
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry<T>>()
  readonly #closings = new Map<string, Promise<void>>()
  #isClosed = false

  constructor(options: { readonly open: (organisation: string) => Awaitable<T>; readonly most: number }) {
    this.#open = options.open
    this.#most = options.most
  }

  /** Organisations whose engines are open, the one used last at the end. */
  get openOrganisations(): readonly string[] {
    return [...this.#entries.keys()]
  }

  /** @throws StorageError (`storage_closed`) if the pool is closed. */
  async use<R>(organisation: string, work: (engine: T) => Promise<R>): Promise<R> {
    // It is opened again only when it is closed: two engines of one organisation would follow each other's writes for nothing.
    for (let closing = this.#closings.get(organisation); closing; closing = this.#closings.get(organisation))
      await closing
    if (this.#isClosed) throw new StorageError('closed', 'the host', 'is closed; close it after what uses it')
    const entry = this.#touch(organisation)
    entry.users++
    try {
      return await work(await this.#engineOf(organisation, entry))
    } finally {
      entry.users--
      this.#closeIdle()
    }
  }

  /** Closes all, after what is under way in them. */
  async close(): Promise<void> {
    this.#isClosed = true
    const engines = [...this.#entries.values()].map(({ engine }) => engine)
    this.#entries.clear()
    await Promise.all([...engines.map(closeEngine), ...this.#closings.values()])
  }

  async #engineOf(organisation: string, entry: Entry<T>): Promise<T> {
    try {
      return await entry.engine
    } catch (error) {
      // What kept it from opening may pass: the next use tries again.
      if (this.#entries.get(organisation) === entry) this.#entries.delete(organisation)
      throw error
    }
  }

  #touch(organisation: string): Entry<T> {
    const entry = this.#entries.get(organisation) ?? { engine: this.#open(organisation), users: 0 }
    this.#entries.delete(organisation)
    this.#entries.set(organisation, entry)
    return entry
  }

  #closeIdle(): void {
    for (const [organisation, { engine, users }] of this.#entries) {
      if (this.#entries.size <= this.#most) return
      if (users > 0) continue
      this.#entries.delete(organisation)
      // An engine that cannot save its state has its log; the next one folds it.
      const closing = closeEngine(engine)
        .catch(() => undefined)
        .finally(() => this.#closings.delete(organisation))
      this.#closings.set(organisation, closing)
    }
  }
}

async function closeEngine(engine: Awaitable<Pooled>): Promise<void> {
  await (await engine).close()
}
