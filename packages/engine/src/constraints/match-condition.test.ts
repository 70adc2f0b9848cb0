import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchConditions, matchPattern } from './match-condition.ts'

/** Whether one condition on the target holds for a value. */
function holds(operator: string, actual: unknown, wanted: unknown): boolean {
  return matchConditions({ [`target_${operator}`]: wanted }, () => actual)
}

describe('a condition', () => {
  it.each([
    ['gt', 5, 4, true],
    ['gt', 5, 5, false],
    ['gte', 5, 5, true],
    ['gte', 4.9, 5, false],
    ['lt', 4, 5, true],
    ['lt', 5, 5, false],
    ['lte', 5, 5, true],
    ['lte', 6, 5, false],
    ['gt', '6', 5, false],
    ['gt', undefined, 5, false],
    ['lt', null, 5, false],
    ['eq', 'a', 'a', true],
    ['eq', 'a', 'A', false],
    ['eq', 5, '5', false],
    ['eq', undefined, null, true],
    ['ne', 'a', 'b', true],
    ['ne', 'a', 'a', false],
    ['ne', undefined, 'a', true],
    ['in', 'a', ['a', 'b'], true],
    ['in', 'c', ['a', 'b'], false],
    ['in', undefined, ['a'], false],
    ['not_in', 'c', ['a', 'b'], true],
    ['not_in', 'a', ['a', 'b'], false],
    ['not_in', undefined, ['a'], true],
    ['contains', 'refund_order', 'order', true],
    ['contains', 'refund', 'order', false],
    ['contains', undefined, 'order', false],
    ['contains', ['user', 'tool'], 'tool', true],
    ['contains', ['user'], 'tool', false],
    ['matches', 'refund_order', 'refund_*', true],
    ['matches', 'my_refund_order', 'refund_*', false],
    ['matches', undefined, '*', false],
    ['eq', ['user', 'tool'], 'tool', true],
    ['ne', ['user', 'tool'], 'tool', false],
    ['in', ['user', 'mixed'], ['tool', 'mixed'], true],
    ['not_in', ['user', 'mixed'], ['tool', 'mixed'], false],
  ])('%s: %j against %j is %s', (operator, actual, wanted, expected) => {
    expect(holds(operator, actual, wanted)).toBe(expected)
  })

  it('holds only when every key of it does', () => {
    const read = (field: string): unknown => (field === 'value' ? 10 : 'refund')
    expect(matchConditions({ value_gt: 5, action: 'refund' }, read)).toBe(true)
    expect(matchConditions({ value_gt: 5, action: 'payout' }, read)).toBe(false)
  })

  it('never holds when a key is outside the grammar', () => {
    expect(matchConditions({ amount_gt: 5 }, () => 10)).toBe(false)
  })
})

describe('a pattern', () => {
  it.each([
    ['', '', true],
    ['', 'a', false],
    ['*', '', true],
    ['**', 'anything', true],
    ['?', '', false],
    ['?', 'a', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*@example.com', 'eve@example.com', true],
    ['*@example.com', 'eve@example.com.evil.net', false],
    ['a*b*c', 'a__b__b__c', true],
    ['a*b*c', 'a__b__b__', false],
    ['.*', 'abc', false],
    ['[ab]', '[ab]', true],
    ['*?', 'x', true],
    ['*aab', 'aaab', true],
  ])('%j against %j is %s', (pattern, text, expected) => {
    expect(matchPattern(pattern, text)).toBe(expected)
  })

  it('agrees with an anchored regular expression', () => {
    const alphabet = fc.constantFrom('a', 'b', '*', '?')
    fc.assert(
      fc.property(
        fc.string({ unit: alphabet, maxLength: 8 }),
        fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }),
        (pattern, text) => {
          const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`)
          expect(matchPattern(pattern, text)).toBe(expression.test(text))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('costs no more than the product of the lengths, however many stars fail late', () => {
    const text = 'a'.repeat(20_000)
    const started = performance.now()
    expect(matchPattern(`${'*a'.repeat(50)}b`, text)).toBe(false)
    // A backtracking matcher would need more than the age of the universe; the product of the lengths is 2 million steps.
    expect(performance.now() - started).toBeLessThan(2000)
  })
})
