import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CONDITION_FIELDS,
  CONDITION_OPERATORS,
  constraintInputSchema,
  constraintUpdateSchema,
  parseConditionKey,
} from './constraint.ts'
import { InvalidInputError } from './errors/index.ts'

/** The field that a refusal names. */
function refusedField(input: unknown): string {
  const parsed = constraintInputSchema.safeParse(input)
  if (parsed.success) throw new Error('it was accepted')
  return InvalidInputError.fromZod('a constraint', parsed.error).field
}

describe('the key of a condition', () => {
  it('is any field with any operator', () => {
    for (const field of CONDITION_FIELDS)
      for (const operator of CONDITION_OPERATORS)
        expect(parseConditionKey(`${field}_${operator}`)).toEqual({ field, operator })
  })

  it.each([...CONDITION_FIELDS, 'context.customer.tier'])('means "eq" for the bare field %s', (field) => {
    expect(parseConditionKey(field)).toEqual({ field, operator: 'eq' })
  })

  it('takes the longest operator: value_not_in is not "value_not" with "in"', () => {
    expect(parseConditionKey('value_not_in')).toEqual({ field: 'value', operator: 'not_in' })
  })

  it('keeps underscores of a context path', () => {
    expect(parseConditionKey('context.risk_tier_gte')).toEqual({ field: 'context.risk_tier', operator: 'gte' })
    expect(parseConditionKey('context.opt_in')).toEqual({ field: 'context.opt', operator: 'in' })
  })

  it.each([
    '',
    '_gt',
    'context.',
    'amount_gt',
    'value_between',
    'value_',
    'constructor',
    '__proto__',
    'hasOwnProperty_eq',
  ])('is not %j', (key) => {
    expect(parseConditionKey(key)).toBeUndefined()
  })

  it('never throws', () => {
    expect(() => fc.assert(fc.property(fc.string(), (key) => void parseConditionKey(key)))).not.toThrow()
  })
})

describe('a constraint', () => {
  it.each([
    [{ max_value: '100' }, 'max_value'],
    [{ max_value: Number.NaN }, 'max_value'],
    [{ min_value: Number.POSITIVE_INFINITY }, 'min_value'],
    [{ max_per_day: -1 }, 'max_per_day'],
    [{ max_per_hour: 1.5 }, 'max_per_hour'],
    [{ cooldown_seconds: -0.1 }, 'cooldown_seconds'],
    [{ allowed_hours_start: 24, allowed_hours_end: 3 }, 'allowed_hours_start'],
    [{ allowed_hours_start: 9 }, 'allowed_hours_end'],
    [{ allowed_hours_end: 9 }, 'allowed_hours_end'],
    [{ conditions: { amount_gt: 5 }, action_on_match: 'block' }, 'conditions.amount_gt'],
    [{ conditions: { value_gt: '5' }, action_on_match: 'block' }, 'conditions.value_gt'],
    [{ conditions: { action_in: 'refund' }, action_on_match: 'block' }, 'conditions.action_in'],
    [{ conditions: { action_matches: /x/ }, action_on_match: 'block' }, 'conditions.action_matches'],
    [{ conditions: { value_gt: 5 } }, 'action_on_match'],
    [{ conditions: { value_gt: 5 }, action_on_match: 'deny' }, 'action_on_match'],
    [{ status: 'deleted' }, 'status'],
    [{ name: '' }, 'name'],
    [{ tags: [1] }, 'tags.0'],
  ])('is refused with the name of the field that is wrong: %j', (input, field) => {
    expect(refusedField(input)).toBe(field)
  })

  it.each([
    {},
    { name: 'both forms', max_value: 100, conditions: { value_gt: 50 }, action_on_match: 'review' },
    { allowed_hours_start: 0, allowed_hours_end: 0 },
    { allowed_hours_start: null, allowed_hours_end: null, max_value: null, conditions: null, domain: null },
  ])('is accepted: %j', (input) => {
    expect(constraintInputSchema.parse(input)).toEqual(input)
  })

  it('keeps keys that it does not know', () => {
    expect(constraintInputSchema.parse({ max_value: 1, unit: 'EUR' })).toEqual({ max_value: 1, unit: 'EUR' })
    expect(constraintUpdateSchema.parse({ unit: 'USD' })).toEqual({ unit: 'USD' })
  })
})
