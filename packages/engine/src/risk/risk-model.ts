import type { Contribution } from '@bighub/core/protocol'
import type { ActionFacts } from '../features/action-facts.ts'

/**
 * What a prediction leaves in the log: plain JSON (numbers, strings, arrays), opaque to everybody but the model that made
 * it. It holds no words of the request, so that it may stay when the request is erased.
 */
export type RecordedPrediction = Readonly<Record<string, unknown>>

export interface Prediction {
  /** Probability in (0, 1) that the outcome will be negative. */
  readonly probability: number
  /** [lower, upper] around it; 0 ≤ lower ≤ probability ≤ upper ≤ 1. */
  readonly interval: readonly [number, number]
  /** What base rate and cold-start prior say without anything learned about this action's contexts. */
  readonly priorProbability: number
  /** Effective number of past outcomes behind the estimate, ≥ 0. */
  readonly evidence: number
  /** How much evidence stands behind it, in [0, 1]. */
  readonly confidence: number
  /**
   * Additive parts in log-odds, in order of size; their sum is the estimate's log-odds up to clamping. Worked out when they are read:
   * read them before the model learns again.
   */
  readonly contributions: readonly Contribution[]
  readonly recorded: RecordedPrediction
}

/** Which decision something is about, and when it happened. */
export interface DecisionMoment {
  /** The same from admission to outcome. */
  readonly key: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** How many decisions this one stands for, ≥ 1, if outcomes like its become known of a share only. @defaultValue 1 */
  readonly weight?: number
}

/**
 * A model of risk behind the engine. No other part of the engine knows which one it is.
 *
 * Deterministic: the same calls in the same order give the same state, bit for bit. Time, randomness and storage never enter.
 */
export interface RiskModel {
  readonly name: string
  readonly version: number
  /** What it is set to, by name: numbers that decide what it makes of the same log. */
  readonly config: Readonly<Record<string, unknown>>
  /** Reads only; predicting twice gives the same. */
  predict(facts: ActionFacts): Prediction
  /** A prediction became a recorded decision. Advances what needs no label (running statistics, the clock of open decisions). */
  admit(recorded: RecordedPrediction, moment: DecisionMoment): void
  /** The decision's outcome became known. `previous` is the label it replaces when an outcome is corrected. */
  learn(recorded: RecordedPrediction, label: 0 | 1, moment: DecisionMoment, previous?: 0 | 1): void
  /** The decision is closed and will never have a label: its outcome is neutral. `previous` as in `learn`. */
  dismiss(recorded: RecordedPrediction, moment: DecisionMoment, previous?: 0 | 1): void
  /** The call never ran, for it was refused: no outcome will come. */
  withdraw(key: string): void
  /** Plain, structured-clonable data (typed arrays and maps included); `restore` of it gives exactly this state. */
  snapshot(): unknown
  /** @throws StorageError-free: a snapshot of another model or version throws a plain Error and the engine replays instead. */
  restore(snapshot: unknown): void
}
