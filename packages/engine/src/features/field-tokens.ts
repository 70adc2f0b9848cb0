import { hashShort, mix } from '../math/hash.ts'
import type { ActionFacts } from './action-facts.ts'
import type { CallView } from './call-view.ts'
import { halfOctave } from './half-octave.ts'
import type { NumberBook } from './number-book.ts'
import type { BinPosition } from './quantile-bins.ts'
import type { TokenList } from './token-list.ts'
import { TOKEN } from './token-names.ts'

/** Most context fields that become features. */
export const MAX_CONTEXT_FIELDS = 40
/** Longest part of a text that counts. */
const TEXT_LENGTH = 60
/** Whole numbers below this are also taken for what they are: codes, counts. */
const EXACT_BELOW = 64
/** Weight of the views of a number that repeat what its bins say. */
const LESS = 0.7
/** Band of a call without a value. */
const NO_VALUE_BAND = 999

/** A numeric field of a call, for the running statistics and the trees. */
export interface CallNumbers {
  readonly fields: number[]
  readonly values: number[]
}

/** What value and context leave behind besides tokens. */
export interface FieldSummary {
  /** One coarse hash a field: what pairs and field counters are made of. */
  readonly fields: number[]
  readonly valueBand: number
  /** z-score of the value within its action. */
  readonly valueScore: number
}

/** Field of an action's own values in the running statistics. */
export function valueFieldOf(action: number): number {
  return mix(TOKEN.valueScore, action)
}

const position: BinPosition = { bin: 0, share: 0 }

/** Tokens of the value: how large it is, how large for this action, between which quantiles of all values. */
export function addValueTokens(
  value: number | null,
  call: CallView,
  book: NumberBook,
  tokens: TokenList,
  fields: number[],
): { valueBand: number; valueScore: number } {
  if (value === null) return { valueBand: NO_VALUE_BAND, valueScore: 0 }
  const valueBand = halfOctave(value)
  const valueScore = book.score(valueFieldOf(call.action), value)
  tokens.begin('value')
  tokens.addCrossed(mix(TOKEN.valueSize, valueBand))
  tokens.addCrossed(TOKEN.valueScore, valueScore)
  book.locate(TOKEN.valueBin, value, position)
  const { bin, share } = position
  tokens.addCrossed(mix(TOKEN.valueBin, bin), 1 - share)
  if (share > 0) tokens.addCrossed(mix(TOKEN.valueBin, bin + 1), share)
  fields.push(mix(TOKEN.valueBin, Math.round(bin + share)))
  return { valueBand, valueScore }
}

/** Tokens of the application's context fields. */
export function addContextTokens(
  context: ActionFacts['context'],
  names: readonly string[],
  book: NumberBook,
  tokens: TokenList,
  fields: number[],
  numbers: CallNumbers,
): void {
  tokens.begin('context')
  let count = 0
  for (const name of names) {
    const value = context[name]
    if (count >= MAX_CONTEXT_FIELDS) return
    if (typeof value === 'number') {
      if (!Number.isFinite(value)) continue
      fields.push(addNumber(name, value, book, tokens))
      numbers.fields.push(fieldHashes(name).bins)
      numbers.values.push(value)
    } else if (typeof value === 'string' || typeof value === 'boolean') {
      const hash = mix(fieldHashes(name).text, hashShort(String(value).slice(0, TEXT_LENGTH)))
      tokens.addCrossed(hash)
      fields.push(hash)
    } else continue
    count++
  }
}

/** @returns the coarse hash of the field. */
function addNumber(name: string, value: number, book: NumberBook, tokens: TokenList): number {
  const field = fieldHashes(name)
  book.locate(field.bins, value, position)
  const { bin, share } = position
  tokens.addCrossed(mix(field.bins, bin), 1 - share)
  if (share > 0) tokens.addCrossed(mix(field.bins, bin + 1), share)
  tokens.add(field.score, book.score(field.bins, value) * LESS)
  tokens.addCrossed(mix(field.size, halfOctave(value)), LESS)
  if (Number.isInteger(value) && Math.abs(value) < EXACT_BELOW) tokens.add(mix(field.exact, value), LESS)
  return mix(field.bins, Math.round(bin + share) + 1000)
}

interface FieldHashes {
  readonly bins: number
  readonly score: number
  readonly size: number
  readonly exact: number
  readonly text: number
}

/** Most names of fields whose hashes are remembered. */
const MAX_NAMES = 4000
let known = new Map<string, FieldHashes>()

function fieldHashes(name: string): FieldHashes {
  const found = known.get(name)
  if (found) return found
  const hashes = {
    bins: hashShort(`x${name}`),
    score: hashShort(`xz${name}`),
    size: hashShort(`xb${name}`),
    exact: hashShort(`xe${name}`),
    text: hashShort(`xc${name}`),
  }
  if (known.size >= MAX_NAMES) known = new Map()
  known.set(name, hashes)
  return hashes
}
