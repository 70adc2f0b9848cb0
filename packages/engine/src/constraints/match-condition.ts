import { type ConditionField, type ConditionOperator, parseConditionKey } from '@bighub/core/protocol'

/** Reads the present value of a condition's field; undefined where there is none. */
export type FieldReader = (field: ConditionField) => unknown

/** Whether every key of the condition form holds (protocol §6.4). A field that is absent satisfies only `ne` and `not_in`. */
export function matchConditions(conditions: Readonly<Record<string, unknown>>, read: FieldReader): boolean {
  return Object.entries(conditions).every(([key, wanted]) => {
    const parsed = parseConditionKey(key)
    // Keys were checked when the rule was stored; one that is not in the grammar can never hold.
    return parsed !== undefined && HOLDS[parsed.operator](read(parsed.field), wanted)
  })
}

/** Whether an operator holds between the field's value and the one that the rule names. */
const HOLDS: Readonly<Record<ConditionOperator, (actual: unknown, wanted: unknown) => boolean>> = {
  gt: (actual, wanted) => compare(actual, wanted, (a, b) => a > b),
  gte: (actual, wanted) => compare(actual, wanted, (a, b) => a >= b),
  lt: (actual, wanted) => compare(actual, wanted, (a, b) => a < b),
  lte: (actual, wanted) => compare(actual, wanted, (a, b) => a <= b),
  eq: isEqual,
  ne: (actual, wanted) => !isEqual(actual, wanted),
  in: (actual, wanted) => Array.isArray(wanted) && wanted.some((each) => isEqual(actual, each)),
  not_in: (actual, wanted) => Array.isArray(wanted) && !wanted.some((each) => isEqual(actual, each)),
  contains,
  matches: (actual, wanted) => typeof actual === 'string' && typeof wanted === 'string' && matchPattern(wanted, actual),
}

function compare(actual: unknown, wanted: unknown, test: (a: number, b: number) => boolean): boolean {
  return typeof actual === 'number' && typeof wanted === 'number' && test(actual, wanted)
}

/** A list of values (as `provenance` gives) equals what any of its entries equals. */
function isEqual(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(actual)) return actual.some((each) => each === wanted)
  return (actual ?? null) === (wanted ?? null)
}

function contains(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(actual)) return actual.some((each) => each === wanted)
  return typeof actual === 'string' && typeof wanted === 'string' && actual.includes(wanted)
}

/**
 * Whether a text matches a pattern with `*` (any run of characters) and `?` (any one), anchored at both ends. Linear in
 * the lengths' product, never exponential: no regular expression is built from a rule.
 */
export function matchPattern(pattern: string, text: string): boolean {
  let at = 0
  let position = 0
  let star = -1
  let resume = 0
  while (position < text.length) {
    if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[position]) && pattern[at] !== '*') {
      at++
      position++
    } else if (at < pattern.length && pattern[at] === '*') {
      star = at++
      resume = position
    } else if (star >= 0) {
      at = star + 1
      position = ++resume
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
