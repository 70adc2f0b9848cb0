import type { Extracted } from '../features/call-features.ts'
import { clip } from '../math/log-odds.ts'
import { PRIOR_WEIGHT } from './base-rates.ts'
import { coldStartPrior } from './cold-start-prior.ts'

/** Decisions that the centre looks back on, and the weight of where it starts. */
const WINDOW = 500
const START_WEIGHT = 20

/** Outcomes that weigh as much as the assumption about the base rate. */
const TRUST_AFTER = PRIOR_WEIGHT

/**
 * The cold-start prior as an expert: what it says of a call, apart from what it says of calls on average. On average of all agents at
 * first, which is what the assumed base rate is about; of the decisions here in the same measure in which outcomes have made that
 * rate the one of here (n/(n + 3)). So a tenant whose calls are all of a kind gets no shift once its own rate is known, and
 * deciding alone, without outcomes, changes no estimate.
 */
export class PriorExpert {
  #mean = 0
  #count = START_WEIGHT

  score(extracted: Extracted): number {
    return coldStartPrior(extracted.situation, extracted.situation.annotations)
  }

  /** In [-3, 3]. @param outcomes - Known ones, ≥ 0. */
  centre(score: number, outcomes: number): number {
    return clip(score - (this.#mean * outcomes) / (outcomes + TRUST_AFTER), -3, 3)
  }

  admit(score: number): void {
    this.#count = Math.min(WINDOW, this.#count + 1)
    this.#mean += (score - this.#mean) / this.#count
  }

  snapshot(): unknown {
    return { mean: this.#mean, count: this.#count }
  }

  restore(snapshot: unknown): void {
    const { mean, count } = snapshot as { mean: number; count: number }
    this.#mean = mean
    this.#count = count
  }
}
