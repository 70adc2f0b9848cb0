import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { facts } from '../../test/support/facts.ts'
import { ActionValues } from './action-values.ts'
import { CONTEXT_GROUPS, type ContextGroup, extractFeatures } from './extract-features.ts'

type About = Parameters<typeof facts>[0]

/** Groups whose context differs between two calls. */
function differing(a: About, b: About, values = new ActionValues()): ContextGroup[] {
  const [one, other] = [a, b].map((about) => extractFeatures(facts(about), values).contexts)
  return CONTEXT_GROUPS.filter((_, index) => one?.[index] !== other?.[index])
}

describe('features of an action', () => {
  it.each<[About, About, ContextGroup[]]>([
    [{}, {}, []],
    [{}, { actor: 'other' }, ['actor', 'action_actor', 'actor_target']],
    [{}, { domain: 'support' }, ['domain']],
    [{}, { target: 'order-2' }, ['action_target', 'target', 'actor_target']],
    [{ value: 20 }, { value: 20_000 }, ['value']],
    [{ value: 20 }, { value: null }, ['value']],
    [{ value: 20 }, { value: -20 }, ['value']],
    [{}, { provenance: { iban: 'tool' } }, ['provenance', 'taint']],
    [{}, { run: { taint: 2 } }, ['taint']],
    [{}, { run: { previousActions: ['lookup'] } }, ['previous_action']],
    [{}, { run: { step: 3 } }, ['step']],
    [{ run: { step: 12 } }, { run: { step: 500 } }, []],
    [{}, { run: { errors: 1 } }, ['errors']],
    [{}, { arguments: { iban: 'DE02' } }, ['arguments']],
  ])('%j and %j differ in %j', (a, b, groups) => {
    expect(differing(a, b)).toEqual(groups)
  })

  it('do not depend on the order in which arguments and context were written', () => {
    const record = fc.dictionary(
      fc.string({ maxLength: 6 }),
      fc.oneof(fc.integer(), fc.boolean(), fc.string({ maxLength: 9 })),
      {
        maxKeys: 60,
      },
    )
    fc.assert(
      fc.property(record, (fields) => {
        const turned = Object.fromEntries(Object.entries(fields).toReversed())
        const values = new ActionValues()
        expect(extractFeatures(facts({ arguments: turned, context: turned }), values)).toEqual(
          extractFeatures(facts({ arguments: fields, context: fields }), values),
        )
      }),
    )
  })

  it('are bounded, however many fields a call has', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`f${n}`, n]))
    expect(extractFeatures(facts({ arguments: many, context: many }), new ActionValues()).fields).toHaveLength(40)
  })

  it('pass over what is neither text, number nor boolean', () => {
    const odd = { list: [1], deep: { a: 1 }, nothing: null, nan: Number.NaN, big: 1n }
    const { fields, numbers } = extractFeatures(facts({ arguments: odd, context: odd }), new ActionValues())
    expect(fields).toEqual([])
    expect(numbers).toEqual({})
  })

  it('place a value among the action’s own once there are some', () => {
    const values = new ActionValues()
    for (let value = 1; value <= 16; value++) values.admit('refund', value * 10)
    expect(differing({ value: 11 }, { value: 12 }, values)).toEqual([])
    expect(differing({ value: 15 }, { value: 155 }, values)).toEqual(['value'])
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
