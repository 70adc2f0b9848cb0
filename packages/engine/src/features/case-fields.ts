import { hashText, mix } from '../math/hash.ts'
import type { ActionFacts } from './action-facts.ts'
import type { ActionValues } from './action-values.ts'
import { halfOctave } from './half-octave.ts'

/** Most context and argument fields that a case is compared by. */
const MAX_FIELDS = 40

/** What a case is compared with others by. */
export interface CaseFields {
  /** Hashes of context and argument fields with their (binned) values, each combined with the action. */
  readonly fields: readonly number[]
  /** Numeric context fields by name, for the running quantiles. */
  readonly numbers: Readonly<Record<string, number>>
}

/** The fields of an action, by name. Reads running statistics and stores nothing. */
export function caseFields(facts: ActionFacts, values: ActionValues): CaseFields {
  const action = hashText(facts.action, 1)
  const fields: number[] = []
  const numbers: Record<string, number> = {}
  for (const [name, value] of inOrder(facts.context)) {
    if (fields.length >= MAX_FIELDS) break
    if (typeof value === 'number' && Number.isFinite(value)) {
      const key = `${facts.action}.${name}`
      numbers[key] = value
      fields.push(mix(action, hashText(`${name}#${bin(values.fieldBin(key, value), value)}`)))
    } else if (typeof value === 'string' || typeof value === 'boolean')
      fields.push(mix(action, hashText(`${name}=${String(value).slice(0, 60)}`)))
  }
  for (const [name, value] of inOrder(facts.arguments)) {
    if (fields.length >= MAX_FIELDS) break
    const isNumber = typeof value === 'number' && Number.isFinite(value)
    if (!isNumber && typeof value !== 'string' && typeof value !== 'boolean') continue
    const text = isNumber ? `#${halfOctave(value)}` : `=${String(value).slice(0, 60)}`
    fields.push(mix(action, hashText(`arg ${name}${text}`)))
  }
  return { fields, numbers }
}

/** Entries by name: a call is the same call in whatever order its fields were written, live and in the log. */
function inOrder(fields: Readonly<Record<string, unknown>>): (readonly [string, unknown])[] {
  return Object.keys(fields)
    .toSorted()
    .map((name) => [name, fields[name]])
}

function bin(known: number, value: number): string {
  return known >= 0 ? String(known) : `s${halfOctave(value)}`
}
