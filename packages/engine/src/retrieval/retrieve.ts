import type { EngineCore } from '../engine-core.ts'
import { findCandidates } from './find-candidates.ts'
import { type Candidate, type ScoredCase, type Situation, scaleOf, scoreOf, signalsOf } from './score-case.ts'
import type { Weights } from './strategies.ts'

/** The cases that may be like a situation, scored: best first, of equals the newer. */
export async function retrieve(core: EngineCore, situation: Situation, weights: Weights): Promise<ScoredCase[]> {
  return scoreAll(await findCandidates(core, situation), situation, { weights, now: core.now() })
}

/** The same for candidates at hand. */
export function scoreAll(
  candidates: readonly Candidate[],
  situation: Situation,
  { weights, now }: { readonly weights: Weights; readonly now: number },
): ScoredCase[] {
  const scale = scaleOf(candidates, situation.action, now)
  const scored = candidates.map((candidate) => {
    const signals = signalsOf(situation, candidate, scale)
    return { ...candidate, signals, score: scoreOf(signals, weights) ?? 0 }
  })
  return scored.toSorted((a, b) => b.score - a.score || b.row.seq - a.row.seq)
}
