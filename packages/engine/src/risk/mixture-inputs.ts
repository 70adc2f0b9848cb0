import { COUNTER_CONTEXTS } from '../features/counter-contexts.ts'
import type { WeightBelief } from './bayesian-mixture.ts'

/** Place of each input of the mixture. The prior is last, so that the others keep their places without it. */
export const INPUT = {
  pairs: 0,
  words: 1,
  counters: 2,
  fields: 2 + COUNTER_CONTEXTS.length,
  precedents: 3 + COUNTER_CONTEXTS.length,
  drift: 4 + COUNTER_CONTEXTS.length,
  bias: 5 + COUNTER_CONTEXTS.length,
  prior: 6 + COUNTER_CONTEXTS.length,
} as const
export const INPUT_COUNT: number = INPUT.prior + 1

/** What the constant input is. */
export const BIAS_INPUT = 0.3

/** Name of each input, in order. */
export const INPUT_NAMES: readonly string[] = [
  'pairs',
  'words',
  ...COUNTER_CONTEXTS.map(({ name }) => name),
  'fields',
  'similar_cases',
  'drift',
  'bias',
  'prior',
]

/** Starting belief about the weights (risk-model.md §5). */
export const START_BELIEFS: readonly WeightBelief[] = [
  { weight: 0.1, variance: 0.12 },
  { weight: 0.5, variance: 0.12 },
  ...COUNTER_CONTEXTS.map(() => ({ weight: 0.12, variance: 0.06 })),
  { weight: 0.1, variance: 0.06 },
  { weight: 0.2, variance: 0.12 },
  { weight: 0.3, variance: 0.12 },
  { weight: 0, variance: 0.3 },
  { weight: 0.5, variance: 0.1 },
]
