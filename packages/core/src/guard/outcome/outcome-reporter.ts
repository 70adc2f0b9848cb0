import type { Evaluator, Ledger } from '../../protocol/index.ts'
import { BighubError, type OutcomeReportRequest, type SettleEffectRequest } from '../../protocol/index.ts'
import type { Platform } from '../platform.ts'
import type { GuardEmitter } from '../telemetry/guard-events.ts'

/** What is delivered of one call's end: the effect's settlement, then the outcome. */
export interface EndReport {
  readonly tool: string
  readonly evaluator: Evaluator
  readonly effect: {
    readonly ledger: Ledger
    readonly effectId: string
    readonly settlement: SettleEffectRequest
  } | null
  readonly outcome: OutcomeReportRequest | null
}

/** Most reports that wait; a full queue is said, and the oldest stays. */
const CAPACITY = 10_000
/** Reports that may wait before further calls wait for them: a loop that never yields must not outrun what it teaches. */
const BACKLOG = 64
const MAX_ATTEMPTS = 6
const FIRST_DELAY_MS = 100

/**
 * Delivers settlements and outcomes in order, after the tool's result was handed back. What fails for a passing reason is
 * tried again; what cannot be delivered is said in an event and counted, never dropped in silence.
 */
export class OutcomeReporter {
  readonly #platform: Platform
  readonly #emit: GuardEmitter
  readonly #queue: EndReport[] = []
  #drained: Promise<void> | undefined
  #failed = 0

  constructor(platform: Platform, emit: GuardEmitter) {
    this.#platform = platform
    this.#emit = emit
  }

  /** Reports that could not be delivered since the start. */
  get failedCount(): number {
    return this.#failed
  }

  get waitingCount(): number {
    return this.#queue.length
  }

  report(report: EndReport): void {
    if (this.#queue.length >= CAPACITY) {
      this.#giveUp(report, new Error(`${CAPACITY} reports wait already`))
      return
    }
    this.#queue.push(report)
    this.#drained ??= new Promise((resolve) => {
      this.#platform.defer(() => {
        void this.#drain().then(() => {
          this.#drained = undefined
          resolve()
        })
      })
    })
  }

  /** Waits for delivery while many reports wait. */
  async makeRoom(): Promise<void> {
    if (this.#queue.length >= BACKLOG) await this.flush()
  }

  /** Waits until nothing waits any more. */
  async flush(): Promise<void> {
    while (this.#drained) await this.#drained
  }

  async #drain(): Promise<void> {
    for (let report = this.#queue[0]; report; report = this.#queue[0]) {
      await this.#deliver(report)
      this.#queue.shift()
    }
  }

  async #deliver(report: EndReport): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        // Asked for together, so that a store may write both at once. Both may be asked for again.
        await Promise.all([
          report.effect?.ledger.settleEffect(report.effect.effectId, report.effect.settlement),
          report.outcome && report.evaluator.reportOutcome(report.outcome),
        ])
        this.#emit('outcome-report', {
          tool: report.tool,
          outcome: report.outcome,
          settlement: report.effect?.settlement ?? null,
        })
        return
      } catch (error) {
        const isFinal = BighubError.isInstance(error) && !error.isRetryable
        if (isFinal || attempt >= MAX_ATTEMPTS) {
          this.#giveUp(report, error)
          return
        }
        await new Promise((resolve) => setTimeout(resolve, FIRST_DELAY_MS * 2 ** (attempt - 1)))
      }
    }
  }

  #giveUp(report: EndReport, error: unknown): void {
    this.#failed++
    this.#emit('report-fail', { tool: report.tool, outcome: report.outcome, error })
  }
}
