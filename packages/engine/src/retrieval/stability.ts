import type { SignalValues } from '../precedents/case-scorer.ts'
import { SIGNALS, type Signal, type Weights } from '../precedents/strategies.ts'
import type { ScoredCase } from './retrieve.ts'

/** Cases of an answer. */
export const TOP = 10

/**
 * How much an answer depends on any one signal: the mean overlap of the top ten when one signal at a time is left out
 * (engine.md §1). Overlap is the share of the larger list that both have. 1: no single signal decides.
 *
 * @param scored - All that was compared, best first.
 * @returns In [0, 1]; null without results, or where only one signal speaks.
 */
export function stabilityOf(scored: readonly ScoredCase[], weights: Weights, minScore: number): number | null {
  const top = scored.slice(0, TOP).filter(({ score }) => score >= minScore)
  const first = top[0]
  if (!first) return null
  const own = new Set(top.map(({ row }) => row.request_id))
  const spoken = SIGNALS.filter((signal) => first.signals[signal] !== undefined && (weights[signal] ?? 0) > 0)
  if (spoken.length < 2) return null
  const overlaps = spoken.map((signal) => {
    const others = scored
      .map((each) => ({ row: each.row, score: scoreWithout(signal, each.signals, weights) }))
      .filter(({ score }) => score >= minScore)
      .toSorted((a, b) => b.score - a.score || b.row.seq - a.row.seq)
      .slice(0, TOP)
    const both = others.filter(({ row }) => own.has(row.request_id)).length
    return both / Math.max(own.size, others.length)
  })
  return overlaps.reduce((sum, overlap) => sum + overlap, 0) / overlaps.length
}

/** The weighted mean of the other signals. */
function scoreWithout(without: Signal, signals: SignalValues, weights: Weights): number {
  let sum = 0
  let total = 0
  for (const signal of SIGNALS) {
    const value = signals[signal]
    if (value === undefined || signal === without) continue
    sum += (weights[signal] ?? 0) * value
    total += weights[signal] ?? 0
  }
  return total > 0 ? sum / total : 0
}
