import { describe, expect, it } from 'vitest'
import { ClusterWeight } from './cluster-weight.ts'

/** Weight of the tenth outcome of a run, after many runs of ten. */
function tenth(labelOf: (run: number, step: number) => 0 | 1): number {
  const weights = new ClusterWeight()
  let weight = 1
  for (let run = 1; run <= 200; run++)
    for (let step = 0; step < 10; step++) weight = weights.learn(run, labelOf(run, step), 0.5)
  return weight
}

describe('the weight of an outcome', () => {
  it('is 1 for actions that stand alone and for the first outcome of a run', () => {
    const weights = new ClusterWeight()
    for (let n = 0; n < 20; n++) expect(weights.learn(0, 1, 0.5)).toBe(1)
    expect(weights.learn(7, 1, 0.5)).toBe(1)
    expect(weights.learn(7, 1, 0.5)).toBeLessThan(1)
  })

  it('falls within a run where outcomes of a run agree, and not where they do not', () => {
    // Always the same: ρ = 1, so 1/(1 + 0.3·9).
    expect(tenth((run) => (run % 2 === 0 ? 1 : 0))).toBeCloseTo(1 / 3.7, 2)
    expect(tenth((_, step) => (step % 2 === 0 ? 1 : 0))).toBe(1)
  })
})
