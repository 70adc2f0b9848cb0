import { expect, it } from 'vitest'
import { duration, percent, signed, words } from './format.ts'

it('shows a decimal of a share only where the whole number would hide it', () => {
  expect([0, 0.004, 0.094, 0.1, 0.425, 1].map(percent)).toEqual(['0 %', '0.4 %', '9.4 %', '10 %', '43 %', '100 %'])
  expect(percent(null)).toBe('–')
})

it('writes times in the largest unit that fits', () => {
  expect([0, 59.6, 61, 7300, 200_000].map(duration)).toEqual(['0 s', '1 min', '1 min', '2 h', '2 d'])
})

it('shows the sign of a direction', () => {
  expect([signed(0.712), signed(-0.5)]).toEqual(['+0.71', '−0.50'])
})

it('turns words of the protocol into words of people', () => {
  expect(['review_recommended', 'at_risk', 'PARTIAL_SUCCESS', 'rule.updated', null].map(words)).toEqual([
    'Review',
    'At risk',
    'Partial success',
    'Rule updated',
    '–',
  ])
})
