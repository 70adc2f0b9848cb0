import { InvalidInputError, NotFoundError, RETRIEVAL_STRATEGIES, type Strategy } from '@bighub/core/protocol'

/** What two situations are compared by. Each gives a number in [0, 1]; `score-case.ts` says how. */
export const SIGNALS = [
  'action',
  'domain',
  'actor',
  'target',
  'value',
  'risk',
  'axes',
  'fields',
  'intent',
  'recency',
  'consequence',
  'trajectory',
] as const
export type Signal = (typeof SIGNALS)[number]

/** Weight of each signal; those of a strategy add up to 1. A signal that is not named weighs nothing. */
export type Weights = Readonly<Partial<Record<Signal, number>>>

export type StrategyName = (typeof RETRIEVAL_STRATEGIES)[number]

export const DEFAULT_STRATEGY: StrategyName = 'balanced'

interface Definition {
  readonly description: string
  readonly weights: Weights
}

/** Weights in order of {@link SIGNALS}; the same scorer serves all, so two strategies differ in nothing else. */
const DEFINITIONS: Readonly<Record<StrategyName, Definition>> = {
  balanced: {
    description: 'A little of everything: what was done, where, by whom, how large, how risky, how long ago.',
    weights: weights(0.25, 0.1, 0.08, 0.1, 0.1, 0.08, 0.06, 0.08, 0.02, 0.05, 0.05, 0.03),
  },
  'consequence-focused': {
    description: 'Cases in which as much was at stake: large values, hard to undo, of like risk.',
    weights: weights(0.2, 0.08, 0.02, 0.05, 0.15, 0.12, 0.1, 0.03, 0, 0, 0.25, 0),
  },
  'similarity-focused': {
    description: 'The same action in the same place with like arguments; when it was hardly matters.',
    weights: weights(0.3, 0.15, 0.1, 0.1, 0.1, 0.05, 0.05, 0.1, 0.02, 0.03, 0, 0),
  },
  'recency-focused': {
    description: 'What happened lately to like actions; halves in weight every 30 days.',
    weights: weights(0.25, 0.1, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0, 0.35, 0, 0),
  },
  'actor-focused': {
    description: 'What the same actor did before.',
    weights: weights(0.2, 0.1, 0.4, 0.05, 0.05, 0.05, 0.05, 0.03, 0, 0.07, 0, 0),
  },
  'trajectory-focused': {
    description:
      'Earlier steps of the same run; `trajectory_id` names it. Without one it is like `balanced` by action.',
    weights: weights(0.25, 0.08, 0.08, 0.1, 0.03, 0.03, 0.03, 0.05, 0, 0.05, 0, 0.3),
  },
}

/** What the strategies weigh on average: one index serves them all. */
export const MEAN_WEIGHTS: Weights = Object.fromEntries(
  SIGNALS.map((signal) => [
    signal,
    RETRIEVAL_STRATEGIES.reduce((sum, name) => sum + (DEFINITIONS[name].weights[signal] ?? 0), 0) /
      RETRIEVAL_STRATEGIES.length,
  ]),
)

export function weightsOf(name: StrategyName): Weights {
  return DEFINITIONS[name].weights
}

/** @throws InvalidInputError naming `field` if there is no such strategy. */
export function parseStrategy(field: string, name: string | null | undefined): StrategyName {
  const found = find(name || DEFAULT_STRATEGY)
  if (!found)
    throw new InvalidInputError(field, `${JSON.stringify(name)} is not one of ${RETRIEVAL_STRATEGIES.join(', ')}`)
  return found
}

/** @throws NotFoundError */
export function describeStrategy(name: string): Strategy {
  const found = find(name)
  if (!found) throw new NotFoundError('strategy', name)
  const { description, weights } = DEFINITIONS[found]
  return { name: found, description, weights: { ...weights }, is_default: found === DEFAULT_STRATEGY }
}

function find(name: string): StrategyName | undefined {
  return RETRIEVAL_STRATEGIES.find((each) => each === name)
}

function weights(...values: readonly number[]): Weights {
  return Object.fromEntries(SIGNALS.map((signal, index) => [signal, values[index] ?? 0]))
}
