import { describe, expect, it } from 'vitest'
import { ExpandedTokens } from '../features/expand-tokens.ts'
import { mix } from '../math/hash.ts'
import { PrecedentExpert, sketchOf } from './precedent-expert.ts'

/** Sketch of a call with 60 tokens, of which `changed` are other ones than usual. */
function sketch(changed = 0, salt = 1): Uint32Array {
  const tokens = new ExpandedTokens()
  tokens.baseCount = 60
  tokens.count = 60
  for (let n = 0; n < 60; n++) tokens.hashes[n] = mix(n, n < changed ? salt : 0)
  return sketchOf(tokens)
}

function ask(expert: PrecedentExpert, of: Uint32Array): { probability: number; weight: number } {
  const nearness = { probability: 0, weight: 0 }
  expert.score(1, of, 0.2, nearness)
  return nearness
}

describe('precedents', () => {
  it('are none at first, and the prior stands', () => {
    expect(ask(new PrecedentExpert(), sketch())).toEqual({ probability: 0.2, weight: 0 })
  })

  it('count as one where they are equal, less the less they have in common, and not at all by chance', () => {
    const expert = new PrecedentExpert()
    expert.learn(1, sketch(), 1)
    expect(ask(expert, sketch())).toEqual({ probability: (1 + 0.7 * 0.2) / 1.7, weight: 1 })
    const near = ask(expert, sketch(6))
    expect(near.weight).toBeGreaterThan(0.01)
    expect(near.weight).toBeLessThan(0.8)
    expect(near.probability).toBeGreaterThan(0.2)
    expect(ask(expert, sketch(60)).weight).toBe(0)
  })

  it('remember the newest 128 of an action', () => {
    const expert = new PrecedentExpert()
    expert.learn(1, sketch(), 1)
    for (let n = 0; n < 128; n++) expert.learn(1, sketch(60, n + 2), 0)
    expect(ask(expert, sketch()).weight).toBe(0)
  })

  it('follow a correction, and forget a case that was none', () => {
    const expert = new PrecedentExpert()
    expert.learn(1, sketch(), 0)
    expert.correct(1, sketch(), 0, 1)
    expect(ask(expert, sketch()).probability).toBeGreaterThan(0.5)
    expert.correct(1, sketch(), 1, null)
    expect(ask(expert, sketch()).weight).toBe(0)
  })
})
