import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { facts } from '../../test/support/facts.ts'
import { NO_WORDS, withAction, withObserved } from '../trajectory/run-words.ts'
import { callFeatures } from './call-features.ts'
import { COUNTER_CONTEXTS, type CounterContext } from './counter-contexts.ts'
import { NumberBook } from './number-book.ts'

type About = Parameters<typeof facts>[0]

function featuresOf(about: About, book = new NumberBook()) {
  return callFeatures(facts(about), book).features
}

/** Contexts that tell two calls apart. */
function differing(a: About, b: About): CounterContext[] {
  const [one, other] = [featuresOf(a).contexts, featuresOf(b).contexts]
  return COUNTER_CONTEXTS.flatMap(({ name }, index) => (one[index] === other[index] ? [] : [name]))
}

const HEARD = withObserved(NO_WORDS, { strong: 0, output_words: [], user: { words: '', count: 0, length: 3, head: 5 } })

describe('features of an action', () => {
  it.each<[About, About, CounterContext[]]>([
    [{}, {}, []],
    [{}, { actor: 'other' }, ['actor', 'action_actor', 'actor_domain', 'actor_target']],
    [{}, { domain: 'support' }, ['domain', 'actor_domain']],
    [{}, { target: 'order-2' }, ['action_target', 'target', 'actor_target']],
    [{ value: 20 }, { value: 20_000 }, ['value']],
    [{ value: 20 }, { value: null }, ['value']],
    [{ value: 20 }, { value: -20 }, ['value']],
    [{}, { provenance: { iban: 'tool' } }, ['provenance', 'taint']],
    [{}, { run: { taint: 2 } }, ['taint', 'instructions']],
    [{}, { run: { instructionHits: 3 } }, ['instructions']],
    [{}, { run: { previousActions: ['lookup'] } }, ['previous_action', 'previous_actions']],
    [{}, { run: { step: 3 } }, ['step']],
    [{ run: { step: 15 } }, { run: { step: 500 } }, []],
    [{}, { run: { errors: 1 } }, ['errors']],
    [{}, { arguments: { iban: 'DE02' } }, ['arguments']],
    [{}, { run: { words: withAction(NO_WORDS, 'lookup', false) } }, ['earlier_actions']],
    [{}, { run: { words: HEARD } }, ['action_request', 'request']],
  ])('%j and %j differ in %j', (a, b, contexts) => {
    expect(differing(a, b)).toEqual(contexts)
  })

  it('do not depend on the order in which arguments and context were written', () => {
    const value = fc.oneof(fc.integer(), fc.boolean(), fc.string({ maxLength: 9 }))
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 6 }), value, { maxKeys: 60 }), (fields) => {
        const turned = Object.fromEntries(Object.entries(fields).toReversed())
        expect(featuresOf({ arguments: turned, context: turned })).toEqual(
          featuresOf({ arguments: fields, context: fields }),
        )
      }),
    )
  })

  it('are bounded, however many fields a call has and however deep they lie', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`f${n}`, n]))
    const deep = { a: { b: { c: { d: { e: 'unseen' } } } }, list: Array.from({ length: 100 }, () => 'x') }
    const features = featuresOf({ arguments: { ...deep, ...many }, context: many })
    // The value and 40 context fields; 14 arguments.
    expect(features.fields).toHaveLength(41)
    expect(features.pairs).toHaveLength(27)
    expect(features.numbers.fields.length).toBeLessThanOrEqual(40 + 14)
    expect(features.tokens.length).toBeLessThan(500)
  })

  it('pass over what is neither text, number nor boolean', () => {
    const odd = { nothing: null, nan: Number.NaN, big: 1n, call: () => 1 }
    const { fields, numbers } = featuresOf({ arguments: odd, context: odd, value: null })
    expect(fields).toHaveLength(0)
    expect(numbers.fields).toHaveLength(0)
  })

  it('take a call of which nobody said it for a change, unless its annotations or its name say otherwise', () => {
    expect(featuresOf({ mutating: null }).isMutating).toBe(true)
    expect(featuresOf({ mutating: null, action: 'frobnicate' }).isMutating).toBe(true)
    expect(featuresOf({ mutating: null, action: 'get_order' }).isMutating).toBe(false)
    expect(featuresOf({ mutating: null, annotations: { readOnlyHint: true } }).isMutating).toBe(false)
    expect(featuresOf({ mutating: true, annotations: { readOnlyHint: true } }).isMutating).toBe(true)
  })

  it('measure a number against the ones before it, those of its own list included', () => {
    const book = new NumberBook()
    const list = featuresOf({ arguments: { amounts: [1, 2, 3, 100] } }, book)
    const field = list.numbers.fields[0] ?? 0
    expect(new Set(list.numbers.fields).size).toBe(1)
    expect(book.score(field, 5)).toBe(0)
    for (const value of list.numbers.values) book.admit(field, value)
    expect(book.score(field, 1e6)).toBe(book.scoreAfter(field, [], 1e6))
    expect(book.scoreAfter(field, [1e6, 1e6], 1e6)).toBeLessThan(book.score(field, 1e6))
  })
})
