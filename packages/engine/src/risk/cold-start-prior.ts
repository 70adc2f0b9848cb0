import type { GeneralFeature } from '../features/general-features.ts'

/** What is known of one general feature before anything is known of here. */
export interface PriorBelief {
  /** Its weight in log-odds. */
  readonly weight: number
  /** Standard deviation of the weight from one place to another: how fast outcomes may change it. > 0. */
  readonly deviation: number
  /** What calls have of it on average, elsewhere. */
  readonly mean: number
}

/** A belief a general feature: what `train-prior` writes, and what an operator may share. */
export type ColdStartPrior = Readonly<Record<GeneralFeature, PriorBelief>>
