import { BighubError, type Evaluator, type Ledger } from '../../protocol/index.ts'
import type { Platform } from '../platform.ts'
import type { GuardEmitter } from '../telemetry/guard-events.ts'
import { takesEvents } from './late-event.ts'
import type { OnFullOutbox, OutboxStore } from './outbox-store.ts'
import { type EndReport, fromEntry, type PendingReport, toEntry } from './pending-report.ts'

/** Reports that may wait before further calls wait for them: a loop that never yields must not outrun what it teaches. */
const BACKLOG = 64
/** Tries of what waits in memory alone; what is in a store is tried until it gets through. */
const MAX_ATTEMPTS = 6
const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 60_000

export interface LaneOptions {
  readonly platform: Platform
  readonly emit: GuardEmitter
  /** Who gets the reports of earlier processes, and what waits in the store. */
  readonly evaluator: Evaluator
  readonly ledger: Ledger
  readonly store: OutboxStore | null
  readonly capacity: number
  readonly onFull: OnFullOutbox
}

/**
 * Reports on their way to one evaluator: delivered in order, at least once. What fails for a
 * passing reason is tried again after a while, with the same idempotency key; with a store that goes on until it gets through, in
 * this process or a later one. What cannot be delivered is said in an event and counted, never dropped in silence.
 */
export class ReportLane {
  readonly #options: LaneOptions
  readonly #queue: PendingReport[] = []
  #drained: Promise<void> | undefined
  #failed = 0
  /** The last try failed: nobody waits for the next. */
  #isStalled = false
  #isClosed = false
  #wake: (() => void) | undefined
  readonly #onStall = new Set<() => void>()

  constructor(options: LaneOptions) {
    this.#options = options
    if (options.store) options.platform.defer(() => void this.#recover(options.store))
  }

  /** Reports that could not be delivered since the start. */
  get failedCount(): number {
    return this.#failed
  }

  get waitingCount(): number {
    return this.#queue.length
  }

  /** As many reports wait as may, and no call may run before some got through. */
  get mustRefuse(): boolean {
    return this.#options.onFull === 'refuse' && this.#queue.length >= this.#options.capacity
  }

  report(report: EndReport): void {
    if (this.#queue.length >= this.#options.capacity) {
      this.#giveUp(report, new Error(`${this.#options.capacity} reports wait already`))
      return
    }
    this.#queue.push(this.#keep(report))
    this.#start()
  }

  /** Waits for delivery while many reports wait, unless the evaluator is away. */
  async makeRoom(): Promise<void> {
    if (this.#queue.length >= BACKLOG && !this.#isStalled) await this.flush()
  }

  /** Waits until nothing waits any more, or until a try fails that a store lets wait. */
  async flush(): Promise<void> {
    this.#wake?.()
    while (this.#drained) {
      const drained = this.#drained
      if (!this.#options.store) {
        await drained
        continue
      }
      const stalled = Promise.withResolvers<'stalled'>()
      const onStall = (): void => stalled.resolve('stalled')
      this.#onStall.add(onStall)
      const ended = await Promise.race([drained, stalled.promise])
      this.#onStall.delete(onStall)
      if (ended === 'stalled') return
    }
  }

  /** Tries once more, then leaves what waits to the store. */
  async close(): Promise<void> {
    await this.flush()
    this.#isClosed = true
    this.#wake?.()
    await this.#drained
    await this.#options.store?.release?.()
  }

  #keep(report: EndReport): PendingReport {
    const { store, platform } = this.#options
    const pending = { ...report, id: platform.randomId(), isStored: store !== null }
    if (!store || !pending.isStored) return pending
    try {
      const kept = store.put(toEntry(pending))
      // It waits in memory all the same; only a death before it is kept could lose it.
      if (kept instanceof Promise) kept.catch((error: unknown) => this.#emitFailure(report, error))
      return pending
    } catch (error) {
      this.#emitFailure(report, error)
      return { ...pending, isStored: false }
    }
  }

  /** Takes up what earlier processes have left. It goes before what is new: it happened before. */
  async #recover(store: OutboxStore | null): Promise<void> {
    try {
      const entries = (await store?.take(this.#options.capacity)) ?? []
      const known = new Set(this.#queue.map(({ id }) => id))
      const left = entries.flatMap((entry) => (known.has(entry.id) ? [] : (fromEntry(entry, this.#options) ?? [])))
      if (left.length === 0 || this.#isClosed) return
      // The first of the queue may be on its way.
      this.#queue.splice(this.#drained ? 1 : 0, 0, ...left)
      this.#start()
    } catch {
      // The store says so again when something is put.
    }
  }

  #start(): void {
    this.#drained ??= new Promise((resolve) => {
      this.#options.platform.defer(() => {
        void this.#drain().then(() => {
          this.#drained = undefined
          resolve()
        })
      })
    })
  }

  async #drain(): Promise<void> {
    for (let report = this.#queue[0]; report && !this.#isClosed; report = this.#queue[0]) {
      if (!(await this.#deliver(report))) return
      this.#queue.shift()
    }
  }

  /** @returns whether it is done with, one way or the other; if not, the store has it. */
  async #deliver(report: PendingReport): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        // Asked for together, so that a store may write both at once. Both may be asked for again.
        await Promise.all([
          report.effect?.ledger.settleEffect(report.effect.effectId, report.effect.settlement),
          report.outcome && report.evaluator.reportOutcome(report.outcome, { idempotencyKey: report.id }),
          report.late && takesEvents(report.evaluator) && report.evaluator.ingest.event(report.late),
        ])
        this.#isStalled = false
        if (report.isStored) await this.#forget(report)
        const { tool, outcome, effect, late } = report
        this.#options.emit('outcome-report', { tool, outcome, settlement: effect?.settlement ?? null, late })
        return true
      } catch (error) {
        const isFinal = BighubError.isInstance(error) && !error.isRetryable
        if (isFinal || (!report.isStored && attempt >= MAX_ATTEMPTS)) {
          if (report.isStored) await this.#forget(report)
          this.#giveUp(report, error)
          return true
        }
        this.#isStalled = true
        for (const stalled of this.#onStall) stalled()
        this.#onStall.clear()
        await this.#pause(attempt)
        if (this.#isClosed) return false
      }
    }
  }

  /** Longer each time, and not the same for everybody who waits for the same server. */
  #pause(attempt: number): Promise<void> {
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1))
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, longest * (0.5 + Math.random() / 2))
      // A process that has nothing else to do may end: the store has what waits.
      if (this.#options.store) letEnd(timer)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async #forget({ id }: PendingReport): Promise<void> {
    try {
      await this.#options.store?.remove(id)
    } catch {
      // It will be delivered once more, under the same key.
    }
  }

  #giveUp(report: EndReport, error: unknown): void {
    this.#failed++
    this.#emitFailure(report, error)
  }

  #emitFailure({ tool, outcome }: EndReport, error: unknown): void {
    this.#options.emit('report-fail', { tool, outcome, error })
  }
}

/** Keeps a timer from holding up the end of a process. Only Node's timers can; elsewhere they are numbers. */
function letEnd(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
}
