import { RETRIEVAL_STRATEGIES } from '@bighub/core/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Scale, SignalValues } from '../precedents/case-scorer.ts'
import { describeStrategy, type Signal, weightsOf } from '../precedents/strategies.ts'
import type { DecisionRow } from '../storage/tables.ts'
import { explainScore } from './explain-score.ts'
import { scoreAll } from './retrieve.ts'
import { NO_SITUATION, type Situation } from './situation.ts'
import { stabilityOf } from './stability.ts'

const DAY_MS = 86_400_000
const NOW = Date.parse('2026-07-01T12:00:00Z')
const NO_SCALE: Scale = { spread: 1, medianValue: null, now: NOW }

/** A refund a moment ago of which nothing else is known, with what is given changed. */
function row(
  fields: Partial<DecisionRow> & { axes?: Record<string, number>; fields?: readonly number[] } = {},
): DecisionRow {
  const { axes = {}, fields: hashes = [], ...rest } = fields
  return {
    organisation: 1,
    request_id: `act_${rest.seq ?? 1}`,
    case_id: `case_${rest.seq ?? 1}`,
    seq: 1,
    source: 'evaluation',
    at: NOW,
    action: 'refund',
    tool: null,
    actor: null,
    target: null,
    domain: null,
    value: null,
    trajectory_id: null,
    recommendation: 'proceed',
    recommendation_confidence: null,
    result: 'allowed',
    verdict: 'ALLOWED',
    blocked_by: null,
    shadow: 0,
    risk: 0.2,
    policy_version: 0,
    simulation: null,
    approval_status: null,
    effect_state: null,
    outcome_status: null,
    outcome_category: null,
    outcome_severity: null,
    outcome_at: null,
    followed: null,
    outcome: null,
    details: null,
    likeness: JSON.stringify({ fields: hashes, axes, provenance: null }),
    ...rest,
  }
}

function signal(name: Signal, situation: Partial<Situation>, of: Parameters<typeof row>[0], scale = NO_SCALE) {
  return signalsOf(situation, row(of), scale)[name]
}

function signalsOf(situation: Partial<Situation>, of: DecisionRow, scale = NO_SCALE): SignalValues {
  const [scored] = scoreAll([of], { ...NO_SITUATION, ...situation }, { weights: weightsOf('balanced'), scale })
  return scored?.signals ?? {}
}

/** Rows keep numbers in single precision: seven digits. */
const DIGITS = 6

const name = fc.constantFrom(null, 'a', 'b')
const number = fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true }))
const share = fc.double({ min: 0, max: 1, noNaN: true })
const fields = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 8 })
const axes = fc.dictionary(fc.constantFrom('reversibility', 'x', 'y'), share)
const aRow = fc
  .record({
    tool: name,
    actor: name,
    target: name,
    domain: name,
    trajectory_id: name,
    value: number,
    risk: share,
    fields,
    axes,
  })
  .map((of) => row(of))
const aSituation: fc.Arbitrary<Situation> = fc.record({
  action: fc.constantFrom(null, 'refund', 'pay_out', 'walk'),
  tool: name,
  domain: name,
  actor: name,
  target: name,
  value: number,
  riskScore: fc.option(share),
  axes: fc.option(axes),
  fields: fc.option(fields),
  intent: fc.constantFrom(null, 'refund the order'),
  trajectoryId: name,
})

describe('a signal', () => {
  it('of the action is 1 for the same, less for the same tool or kind of verb', () => {
    expect(signal('action', { action: 'refund' }, {})).toBe(1)
    expect(signal('action', { action: 'charge', tool: 'stripe' }, { tool: 'stripe' })).toBe(0.6)
    expect(signal('action', { action: 'pay_out' }, {})).toBe(0.3)
    expect(signal('action', { action: 'frobnicate' }, { action: 'defenestrate' })).toBe(0)
    expect(signal('action', { tool: 'stripe' }, { tool: 'stripe' })).toBe(1)
  })

  it('of domain, actor, target and run is whether they are the same', () => {
    for (const [name, key, column] of [
      ['domain', 'domain', 'domain'],
      ['actor', 'actor', 'actor'],
      ['target', 'target', 'target'],
      ['trajectory', 'trajectoryId', 'trajectory_id'],
    ] as const) {
      expect(signal(name, { [key]: 'a' }, { [column]: 'a' })).toBe(1)
      expect(signal(name, { [key]: 'a' }, { [column]: 'b' })).toBe(0)
      expect(signal(name, { [key]: 'a' }, {})).toBe(0)
      expect(signal(name, {}, { [column]: 'a' })).toBeUndefined()
    }
  })

  it('of value falls with the distance in spreads of the logarithm', () => {
    const scale = { ...NO_SCALE, spread: Math.log(10) }
    expect(signal('value', { value: 99 }, { value: 99 }, scale)).toBe(1)
    expect(signal('value', { value: 999 }, { value: 99 }, scale)).toBeCloseTo(Math.exp(-0.5), DIGITS)
    expect(signal('value', { value: 9999 }, { value: -99 }, scale)).toBeCloseTo(Math.exp(-2), DIGITS)
    expect(signal('value', { value: 5 }, {})).toBe(0)
  })

  it('of risk, axes, fields and words is their closeness', () => {
    expect(signal('risk', { riskScore: 0.9 }, { risk: 0.2 })).toBeCloseTo(0.3, DIGITS)
    expect(signal('axes', { axes: { a: 0.5, b: 1 } }, { axes: { a: 0.7, c: 1 } })).toBeCloseTo(0.4, DIGITS)
    expect(signal('fields', { fields: [1, 2, 3] }, { fields: [2, 3, 4] })).toBe(0.5)
    const details = JSON.stringify({ goal_summary: 'Return the money' })
    expect(signal('intent', { intent: 'refund money quickly' }, { details })).toBeCloseTo(2 / 3, 12)
    expect(signal('intent', { intent: 'ok' }, { details })).toBeUndefined()
  })

  it('of age halves in 30 days', () => {
    expect(signal('recency', {}, {})).toBe(1)
    expect(signal('recency', {}, { at: NOW - 60 * DAY_MS })).toBe(0.25)
    expect(signal('recency', {}, { at: NOW + DAY_MS })).toBe(1)
  })

  it('of consequence is how hard it is to undo, or how large it is, whichever is more', () => {
    expect(signal('consequence', {}, {})).toBe(0)
    expect(signal('consequence', {}, { axes: { reversibility: 0.1 } })).toBeCloseTo(0.9, DIGITS)
    expect(signal('consequence', {}, { value: 300 }, { ...NO_SCALE, medianValue: 100 })).toBe(0.75)
  })

  it('never tells how a case ended', () => {
    const situation = { action: 'refund', riskScore: 0.5, value: 5 }
    const ended = row({ outcome_status: 'FRAUD', outcome_category: 'negative', outcome_severity: 1 })
    expect(signalsOf(situation, ended)).toEqual(signalsOf(situation, row()))
  })
})

describe('a score', () => {
  it('is the weighted mean of the signals that are there', () => {
    const situation = { ...NO_SITUATION, action: 'refund', domain: 'a', fields: [1, 2] }
    const weights = { action: 0.4, domain: 0.2, fields: 0.2, target: 0.2 }
    const [scored] = scoreAll([row({ fields: [2, 3] })], situation, { weights, scale: NO_SCALE })
    // The action, no domain, a third of the fields; nobody asked for a target.
    expect(scored?.score).toBeCloseTo((0.4 + 0.2 / 3) / 0.8, 12)
    expect(scored?.signals).not.toHaveProperty('target')
    const [silent] = scoreAll([row()], NO_SITUATION, { weights: { target: 1 }, scale: NO_SCALE })
    expect(silent?.score).toBe(0)
  })

  it.each(RETRIEVAL_STRATEGIES)(
    'by %s lies between 0 and 1, has parts that add up to it, and weights that add up to 1',
    (name) => {
      const weights = weightsOf(name)
      expect(Object.values(weights).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)
      expect(describeStrategy(name).weights).toEqual(weights)
      fc.assert(
        fc.property(aRow, aSituation, (of, situation) => {
          const [scored] = scoreAll([of], situation, { weights, scale: NO_SCALE })
          if (!scored) throw new Error('one case went in')
          expect(scored.score).toBeGreaterThanOrEqual(0)
          expect(scored.score).toBeLessThanOrEqual(1)
          const { signals: parts } = explainScore(scored, weights)
          expect(Object.keys(parts)).toEqual(Object.keys(scored.signals))
          expect(Object.values(parts).reduce((sum, part) => sum + part.contribution, 0)).toBeCloseTo(scored.score, 9)
        }),
      )
    },
  )
})

describe('stability', () => {
  const weights = { action: 0.5, domain: 0.5 }
  const situation = { ...NO_SITUATION, action: 'refund', domain: 'a' }

  function stability(rows: readonly DecisionRow[]): number | null {
    return stabilityOf(scoreAll(rows, situation, { weights, scale: NO_SCALE }), weights, 0.3)
  }

  it('is 1 where no signal decides alone', () => {
    expect(stability([row({ seq: 1, domain: 'a' }), row({ seq: 2, domain: 'a' })])).toBe(1)
  })

  it('is the mean overlap with what is found without one of them', () => {
    // Found: all four. Without the domain: the first two. Without the action: the first and the last two.
    const rows = [
      row({ seq: 1, domain: 'a' }),
      row({ seq: 2, domain: 'b' }),
      row({ seq: 3, domain: 'a', action: 'other' }),
      row({ seq: 4, domain: 'a', action: 'other' }),
    ]
    expect(stability(rows)).toBeCloseTo((2 / 4 + 3 / 4) / 2, 12)
  })

  it('is nothing without results', () => {
    expect(stability([])).toBeNull()
    expect(stability([row({ action: 'other', domain: 'b' })])).toBeNull()
  })
})
