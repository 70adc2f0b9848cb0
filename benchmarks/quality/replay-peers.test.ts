import { describe, expect, it } from 'vitest'
import type { Peer, StreamLine } from './peer.ts'
import { FeatureReader } from './peer-features.ts'
import { replayPeers } from './replay-peers.ts'
import { badHeld } from './stream-score.ts'

/** Says ½ and writes down what it is asked and told. */
function recorder(told: string[]): Peer {
  return {
    name: 'recorder',
    settings: '',
    source: '',
    readsFeatures: false,
    predict({ action }) {
      told.push(`predict ${action}`)
      return { probability: 0.5, learn: (label) => told.push(`learn ${action} ${label}`) }
    },
  }
}

describe('the replay of peers', () => {
  it('tells an outcome when it is due, and not at all when it never is', () => {
    const told: string[] = []
    const lines: StreamLine[] = [
      { action: 'a', bad: 1, outcome_delay: 2 },
      { action: 'b', bad: null },
      { action: 'c', bad: 0 },
      { action: 'd', bad: 0, outcome_delay: 9 },
    ]
    const figures = replayPeers(lines, [recorder(told)]).get('recorder')
    expect(told).toEqual(['predict a', 'predict c', 'learn a 1', 'learn c 0', 'predict d'])
    expect(figures?.log_loss).toBeCloseTo(Math.LN2, 12)
    expect(figures?.first_500_log_loss).toBeCloseTo(Math.LN2, 12)
  })
})

describe('what peers are told', () => {
  it('holds a call’s fields and the run before it, and nothing that is known only afterwards', () => {
    const reader = new FeatureReader()
    const first: StreamLine = { action: 'read', trajectory_id: 't', observation: 'secret words', tool_error: true }
    const line: StreamLine = { action: 'pay', trajectory_id: 't', value: 3, context: { kind: 'new', age: 40 } }
    const before = reader.read(first)
    expect(before.text).toEqual([])
    expect(reader.read({ ...first, observation: 'other', bad: 1, tool_error: false })).toEqual(before)
    reader.observe(first)
    const { categories, numbers, text } = reader.read(line)
    expect(Object.fromEntries(categories)).toMatchObject({ previous: 'read', errors: '1', 'context.kind': '"new"' })
    expect(Object.fromEntries(numbers)).toEqual({ step: 0, value: 3, 'context.age': 40 })
    // Two words, each alone and with the action.
    expect(text).toHaveLength(4)
  })

  it('pairs each coarse field with each other once', () => {
    const { categories, pairs } = new FeatureReader().read({ action: 'pay', context: { a: 'x', b: 'y' } })
    expect(pairs).toHaveLength((categories.length * (categories.length - 1)) / 2)
    expect(new Set(pairs).size).toBe(pairs.length)
  })
})

describe('bad calls held when 2 % of the good ones are', () => {
  it('counts those riskier than all but 2 % of the good ones', () => {
    const good = Array.from({ length: 100 }, (_, n) => ({ probability: n / 100, label: 0 as const }))
    const bad = [0.5, 0.975, 0.985, 0.995].map((probability) => ({ probability, label: 1 as const }))
    // Two of the hundred, at 0.99 and 0.98, may be held; the threshold is the third, 0.97.
    expect(badHeld([...good, ...bad])).toBe(0.75)
    expect(badHeld(good)).toBeNull()
  })
})
