import type { ActionFacts } from '../features/action-facts.ts'
import { type CallFeatures, callFeatures, type Extracted } from '../features/call-features.ts'
import { ExpandedTokens } from '../features/expand-tokens.ts'
import { valueFieldOf } from '../features/field-tokens.ts'
import { NumberBook } from '../features/number-book.ts'
import { TOKEN } from '../features/token-names.ts'
import { hashText } from '../math/hash.ts'
import { clip, logit, sigmoid } from '../math/log-odds.ts'
import { AdaGradExpert } from './adagrad-expert.ts'
import { BaseRates, PRIOR_RATE } from './base-rates.ts'
import { BayesianMixture } from './bayesian-mixture.ts'
import { CalibrationTables } from './calibration-tables.ts'
import { ClusterWeight } from './cluster-weight.ts'
import type { ColdStartPrior } from './cold-start-prior.ts'
import { CounterExpert } from './counter-expert.ts'
import { type AgeUnit, DelayModel } from './delay-model.ts'
import { type ExplainInput, explainPrediction, type View } from './explain-prediction.ts'
import { IntervalWidth, Z_90 } from './interval-width.ts'
import { BIAS_INPUT, INPUT, INPUT_COUNT, START_BELIEFS } from './mixture-inputs.ts'
import { PairExpert } from './pair-expert.ts'
import { PrecedentExpert, sketchOf } from './precedent-expert.ts'
import { type PredictionRecord, readRecord, writeRecord } from './prediction-record.ts'
import { PRIOR_BELIEFS } from './prior-beliefs.ts'
import { PriorExpert } from './prior-expert.ts'
import { ResidualTrees } from './residual-trees.ts'
import type { DecisionMoment, Prediction, RecordedPrediction, RiskModel } from './risk-model.ts'
import { TreeRow } from './tree-row.ts'

const NAME = 'context-mixing'
const VERSION = 2

/** Probabilities stay inside this: no evidence makes an outcome certain. */
const LIMIT = 3e-4
/** Outcomes that can be taken back exactly when they are corrected; older ones are only learned anew. */
const MAX_TAUGHT = 4096
/**
 * Part of what the prior says that all other experts stand on: they learn what it does not know, instead of the same once more. The rest is
 * an input of the mixture, which may lower it. All of it (1) helps more where the prior is right, and costs more where it is wrong.
 */
const PRIOR_SHARE = 0.5
/** Pace and forgetting of the two centring controllers (risk-model.md §7). */
const CENTRING_PACE = 0.02
const CENTRING_KEEP = 0.999

export interface RiskModelOptions {
  /** What ages of open decisions are measured in. A file of decisions has no clock. @defaultValue 'seconds' */
  readonly ageUnit?: AgeUnit
  /** Outcomes between the start of a fit of trees and its use; 0 fits at once. @defaultValue 500 */
  readonly treesInstallAfter?: number
  /** What is known from elsewhere before the first outcome; null: nothing. @defaultValue what `train-prior` wrote */
  readonly prior?: ColdStartPrior | null
  /**
   * Outcomes after which experts count half of what they say, n/(n + this): from a few outcomes they all learn the same. Lowers the loss
   * of the first 200 decisions on nearly every stream. 0: they count in full from the first on. @defaultValue 10
   */
  readonly earlyOutcomes?: number
  /** Fields are read in the order in which they were given. @defaultValue false: by name */
  readonly keepsFieldOrder?: boolean
  /**
   * Short arguments count as fields too, as context does: what a method or a status means is learned from fewer outcomes. On the agents'
   * streams of risk-model.md −1.7 %, −0.1 % and +1.4 % of log loss. @defaultValue true
   */
  readonly hasArgumentFields?: boolean
}

/** The model of risk behind the engine (risk-model.md): experts in log-odds, mixed by what was learned of each. */
export function createRiskModel(options: RiskModelOptions = {}): RiskModel {
  return new ContextMixingModel(options)
}

class ContextMixingModel implements RiskModel {
  readonly name = NAME
  readonly version = VERSION
  readonly config: Readonly<Record<string, unknown>>
  readonly #options: Required<RiskModelOptions>
  readonly #numbers = new NumberBook()
  readonly #counters = new CounterExpert()
  readonly #words = new AdaGradExpert()
  readonly #pairs = new PairExpert()
  readonly #precedents = new PrecedentExpert()
  readonly #prior: PriorExpert | null
  readonly #base = new BaseRates()
  readonly #delay: DelayModel
  readonly #clusters = new ClusterWeight()
  readonly #mixture = new BayesianMixture(START_BELIEFS)
  readonly #treeRow = new TreeRow()
  readonly #trees: ResidualTrees
  /** Mixture and trees, weighed against each other. */
  readonly #second = new BayesianMixture([
    { weight: 1, variance: 0.02 },
    { weight: 0.3, variance: 0.02 },
  ])
  readonly #calibration = new CalibrationTables()
  readonly #width = new IntervalWidth()
  /** What centres predictions, and what centres training, in log-odds. */
  #decisionShift = 0
  #arrivalShift = 0
  /** By decision, the error that the word expert learned from, so that a correction can take it back. */
  readonly #taught = new Map<number, number>()
  // Working memory. A decision is mostly admitted right after it was predicted, and need not be read again then.
  #newest: { readonly recorded: RecordedPrediction; readonly record: PredictionRecord } | null = null
  readonly #tokens = new ExpandedTokens()
  readonly #nearness = { probability: 0, weight: 0 }
  readonly #both = new Float64Array(2)

  constructor(options: RiskModelOptions) {
    this.#options = {
      ageUnit: 'seconds',
      treesInstallAfter: 500,
      prior: PRIOR_BELIEFS,
      earlyOutcomes: 10,
      keepsFieldOrder: false,
      hasArgumentFields: true,
      ...options,
    }
    this.#delay = new DelayModel(this.#options.ageUnit)
    this.#prior = this.#options.prior && new PriorExpert(this.#options.prior)
    this.#trees = new ResidualTrees({ width: this.#treeRow.width, installAfter: this.#options.treesInstallAfter })
    this.config = {
      mixture_inputs: INPUT_COUNT,
      interval_quantile: Z_90,
      probability_limit: LIMIT,
      age_unit: this.#options.ageUnit,
      trees_install_after: this.#options.treesInstallAfter,
      has_prior: this.#prior !== null,
      early_outcomes: this.#options.earlyOutcomes,
      argument_fields: this.#options.hasArgumentFields,
    }
  }

  predict(facts: ActionFacts): Prediction {
    const extracted = callFeatures(facts, this.#numbers, this.#options)
    const { features } = extracted
    this.#tokens.expand(features)
    const sketch = sketchOf(this.#tokens)
    const openness = this.#delay.openness
    const rate = this.#decisionRate()
    // Like counters it says too much while many outcomes are open.
    const prior = (1 - openness * openness) * (this.#prior?.score(features.general, rate, this.#base.outcomes) ?? 0)
    const base = logit(rate) + openness * this.#decisionShift
    const offset = base + PRIOR_SHARE * prior
    const inputs = this.#inputsOf(features, sketch, { offset, openness, prior })
    const nearness = this.#nearness.weight
    const correction = this.#trees.score(this.#treeRow.fill(inputs, features))
    const view = this.#viewOf(features.action, inputs, correction, offset)
    const probability = clip(sigmoid(view.calibrated), LIMIT, 1 - LIMIT)
    const evidence = 3 * nearness + 0.05 * Math.min(40, this.#counters.countOf(features.contexts[ACTION_ACTOR] ?? 0))
    const deviation = Math.sqrt(view.variance + 1 / (evidence + 1))
    const record: PredictionRecord = { features, sketch, inputs, correction, probability, deviation, prior }
    const recorded = writeRecord(record)
    this.#newest = { recorded, record }
    return new MixedPrediction({
      probability,
      interval: this.#intervalOf(probability, deviation),
      priorProbability: this.#startProbability(features),
      evidence,
      confidence: evidence / (evidence + 3) / (1 + view.variance),
      recorded,
      explain: () => this.#explain(extracted, record, { ...view, base, prior: offset - base, nearness }),
    })
  }

  admit(recorded: RecordedPrediction, { key, at, weight }: DecisionMoment): void {
    const record = this.#read(recorded)
    if (!record) return
    const openness = this.#delay.openness
    this.#delay.admit(key, at, weight)
    const rate = this.#decisionRate()
    const error = CENTRING_PACE * openness * (rate - record.probability)
    this.#decisionShift = centred(this.#decisionShift, error, rate)
    this.#prior?.admit(record.features.general, this.#base.outcomes)
    this.#admitNumbers(record.features)
    this.#treeRow.admit(record.features)
  }

  withdraw(key: string): void {
    this.#delay.withdraw(key)
  }

  learn(recorded: RecordedPrediction, label: 0 | 1, { key, at, weight = 1 }: DecisionMoment, previous?: 0 | 1): void {
    const record = this.#read(recorded)
    if (!record) return
    const { features } = record
    if (previous === undefined) this.#delay.close(key, label, at)
    else this.#delay.correct(key, previous, label)
    const openness = this.#delay.openness
    const arrivals = this.#base.ofArrivals(openness)
    const base = logit(arrivals) + openness * this.#arrivalShift
    const offset = base + PRIOR_SHARE * record.prior
    // A correction is no further outcome of its run; what the wrong label taught is taken back where it is known.
    const ofRun = previous === undefined ? this.#clusters.learn(features.run, label, arrivals) : 1
    const importance = ofRun * weight
    this.#tokens.expand(features)
    const taught = previous === undefined ? undefined : this.#taught.get(hashText(key))
    if (taught !== undefined) this.#words.unlearn(this.#tokens, taught)
    this.#learnMixture(record, { label, offset, openness, importance, isFirst: previous === undefined })
    // What is true of a run says still less of calls in general; and while outcomes are late, those that come first are not like the rest.
    this.#prior?.learn(features.general, {
      offset: base,
      outcomes: this.#base.outcomes,
      label,
      importance: ofRun * importance * (1 - openness),
    })
    this.#pairs.learn(features.pairs, offset, label, importance)
    this.#remember(key, this.#words.learn(this.#tokens, offset, label, importance))
    const { action, contexts, fields } = features
    if (previous === undefined) {
      this.#counters.learn(contexts, fields, { action, offset, label, importance })
      this.#precedents.learn(action, record.sketch, label)
      this.#base.learn(label, importance)
    } else this.#exchange(record, previous, label)
  }

  dismiss(recorded: RecordedPrediction, { key }: DecisionMoment, previous?: 0 | 1): void {
    if (previous === undefined) this.#delay.withdraw(key)
    else this.#delay.correct(key, previous, null)
    const record = previous === undefined ? null : this.#read(recorded)
    if (record && previous !== undefined) this.#exchange(record, previous, null)
  }

  snapshot(): unknown {
    return {
      name: NAME,
      version: VERSION,
      shifts: [this.#decisionShift, this.#arrivalShift],
      taught: new Map(this.#taught),
      ...Object.fromEntries(Object.entries(this.#parts()).map(([name, part]) => [name, part.snapshot()])),
    }
  }

  restore(snapshot: unknown): void {
    const state = snapshot as Record<string, unknown>
    if (state['name'] !== NAME || state['version'] !== VERSION)
      throw new Error(
        `a snapshot of ${String(state['name'])} ${String(state['version'])} is not one of ${NAME} ${VERSION}`,
      )
    for (const [name, part] of Object.entries(this.#parts())) part.restore(state[name])
    const [decision = 0, arrival = 0] = state['shifts'] as readonly number[]
    this.#decisionShift = decision
    this.#arrivalShift = arrival
    this.#taught.clear()
    for (const [key, error] of state['taught'] as ReadonlyMap<number, number>) this.#taught.set(key, error)
  }

  #parts(): Record<string, { snapshot(): unknown; restore(snapshot: unknown): void }> {
    return {
      ...(this.#prior ? { prior: this.#prior } : {}),
      numbers: this.#numbers,
      counters: this.#counters,
      words: this.#words,
      pairs: this.#pairs,
      precedents: this.#precedents,
      base: this.#base,
      delay: this.#delay,
      clusters: this.#clusters,
      mixture: this.#mixture,
      treeRow: this.#treeRow,
      trees: this.#trees,
      second: this.#second,
      calibration: this.#calibration,
      width: this.#width,
    }
  }

  #read(recorded: RecordedPrediction): PredictionRecord | null {
    return this.#newest?.recorded === recorded ? this.#newest.record : readRecord(recorded)
  }

  /** What was assumed of a call before the first outcome. */
  #startProbability({ general }: CallFeatures): number {
    const prior = this.#prior?.startScore(general) ?? 0
    return clip(sigmoid(logit(PRIOR_RATE) + PRIOR_TRUST * prior), LIMIT, 1 - LIMIT)
  }

  /** Base rate of decisions; before the first outcome there is nothing to correct. */
  #decisionRate(): number {
    if (this.#delay.events < 1) return this.#base.ofArrivals(this.#delay.openness)
    return clip(this.#delay.base, 0.002, 0.998)
  }

  /** What each expert adds to the offset, in log-odds. */
  #inputsOf(
    features: CallFeatures,
    sketch: Uint32Array,
    { offset, openness, prior }: { offset: number; openness: number; prior: number },
  ): Float64Array {
    const inputs = new Float64Array(INPUT_COUNT)
    const { action, contexts, fields, pairs } = features
    // The first outcomes tell nearly every expert the same, and their sum would take it for proof. Where nearly all is still open,
    // few outcomes say nothing of how few decisions there were: there openness itself restrains the counters.
    const { outcomes } = this.#base
    const { earlyOutcomes } = this.#options
    const early =
      earlyOutcomes === 0 ? 1 : (outcomes + earlyOutcomes * openness * openness) / (outcomes + earlyOutcomes)
    // Counts overcommit while many outcomes are open.
    const settled = 1 - openness
    inputs[INPUT.pairs] = clip(this.#pairs.score(pairs), -8, 8) * early
    inputs[INPUT.words] = clip(this.#words.score(this.#tokens), -8, 8) * early
    this.#counters.score(contexts, fields, { action, offset, trust: settled * early, inputs, at: INPUT.counters })
    inputs[INPUT.fields] = (inputs[INPUT.fields] ?? 0) * early
    const ofAction = sigmoid(offset + this.#counters.deviationOfAction(offset))
    this.#precedents.score(action, sketch, ofAction, this.#nearness)
    inputs[INPUT.precedents] = clip(logit(this.#nearness.probability) - logit(ofAction), -6, 6) * early
    const drift = logit(clip(this.#base.fast, 0.01, 0.99)) - logit(this.#base.ofArrivals(openness))
    inputs[INPUT.drift] = settled * clip(drift, -3, 3)
    inputs[INPUT.bias] = BIAS_INPUT * settled
    inputs[INPUT.prior] = (1 - PRIOR_SHARE) * prior
    return inputs
  }

  /** From inputs to the calibrated log-odds, at the weights of now. */
  #viewOf(action: number, inputs: Float64Array, correction: number, offset: number): View {
    const mixed = clip(this.#mixture.score(inputs), -12, 12)
    const variance = this.#mixture.variance(inputs)
    this.#both[0] = mixed
    this.#both[1] = correction
    const score = clip(offset + this.#second.score(this.#both), -12, 12)
    // MacKay (1992): what rests on uncertain weights is pulled towards even odds.
    const moderated = score / Math.sqrt(1 + 0.3927 * Math.min(4, variance))
    return { mixed, variance, score, moderated, calibrated: this.#calibration.calibrate(action, sigmoid(moderated)) }
  }

  /** Inputs as they stood, weights as they stand (risk-model.md §2). */
  #learnMixture(record: PredictionRecord, about: LearnAbout): void {
    const { inputs, correction, features } = record
    const { label, offset, openness, importance } = about
    const view = this.#viewOf(features.action, inputs, correction, offset)
    this.#calibration.learn(features.action, sigmoid(view.moderated), label, importance)
    if (about.isFirst) {
      this.#width.learn(record.probability, this.#intervalOf(record.probability, record.deviation), label)
      this.#both[0] = view.mixed
      this.#both[1] = 0
      const margin = clip(offset + this.#second.score(this.#both), -9, 9)
      this.#trees.learn(this.#treeRow.fill(inputs, features), label, margin)
    }
    this.#both[0] = view.mixed
    this.#both[1] = correction
    this.#second.learn(this.#both, offset, label, importance)
    if (openness > 0 && about.isFirst) {
      const p = sigmoid(clip(offset + view.mixed, -15, 15))
      this.#arrivalShift = centred(this.#arrivalShift, CENTRING_PACE * openness * (label - p), p)
    }
    this.#mixture.learn(inputs, offset, label, importance)
  }

  #remember(key: string, error: number): void {
    const hash = hashText(key)
    this.#taught.delete(hash)
    this.#taught.set(hash, error)
    if (this.#taught.size <= MAX_TAUGHT) return
    const oldest = this.#taught.keys().next()
    if (!oldest.done) this.#taught.delete(oldest.value)
  }

  #exchange({ features, sketch }: PredictionRecord, before: 0 | 1, label: 0 | 1 | null): void {
    const { action, contexts, fields } = features
    this.#counters.correct(contexts, fields, action, before, label)
    this.#precedents.correct(action, sketch, before, label)
    this.#base.correct(before, label)
  }

  #admitNumbers({ action, numbers }: CallFeatures): void {
    const { value, fields, values } = numbers
    if (value !== null) {
      this.#numbers.admit(valueFieldOf(action), value)
      this.#numbers.admit(TOKEN.valueBin, value)
    }
    for (let index = 0; index < fields.length; index++) this.#numbers.admit(fields[index] ?? 0, values[index] ?? 0)
  }

  #intervalOf(probability: number, deviation: number): readonly [number, number] {
    const z = Math.log(probability / (1 - probability))
    const half = this.#width.halfWidth(deviation)
    return [Math.min(probability, sigmoid(z - half)), Math.max(probability, sigmoid(z + half))]
  }

  #explain(extracted: Extracted, record: PredictionRecord, view: ExplainInput['view']) {
    this.#tokens.expand(record.features)
    return explainPrediction({
      extracted,
      record,
      view,
      tokens: this.#tokens,
      partOf: (index) => this.#words.part(this.#tokens, index),
      weightOf: (index) => this.#mixture.weight(index),
      trust: [this.#second.weight(0), this.#second.weight(1)],
      counts: Array.from(record.features.contexts, (context) => this.#counters.about(context)),
    })
  }
}

/** A shift in log-odds after one more error in probability around `rate`. */
function centred(shift: number, error: number, rate: number): number {
  return clip(shift * CENTRING_KEEP + error / Math.max(0.05, rate * (1 - rate)), -8, 8)
}

/** Place of the count of an action by an actor among the contexts. */
const ACTION_ACTOR = 3
/** How much of what the prior says counts before any outcome is known. */
const PRIOR_TRUST = PRIOR_SHARE + (1 - PRIOR_SHARE) * (START_BELIEFS[INPUT.prior]?.weight ?? 0)

interface LearnAbout {
  readonly label: 0 | 1
  readonly offset: number
  readonly openness: number
  readonly importance: number
  /** The first outcome of its decision, no correction. */
  readonly isFirst: boolean
}

interface MixedParts extends Omit<Prediction, 'contributions'> {
  readonly explain: () => Prediction['contributions']
}

/** A prediction whose explanation is worked out when somebody looks at it, before the model learns again. */
class MixedPrediction implements Prediction {
  readonly probability: number
  readonly interval: readonly [number, number]
  readonly priorProbability: number
  readonly evidence: number
  readonly confidence: number
  readonly recorded: RecordedPrediction
  readonly #explain: MixedParts['explain']
  #contributions: Prediction['contributions'] | undefined

  constructor(parts: MixedParts) {
    this.probability = parts.probability
    this.interval = parts.interval
    this.priorProbability = parts.priorProbability
    this.evidence = parts.evidence
    this.confidence = parts.confidence
    this.recorded = parts.recorded
    this.#explain = parts.explain
  }

  get contributions(): Prediction['contributions'] {
    this.#contributions ??= this.#explain()
    return this.#contributions
  }
}
