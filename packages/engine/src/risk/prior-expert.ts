import { GENERAL_FEATURES } from '../features/general-features.ts'
import { clip } from '../math/log-odds.ts'
import { PRIOR_WEIGHT } from './base-rates.ts'
import { BayesianMixture } from './bayesian-mixture.ts'
import type { ColdStartPrior } from './cold-start-prior.ts'

/** Decisions that averages look back on, and those that what is known from elsewhere counts for. */
const WINDOW = 500
const START_WEIGHT = 10
/** Variance of the constant: what centring leaves over. */
const CONSTANT_VARIANCE = 0.1
const LIMIT = 4

/**
 * The cold-start prior: Bayesian logistic regression over features that any call has, whatever it is named, which starts from what
 * is known from elsewhere, w ~ N(weight, deviation²), and learns on from the outcomes here. Features count apart from their running
 * mean x̄, and the sum z = w·(x − x̄) apart from what it adds on average, −(1 − b)·ln E[eᶻ] + b·ln E[e⁻ᶻ] at base rate b: exact where
 * bad outcomes, or good ones, are rare. So the mean of all estimates stays at the base rate. Averages are those of elsewhere at first, which is
 * what the assumed base rate is about, and those of here in the measure in which outcomes have made the rate the one of here,
 * n/(n + 3): deciding alone, without outcomes, changes no estimate.
 *
 * Says at the first call what sets it apart from others and learns in a few outcomes which of it holds here; later, when
 * counters and words know more, it adds little. Where what sets calls apart elsewhere is reversed here, it costs a few outcomes.
 *
 * @see Gelman and Hill (2007), Data analysis using regression and multilevel models, for beliefs that come from other groups.
 */
export class PriorExpert {
  /** Weights and means as they are elsewhere. */
  readonly #weights: Float64Array
  readonly #elsewhere: Float64Array
  readonly #belief: BayesianMixture
  readonly #means: Float64Array
  /** Running means of eᶻ and e⁻ᶻ. */
  #raised = 1
  #lowered = 1
  #count = START_WEIGHT
  /** Working memory: features apart from their means, then the constant. */
  readonly #centred = new Float64Array(GENERAL_FEATURES.length + 1)

  constructor(prior: ColdStartPrior) {
    this.#weights = Float64Array.from(GENERAL_FEATURES, (name) => prior[name].weight)
    this.#elsewhere = Float64Array.from(GENERAL_FEATURES, (name) => prior[name].mean)
    this.#belief = new BayesianMixture([
      ...GENERAL_FEATURES.map((name) => ({ weight: prior[name].weight, variance: prior[name].deviation ** 2 })),
      { weight: 0, variance: CONSTANT_VARIANCE },
    ])
    this.#means = this.#elsewhere.slice()
  }

  /**
   * Log-odds apart from the base rate, in [-4, 4].
   *
   * @param rate - The base rate, in (0, 1).
   * @param outcomes - Those that it rests on, ≥ 0.
   */
  score(features: Float32Array, rate: number, outcomes: number): number {
    const shift = rate * Math.log(this.#lowered) - (1 - rate) * Math.log(this.#raised)
    return clip(this.#sum(features, outcomes) + shift * trustOf(outcomes), -LIMIT, LIMIT)
  }

  /** What was known before the first outcome here, and of no call here: in [-4, 4]. */
  startScore(features: Float32Array): number {
    let sum = 0
    for (let index = 0; index < this.#weights.length; index++)
      sum += (this.#weights[index] ?? 0) * ((features[index] ?? 0) - (this.#elsewhere[index] ?? 0))
    return clip(sum, -LIMIT, LIMIT)
  }

  /** A call was decided on: averages move on. */
  admit(features: Float32Array, outcomes: number): void {
    const sum = this.#sum(features, outcomes)
    this.#count = Math.min(WINDOW, this.#count + 1)
    this.#raised += (Math.exp(sum) - this.#raised) / this.#count
    this.#lowered += (Math.exp(-sum) - this.#lowered) / this.#count
    const means = this.#means
    for (let index = 0; index < means.length; index++)
      means[index] = (means[index] ?? 0) + ((features[index] ?? 0) - (means[index] ?? 0)) / this.#count
  }

  learn(features: Float32Array, { offset, outcomes, label, importance }: LearnAbout): void {
    this.#centre(features, outcomes)
    this.#belief.learn(this.#centred, offset, label, importance)
  }

  snapshot(): unknown {
    return {
      belief: this.#belief.snapshot(),
      means: this.#means.slice(),
      raised: this.#raised,
      lowered: this.#lowered,
      count: this.#count,
    }
  }

  restore(snapshot: unknown): void {
    const state = snapshot as PriorState
    this.#belief.restore(state.belief)
    this.#means.set(state.means)
    this.#raised = state.raised
    this.#lowered = state.lowered
    this.#count = state.count
  }

  #sum(features: Float32Array, outcomes: number): number {
    this.#centre(features, outcomes)
    return clip(this.#belief.score(this.#centred), -LIMIT, LIMIT)
  }

  #centre(features: Float32Array, outcomes: number): void {
    const [centred, here, elsewhere, trust] = [this.#centred, this.#means, this.#elsewhere, trustOf(outcomes)]
    for (let index = 0; index < here.length; index++) {
      const mean = elsewhere[index] ?? 0
      centred[index] = (features[index] ?? 0) - mean - trust * ((here[index] ?? 0) - mean)
    }
    centred[here.length] = 1
  }
}

/** How far the averages are those of here. */
function trustOf(outcomes: number): number {
  return outcomes / (outcomes + PRIOR_WEIGHT)
}

interface LearnAbout {
  /** Log-odds of the base rate, and the outcomes that it rests on. */
  readonly offset: number
  readonly outcomes: number
  readonly label: 0 | 1
  readonly importance: number
}

interface PriorState {
  readonly belief: unknown
  readonly means: Float64Array
  readonly raised: number
  readonly lowered: number
  readonly count: number
}
