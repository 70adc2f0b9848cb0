import type { ExplainedRetrieval } from '@bighub/core/protocol'
import { SIGNALS, type Signal, type Weights } from '../precedents/strategies.ts'
import type { ScoredCase } from './retrieve.ts'

type Explanation = ExplainedRetrieval['results'][number]['explanation']

/** Largest contributions that the summary names. */
const NAMED = 3

const WORDS: Readonly<Record<Signal, string>> = {
  action: 'the action',
  domain: 'the domain',
  actor: 'the actor',
  target: 'the target',
  value: 'the value',
  risk: 'the risk',
  axes: 'the axes of the situation',
  fields: 'arguments and context',
  intent: 'the words of the intent',
  recency: 'how recent it is',
  consequence: 'what was at stake',
  trajectory: 'the run',
}

/** Each signal's part of a score: weights as they count once the signals that nobody spoke of are left out. Parts add up to the score. */
export function explainScore({ signals, score }: ScoredCase, weights: Weights): Explanation {
  const spoken = SIGNALS.filter((signal) => signals[signal] !== undefined)
  const total = spoken.reduce((sum, signal) => sum + (weights[signal] ?? 0), 0)
  const parts = spoken.map((signal) => {
    const weight = total === 0 ? 0 : (weights[signal] ?? 0) / total
    const value = signals[signal] ?? 0
    return { signal, weight, value, contribution: weight * value }
  })
  const largest = parts
    .filter(({ contribution }) => contribution > 0)
    .toSorted((a, b) => b.contribution - a.contribution)
    .slice(0, NAMED)
    .map(({ signal, contribution }) => `${WORDS[signal]} (${contribution.toFixed(2)})`)
  return {
    signals: Object.fromEntries(
      parts.map(({ signal, weight, value, contribution }) => [signal, { weight, value, contribution }]),
    ),
    summary: largest.length === 0 ? 'nothing in common' : `${score.toFixed(2)}, most of it from ${largest.join(', ')}`,
  }
}
