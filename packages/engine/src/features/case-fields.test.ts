import { describe, expect, it } from 'vitest'
import { facts } from '../../test/support/facts.ts'
import { ActionValues } from './action-values.ts'
import { caseFields } from './case-fields.ts'

describe('fields that cases are compared by', () => {
  it('do not depend on the order in which they were written', () => {
    const fields = { tier: 'gold', score: 3, note: 'x' }
    const turned = Object.fromEntries(Object.entries(fields).toReversed())
    const values = new ActionValues()
    expect(caseFields(facts({ arguments: turned, context: turned }), values)).toEqual(
      caseFields(facts({ arguments: fields, context: fields }), values),
    )
  })

  it('are at most 40, and pass over what is neither text, number nor boolean', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`f${n}`, n]))
    expect(caseFields(facts({ arguments: many, context: many }), new ActionValues()).fields).toHaveLength(40)
    const odd = { list: [1], deep: { a: 1 }, nothing: null, nan: Number.NaN, big: 1n }
    expect(caseFields(facts({ arguments: odd, context: odd }), new ActionValues())).toEqual({ fields: [], numbers: {} })
  })
})

describe('values of actions', () => {
  it('have a median from ten on, of sizes', () => {
    const values = new ActionValues()
    for (let n = 1; n <= 9; n++) values.admit('refund', -n)
    expect(values.median('refund')).toBeNull()
    values.admit('refund', 10)
    expect(values.median('refund')).toBe(6)
    expect(values.median('other')).toBeNull()
  })

  it('share nothing with their snapshots', () => {
    const [values, other] = [new ActionValues(), new ActionValues()]
    for (let n = 0; n < 20; n++) values.admit('refund', n, { 'refund.score': n })
    const snapshot = values.snapshot()
    const before = structuredClone(snapshot)
    other.restore(snapshot)
    for (let n = 0; n < 20; n++) other.admit('refund', 1000, { 'refund.score': 1000 })
    values.admit('refund', 5000)
    expect(snapshot).toEqual(before)
  })
})
