import type { Contribution } from '@bighub/core/protocol'
import { CONTEXT_GROUPS, type ContextGroup, type Features } from '../features/extract-features.ts'
import { clip, logit, sigmoid } from '../math/log-odds.ts'
import { BaseRate } from './base-rate.ts'
import { coldStartPrior } from './cold-start-prior.ts'
import { CounterTable, type Deviation } from './counter-table.ts'
import { LogisticMixture } from './logistic-mixture.ts'
import type { PrecedentEvidence, Prediction, RecordedPrediction, RiskModel } from './risk-model.ts'

const NAME = 'shrinkage'
const VERSION = 1

/** The context whose estimate a context's outcomes are compared with; undefined is the base rate. */
const PARENTS: Readonly<Record<ContextGroup, ContextGroup | undefined>> = {
  action: undefined,
  actor: undefined,
  domain: 'action',
  action_actor: 'action',
  action_target: 'action',
  target: undefined,
  value: 'action',
  provenance: 'action',
  taint: undefined,
  previous_action: 'action',
  step: 'action',
  errors: 'action',
  arguments: 'action',
  actor_target: 'action_target',
}
const PARENT_INDEX = CONTEXT_GROUPS.map((group) => {
  const parent = PARENTS[group]
  return parent === undefined ? -1 : CONTEXT_GROUPS.indexOf(parent)
})

/** Inputs of the mixture after the counters. */
const FIELDS = CONTEXT_GROUPS.length
const PRECEDENTS = FIELDS + 1
const PRIOR = FIELDS + 2
/** Fields, precedents, prior and a constant. */
const SIZE = FIELDS + 4

/** Starting belief of the mixture (risk-model.md §5). */
const START = Array.from({ length: SIZE }, (_, index) => {
  if (index < FIELDS) return { weight: 0.12, variance: 0.06 }
  if (index === FIELDS) return { weight: 0.15, variance: 0.06 }
  if (index === PRECEDENTS) return { weight: 0.2, variance: 0.12 }
  return index === PRIOR ? { weight: 0.7, variance: 0.12 } : { weight: 0, variance: 0.3 }
})
const BIAS_INPUT = 0.3
/** Quantile of the normal distribution for an interval of 90 %. */
const Z_90 = 1.645
/** Probabilities stay inside this: no evidence makes an outcome certain. */
const LIMIT = 3e-4

interface Recorded {
  /** Context hashes. */
  readonly c: readonly number[]
  /** Field hashes. */
  readonly f: readonly number[]
  /** Inputs of the mixture. */
  readonly x: readonly number[]
}

/** The first risk model: hierarchical shrinkage counters and a cold-start prior, mixed in log-odds. */
export function createRiskModel(): RiskModel {
  return new ShrinkageModel()
}

class ShrinkageModel implements RiskModel {
  readonly name = NAME
  readonly version = VERSION
  readonly config = { contexts: CONTEXT_GROUPS, mixture_inputs: SIZE, interval_quantile: Z_90, probability_limit: LIMIT }
  readonly #counters = new CounterTable()
  readonly #base = new BaseRate()
  readonly #mixture = new LogisticMixture(
    START.map(({ weight }) => weight),
    START.map(({ variance }) => variance),
  )

  predict(features: Features, precedents: PrecedentEvidence): Prediction {
    const base = logit(this.#base.probability)
    const deviations = features.contexts.map((context) => this.#counters.deviation(context))
    const prior = coldStartPrior(features)
    const inputs = this.#inputs(features, deviations, precedents, prior)
    const variance = this.#mixture.variance(inputs)
    const score = base + this.#mixture.score(inputs)
    // MacKay's moderation: what rests on uncertain weights is pulled towards even odds.
    const moderated = score / Math.sqrt(1 + 0.3927 * Math.min(4, variance))
    const probability = clip(sigmoid(moderated), LIMIT, 1 - LIMIT)
    const own = deviations[CONTEXT_GROUPS.indexOf('action_actor')] ?? deviations[0]
    const evidence = 3 * precedents.weight + 0.05 * Math.min(40, own?.count ?? 0)
    const spread = Z_90 * Math.sqrt(variance + 1 / (evidence + 1))
    return {
      probability,
      interval: [sigmoid(logit(probability) - spread), sigmoid(logit(probability) + spread)],
      priorProbability: clip(sigmoid(PRIOR_BASE + (START[PRIOR]?.weight ?? 0) * prior), LIMIT, 1 - LIMIT),
      evidence,
      confidence: evidence / (evidence + 3) / (1 + variance),
      contributions: this.#contributions(inputs, deviations, precedents, base),
      recorded: { c: features.contexts, f: features.fields, x: inputs },
    }
  }

  admit(_recorded: RecordedPrediction): void {
    // Nothing that this model keeps advances without an outcome.
  }

  learn(recorded: RecordedPrediction, label: 0 | 1, previous?: 0 | 1): void {
    // Only this model reads what it recorded itself.
    const { c: contexts, f: fields, x: inputs } = recorded as unknown as Recorded
    if (previous !== undefined) this.#correct(contexts, fields, previous, label)
    else this.#learnCounters(contexts, fields, label)
    // Inputs as they stood, weights as they stand (risk-model.md §2).
    this.#mixture.learn(inputs, logit(this.#base.probability), label)
    if (previous === undefined) this.#base.learn(label)
    else this.#base.correct(previous, label)
  }

  dismiss(recorded: RecordedPrediction, previous?: 0 | 1): void {
    if (previous === undefined) return
    const { c: contexts, f: fields } = recorded as unknown as Recorded
    this.#correct(contexts, fields, previous, null)
    this.#base.correct(previous, null)
  }

  snapshot(): unknown {
    return {
      name: NAME,
      version: VERSION,
      counters: this.#counters.snapshot(),
      base: this.#base.snapshot(),
      mixture: this.#mixture.snapshot(),
    }
  }

  restore(snapshot: unknown): void {
    const parts = snapshot as Record<string, unknown>
    if (parts['name'] !== NAME || parts['version'] !== VERSION)
      throw new Error(
        `a snapshot of ${String(parts['name'])} ${String(parts['version'])} is not one of ${NAME} ${VERSION}`,
      )
    this.#counters.restore(parts['counters'])
    this.#base.restore(parts['base'])
    this.#mixture.restore(parts['mixture'])
  }

  #inputs(
    features: Features,
    deviations: readonly Deviation[],
    precedents: PrecedentEvidence,
    prior: number,
  ): number[] {
    const inputs = deviations.map((each) => round(each.logOdds))
    let fields = 0
    for (const field of features.fields) fields += this.#counters.logOdds(field)
    inputs.push(round(features.fields.length === 0 ? 0 : fields / Math.sqrt(features.fields.length)))
    const ofAction = sigmoid(logit(this.#base.probability) + (deviations[0]?.logOdds ?? 0))
    const similar =
      precedents.badRate === null
        ? 0
        : logit((precedents.badRate * precedents.weight + 0.7 * ofAction) / (precedents.weight + 0.7)) - logit(ofAction)
    inputs.push(round(similar), round(prior), BIAS_INPUT)
    return inputs
  }

  /** Parents before children; each child is compared with what its parent believed before this outcome. */
  #learnCounters(contexts: readonly number[], fields: readonly number[], label: 0 | 1): void {
    const base = logit(this.#base.probability)
    const logOdds: number[] = []
    for (const [index, context] of contexts.entries()) {
      const parent = PARENT_INDEX[index] ?? -1
      const before = parent < 0 ? base : (logOdds[parent] ?? base)
      logOdds.push(before + this.#counters.logOdds(context))
      this.#counters.learn(context, label, sigmoid(before))
    }
    const ofAction = sigmoid(logOdds[0] ?? base)
    for (const field of fields) this.#counters.learn(field, label, ofAction)
  }

  #correct(contexts: readonly number[], fields: readonly number[], before: 0 | 1, label: 0 | 1 | null): void {
    for (const context of contexts) this.#counters.correct(context, before, label)
    for (const field of fields) this.#counters.correct(field, before, label)
  }

  #contributions(
    inputs: readonly number[],
    deviations: readonly Deviation[],
    precedents: PrecedentEvidence,
    base: number,
  ): Contribution[] {
    const found: Contribution[] = CONTEXT_GROUPS.flatMap((group, index) => {
      const deviation = deviations[index]
      const logOdds = this.#mixture.weight(index) * (inputs[index] ?? 0)
      if (!deviation || deviation.count <= 0 || logOdds === 0) return []
      return [{ group, text: describe(group, deviation), log_odds: logOdds, count: deviation.count }]
    })
    const rest: [number, string, string][] = [
      [FIELDS, 'fields', 'the context and arguments resemble earlier calls that went this way'],
      [PRECEDENTS, 'precedents', `similar past cases: ${percent(precedents.badRate ?? 0)} went wrong`],
      [PRIOR, 'prior', 'what its name, annotations and the source of its arguments suggest'],
    ]
    for (const [index, group, text] of rest) {
      const logOdds = this.#mixture.weight(index) * (inputs[index] ?? 0)
      if (logOdds !== 0) found.push({ group, text, log_odds: logOdds })
    }
    found.push({ group: 'base', text: `${percent(sigmoid(base))} of all known outcomes were bad`, log_odds: base })
    return found.toSorted((a, b) => Math.abs(b.log_odds) - Math.abs(a.log_odds))
  }
}

/** What the base rate is before any outcome, in log-odds. */
const PRIOR_BASE = logit(new BaseRate().probability)

const WORDS: Readonly<Record<ContextGroup, string>> = {
  action: 'calls of this action',
  actor: 'calls by this actor',
  domain: 'calls of this action in this domain',
  action_actor: 'calls of this action by this actor',
  action_target: 'calls of this action on this target',
  target: 'calls on this target',
  value: 'calls of this action with a value of this size',
  provenance: 'calls of this action with arguments from these sources',
  taint: 'calls whose values come from such sources',
  previous_action: 'calls of this action after this one before it',
  step: 'calls of this action at this point of a run',
  errors: 'calls of this action after as many errors or repetitions',
  arguments: 'calls of this action with just these arguments',
  actor_target: 'calls of this action by this actor on this target',
}

function describe(group: ContextGroup, { bad, count, expected }: Deviation): string {
  return `${wholeNumber(bad)} of ${wholeNumber(count)} earlier ${WORDS[group]} went wrong, where ${percent(expected)} was expected`
}

/** Counts fade slowly, so they may be fractions: shown as whole numbers. */
function wholeNumber(value: number): string {
  return String(Math.round(value))
}

function percent(probability: number): string {
  return `${Math.round(probability * 100)} %`
}

/** Inputs are kept to four decimals, for predicting as for learning, so that the record stays short and exact. */
function round(value: number): number {
  return Math.round(value * 1e4) / 1e4 + 0
}
