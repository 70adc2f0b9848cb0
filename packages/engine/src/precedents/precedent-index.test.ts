import { describe, expect, it } from 'vitest'
import { facts } from '../../test/support/facts.ts'
import { ActionValues } from '../features/action-values.ts'
import { caseFields } from '../features/case-fields.ts'
import { type Neighbours, type PrecedentCase, PrecedentIndex, toPrecedentCase } from './precedent-index.ts'

type About = Parameters<typeof facts>[0]

const values = new ActionValues()

function caseOf(about: About = {}): PrecedentCase {
  const action = facts(about)
  return toPrecedentCase(caseFields(action, values), action)
}

function retrieve(index: PrecedentIndex, about: About = {}): Neighbours {
  return index.retrieve(caseOf(about))
}

/** Records a case as the engine does: found at its decision, stored with its outcome. */
function record(
  index: PrecedentIndex,
  id: string,
  label: 0 | 1 | null,
  about: About = {},
  status = label === 1 ? 'FRAUD' : 'SUCCESS',
): void {
  index.record({ ...caseOf(about), at: '2026-07-01T00:00:00.000Z' }, id, status, label)
}

describe('precedents', () => {
  it('are none at first, and that is said', () => {
    expect(retrieve(new PrecedentIndex())).toMatchObject({
      evidence: { badRate: null, weight: 0 },
      summary: {
        total_precedents: 0,
        success_rate: null,
        negative_rate: null,
        risk_level: null,
        risk_adjustment: null,
        confidence: 0,
        warnings: [],
        positive: null,
        negative: null,
      },
    })
  })

  it('weigh by similarity: an equal case counts as one', () => {
    const index = new PrecedentIndex()
    record(index, 'act_1', 1)
    expect(retrieve(index).evidence).toEqual({ badRate: 1, weight: 1 })
    // Another target: similarity 0.75, weight e^(8·−0.25) = e^−2.
    expect(retrieve(index, { target: 'order-2' }).evidence.weight).toBeCloseTo(Math.exp(-2), 12)
    // Another actor, domain and target: similarity 0.5, weight e^−4.
    const far = { target: 'order-2', actor: 'x', domain: 'y' }
    expect(retrieve(index, far).evidence.weight).toBeCloseTo(Math.exp(-4), 12)
  })

  it('are not those below a similarity of 0.35, nor those of other actions', () => {
    const index = new PrecedentIndex()
    record(index, 'act_1', 1)
    const far = { target: 'order-2', actor: 'x', domain: 'y', value: 1e6 }
    expect(retrieve(index, far).summary.total_precedents).toBe(0)
    expect(retrieve(index, { action: 'payout' }).summary.total_precedents).toBe(0)
  })

  it('show the best of each kind', () => {
    const index = new PrecedentIndex()
    record(index, 'act_far', 1, { target: 'order-9' })
    record(index, 'act_bad', 1)
    record(index, 'act_good', 0, { value: 21 })
    const { summary } = retrieve(index)
    expect(summary).toMatchObject({ total_precedents: 3, with_outcomes: 3 })
    expect(summary.negative).toMatchObject({
      request_id: 'act_bad',
      outcome_status: 'FRAUD',
      outcome_category: 'negative',
    })
    expect(summary.positive).toMatchObject({ request_id: 'act_good', outcome_category: 'positive', value: 21 })
    expect((summary.negative_rate ?? 0) + (summary.success_rate ?? 0)).toBeCloseTo(1, 12)
  })

  it('warn when most of at least three went wrong', () => {
    const index = new PrecedentIndex()
    for (const [n, label] of ([1, 1, 0] as const).entries()) record(index, `act_${n}`, label)
    expect(retrieve(index).summary.warnings).toEqual(['most of 3 similar past cases went wrong'])
  })

  it('adjust risk by the posterior of the neighbours against all cases of the action', () => {
    const index = new PrecedentIndex()
    record(index, 'act_0', 0, { target: 'order-9', actor: 'x', domain: 'y', value: 1e6 })
    record(index, 'act_1', 1)
    // Own rate ½; neighbours: one bad one of weight 1: (1 + 3·½)/(1 + 3) − ½.
    expect(retrieve(index).summary.risk_adjustment).toBeCloseTo(0.125, 12)
  })

  it('follow a correction, and forget a case whose outcome is none', () => {
    const index = new PrecedentIndex()
    record(index, 'act_1', 0)
    record(index, 'act_1', 1)
    expect(retrieve(index).evidence).toEqual({ badRate: 1, weight: 1 })
    record(index, 'act_1', null)
    expect(retrieve(index).evidence).toEqual({ badRate: null, weight: 0 })
  })

  it('are the newest 256 of an action', () => {
    const index = new PrecedentIndex()
    for (let n = 0; n < 300; n++) record(index, `act_${n}`, n < 44 ? 1 : 0)
    expect(retrieve(index).summary).toMatchObject({ total_precedents: 256, negative_rate: 0 })
  })

  it('come back from a snapshot and share nothing with it', () => {
    const [index, other] = [new PrecedentIndex(), new PrecedentIndex()]
    for (let n = 0; n < 20; n++) record(index, `act_${n}`, (n % 2) as 0 | 1, { value: n })
    const snapshot = index.snapshot()
    const before = structuredClone(snapshot)
    other.restore(snapshot)
    record(other, 'act_new', 1)
    record(index, 'act_new', 1)
    expect(other.snapshot()).toEqual(index.snapshot())
    expect(snapshot).toEqual(before)
  })
})
