import { RETRIEVAL_STRATEGIES } from '@bighub/core/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { facts } from '../../test/support/facts.ts'
import { ActionValues } from '../features/action-values.ts'
import { caseFields } from '../features/case-fields.ts'
import { randomFrom } from '../math/random-from.ts'
import { digestOfState } from '../state-digest.ts'
import { hashAxes, type PrecedentCase, toComparable, toPrecedentCase } from './precedent-case.ts'
import { type Neighbours, PrecedentIndex, type PrecedentSearch } from './precedent-index.ts'
import { weightsOf } from './strategies.ts'

type About = Parameters<typeof facts>[0]

const values = new ActionValues()
const AT = Date.parse('2026-07-01T00:00:00.000Z')
const DAY_MS = 86_400_000

function caseOf(about: About = {}): PrecedentCase {
  const action = facts(about)
  return toPrecedentCase(caseFields(action, values), action, { risk: 0.2, at: AT })
}

function retrieve(index: PrecedentIndex, about: About = {}): Neighbours {
  return index.retrieve(caseOf(about), { at: AT, medianValue: null })
}

/** Records a case as the engine does: found at its decision, stored with its outcome. */
function record(
  index: PrecedentIndex,
  id: string,
  label: 0 | 1 | null,
  about: About = {},
  status = label === 1 ? 'FRAUD' : 'SUCCESS',
): void {
  index.record(caseOf(about), id, status, label)
}

/** Weights that speak: action 0.3, domain 0.15, actor 0.1, target 0.1, value 0.1, risk 0.05, recency 0.03. */
const SPOKEN = 0.83

describe('precedents', () => {
  it('are none at first, and that is said', () => {
    expect(retrieve(new PrecedentIndex())).toEqual({
      evidence: { badRate: null, weight: 0 },
      summary: {
        total_precedents: 0,
        with_outcomes: 0,
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
    expect(retrieve(index).evidence).toEqual({ badRate: 1, weight: expect.closeTo(1, 6) })
    // Another target: e^(−8·0.1/0.83). Another actor, domain and target: e^(−8·0.35/0.83).
    expect(retrieve(index, { target: 'order-2' }).evidence.weight).toBeCloseTo(Math.exp((-8 * 0.1) / SPOKEN), 6)
    const far = { target: 'order-2', actor: 'x', domain: 'y' }
    expect(retrieve(index, far).evidence.weight).toBeCloseTo(Math.exp((-8 * 0.35) / SPOKEN), 6)
  })

  it('are not those below a similarity of one half, nor those of other actions', () => {
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
    expect(summary.negative).toEqual({
      request_id: 'act_bad',
      similarity: 1,
      action: 'refund',
      value: 20,
      outcome_status: 'FRAUD',
      outcome_category: 'negative',
      created_at: '2026-07-01T00:00:00.000Z',
    })
    expect(summary.positive).toMatchObject({ request_id: 'act_good', outcome_category: 'positive', value: 21 })
    expect((summary.negative_rate ?? 0) + (summary.success_rate ?? 0)).toBeCloseTo(1, 12)
  })

  it('show the best of a kind that is not among the neighbours', () => {
    const index = new PrecedentIndex()
    record(index, 'act_bad', 1, { target: 'order-9' })
    for (let n = 0; n < 100; n++) record(index, `act_${n}`, 0)
    const { summary, evidence } = retrieve(index)
    expect(summary).toMatchObject({ total_precedents: 32, negative_rate: 0 })
    expect(summary.negative).toMatchObject({ request_id: 'act_bad', similarity: expect.closeTo(0.88, 2) })
    expect(evidence.weight).toBeCloseTo(32, 6)
    // All 32 are good; one of the 101 of the action was not.
    expect(summary.risk_adjustment).toBeCloseTo((3 * (1 / 101)) / 35 - 1 / 101, 6)
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
    expect(retrieve(index).summary.risk_adjustment).toBeCloseTo(0.125, 6)
  })

  it('follow a correction, and forget a case whose outcome is none until it has one again', () => {
    const index = new PrecedentIndex()
    record(index, 'act_1', 0)
    record(index, 'act_1', 1)
    expect(retrieve(index)).toMatchObject({
      evidence: { badRate: 1 },
      summary: { positive: null, negative: { outcome_status: 'FRAUD' } },
    })
    record(index, 'act_1', null, {}, 'NO_EFFECT')
    expect(retrieve(index).evidence).toEqual({ badRate: null, weight: 0 })
    expect(index.badRateOf('refund')).toBeNull()
    record(index, 'act_1', 0)
    expect(retrieve(index)).toMatchObject({ evidence: { badRate: 0 }, summary: { positive: { request_id: 'act_1' } } })
    record(index, 'act_2', null, {}, 'NO_EFFECT')
    expect(index.size).toBe(1)
  })

  it('are told apart by ids of any length and script', () => {
    const index = new PrecedentIndex()
    const ids = ['é', '注文-1', 'order-'.repeat(20), '']
    for (const id of ids) record(index, id, 0)
    for (const id of ids) record(index, id, 1)
    expect(index.size).toBe(4)
    expect(new Set(search(index, caseOf()).map(({ requestId }) => requestId))).toEqual(new Set(ids))
    expect(retrieve(index).evidence.badRate).toBe(1)
  })

  it('are the newest up to the bound', () => {
    const index = new PrecedentIndex(100)
    for (let n = 0; n < 250; n++) record(index, `act_${n}`, n < 150 ? 1 : 0)
    expect(index.size).toBe(100)
    expect(index.badRateOf('refund')).toBe(0)
    expect(retrieve(index).summary).toMatchObject({ negative_rate: 0, negative: null })
    // What was dropped comes in anew.
    record(index, 'act_0', 1)
    expect(index.badRateOf('refund')).toBe(0.01)
  })
})

/** Calls of a few actions, with all that cases are compared by, from a few values each, so that likeness has every degree. */
function randomCase(random: () => number, at = AT): PrecedentCase {
  const one = (count: number): number => 1 + Math.floor(random() * count)
  const action = `action-${one(3)}`
  return {
    action,
    tool: one(3),
    actor: one(8),
    domain: one(2),
    target: random() < 0.2 ? 0 : one(200),
    run: one(50),
    value: random() < 0.2 ? null : Math.exp(8 * random()),
    risk: random(),
    axes: random() < 0.5 ? [] : hashAxes({ reversibility: random() }),
    fields: Array.from({ length: one(6) }, (_, field) => 100 * field + one(9)),
    at: new Date(at - 90 * DAY_MS * random()).toISOString(),
  }
}

function search(index: PrecedentIndex, own: PrecedentCase, options: Partial<PrecedentSearch> = {}) {
  return index.search(toComparable(own), { ...SEARCH, ...options })
}

const SEARCH: PrecedentSearch = {
  weights: weightsOf('balanced'),
  scale: { spread: 2, medianValue: 50, now: AT },
  limit: 10,
  budget: Number.POSITIVE_INFINITY,
}

describe('a search', () => {
  it.each(RETRIEVAL_STRATEGIES)('by %s finds what comparing all finds, while cases come, change and go', (name) => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 1500 }), (seed, most) => {
        const random = randomFrom(seed)
        const index = new PrecedentIndex(most)
        const options = { ...SEARCH, weights: weightsOf(name) }
        for (let n = 0; n < 2000; n++) {
          const label = random() < 0.1 ? null : random() < 0.3 ? 1 : 0
          // Some are corrected, some taken back, some told again after they were dropped.
          const id = random() < 0.1 ? `act_${Math.floor(random() * n)}` : `act_${n}`
          index.record(randomCase(random), id, 'SUCCESS', label)
          if (n % 200 !== 0) continue
          const query = toComparable(randomCase(random))
          const [found, exact] = [index.search(query, options), index.scan(query, options)]
          expect(found.map(({ score }) => score)).toEqual(exact.map(({ score }) => score))
        }
      }),
      { numRuns: 4 },
    )
  })

  it('finds nearly all with a small budget', () => {
    const random = randomFrom(5)
    const index = new PrecedentIndex()
    for (let n = 0; n < 8000; n++) index.record(randomCase(random), `act_${n}`, 'SUCCESS', 0)
    let found = 0
    for (let n = 0; n < 20; n++) {
      const own = randomCase(random)
      const exact = index.scan(toComparable(own), SEARCH)
      const least = exact.at(-1)?.score ?? 0
      found += search(index, own, { budget: 800 }).filter(({ score }) => score >= least).length / exact.length
    }
    expect(found / 20).toBeGreaterThanOrEqual(0.95)
  })

  it('gets along with cases that nothing tells apart', () => {
    const index = new PrecedentIndex()
    for (let n = 0; n < 5000; n++) record(index, `act_${n}`, 0)
    const found = search(index, caseOf(), { limit: 3, weights: weightsOf('similarity-focused') })
    expect(found.map(({ score }) => score)).toEqual([1, 1, 1].map((one) => expect.closeTo(one, 6)))
  })
})

describe('an index that comes back from a snapshot', () => {
  it('is the same, goes on the same, and shares nothing', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 900 }), (seed, most) => {
        const random = randomFrom(seed)
        const [index, other] = [new PrecedentIndex(most), new PrecedentIndex()]
        const tell = (told: readonly PrecedentIndex[], n: number): void => {
          const [own, label] = [randomCase(random), random() < 0.1 ? null : random() < 0.3 ? 1 : 0] as const
          const id = random() < 0.1 ? `act_${Math.floor(random() * n)}` : `act_${n}`
          for (const each of told) each.record(own, id, 'SUCCESS', label)
        }
        for (let n = 0; n < 1000; n++) tell([index], n)
        const snapshot = index.snapshot()
        const before = digestOfState(snapshot)
        other.restore(structuredClone(snapshot))
        expect(digestOfState(other.snapshot())).toBe(before)
        for (let n = 1000; n < 2500; n++) tell([index, other], n)
        expect(digestOfState(other.snapshot())).toBe(digestOfState(index.snapshot()))
        expect(digestOfState(snapshot)).toBe(before)
        const own = randomCase(random)
        expect(search(other, own, { budget: 50 })).toEqual(search(index, own, { budget: 50 }))
        expect(other.retrieve(own, { at: AT, medianValue: 5 })).toEqual(index.retrieve(own, { at: AT, medianValue: 5 }))
      }),
      { numRuns: 10 },
    )
  })
})
