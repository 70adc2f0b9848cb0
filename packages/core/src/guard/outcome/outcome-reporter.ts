import type { EndReport } from '../outbox/pending-report.ts'
import { type LaneOptions, ReportLane } from '../outbox/report-lane.ts'

/**
 * The outbox: delivers settlements and outcomes after the tool's result was handed back. What goes to the guard's evaluator waits in
 * its store; what goes to the fallback does not wait behind it, since the one is asked because the other is away.
 */
export class OutcomeReporter {
  readonly #options: LaneOptions
  readonly #main: ReportLane
  readonly #others: ReportLane

  constructor(options: LaneOptions) {
    this.#options = options
    this.#main = new ReportLane(options)
    this.#others = new ReportLane({ ...options, store: null })
  }

  /** Reports that could not be delivered since the start. */
  get failedCount(): number {
    return this.#main.failedCount + this.#others.failedCount
  }

  get waitingCount(): number {
    return this.#main.waitingCount + this.#others.waitingCount
  }

  /** As many reports wait as may, and no call may run before some got through. */
  get mustRefuse(): boolean {
    return this.#main.mustRefuse
  }

  report(report: EndReport): void {
    const lane = report.evaluator === this.#options.evaluator ? this.#main : this.#others
    lane.report(report)
  }

  /** Waits for delivery while many reports wait, unless the evaluator is away. */
  async makeRoom(): Promise<void> {
    await this.#main.makeRoom()
    await this.#others.makeRoom()
  }

  /** Waits until nothing waits any more, or until a try fails that a store lets wait. */
  async flush(): Promise<void> {
    await Promise.all([this.#main.flush(), this.#others.flush()])
  }

  /** Tries once more, then leaves what waits to the store. */
  async close(): Promise<void> {
    await Promise.all([this.#main.close(), this.#others.close()])
  }
}
