import type { Guard } from '../../guard/index.ts'

/** One call as the model writes it; arguments given as text go out as they are, well-formed or not. */
export type ProposedCall = readonly [id: string, tool: string, args: Readonly<Record<string, unknown>> | string]

/** What an adapter's checks run: a framework in one version, at one of the places where the adapter takes hold of it. */
export interface AdapterSubject {
  /** Such as `@bighub/langchain: middleware`. */
  readonly name: string
  /** The framework's package, such as `langchain`. */
  readonly framework: string
  /** Ways to run the same: plain, streamed. */
  readonly modes: readonly string[]
  /** What becomes of a held call: the framework hands it to the application (`pause`), or it waits for the guard's callback. */
  readonly holds: 'pause' | 'wait'
  /** Names of checks that do not apply, each with the reason. */
  readonly skips: Readonly<Record<string, string>>
  /** Runs an agent to its end, or to its pause. An error that ends the run is part of what is returned. */
  run(options: AdapterRunOptions): Promise<AdapterRun>
}

export interface AdapterRunOptions {
  readonly mode: string
  /** None: the framework as it is. */
  readonly guard: Guard | null
  /** How often the tool is wrapped. */
  readonly wraps: number
  /** What the tool `refund({ amount: number })` does; it hands on what this returns and throws. */
  readonly execute: (amount: number) => Promise<string>
  /** The calls of the model's one answer; it says "done" to their results. */
  readonly calls: readonly ProposedCall[]
  readonly signal: AbortSignal | undefined
}

export interface AdapterRun {
  /** What the model read as results, by call id. */
  readonly read: Readonly<Record<string, string>>
  /** What ended the run; undefined if nothing did. */
  readonly error?: unknown
  /**
   * Goes on with answers to held calls, by call id; none where the run did not pause. May be asked more than once, and under
   * another guard, as in another process: with nothing but what the framework stores.
   */
  readonly resume?: (answers: Readonly<Record<string, 'approved' | 'denied'>>, guard?: Guard) => Promise<AdapterRun>
}
