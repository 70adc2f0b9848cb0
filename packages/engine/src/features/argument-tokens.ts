import { hashShort, hashText, mix } from '../math/hash.ts'
import type { RunTexts } from './action-facts.ts'
import type { CallView } from './call-view.ts'
import type { CallNumbers } from './field-tokens.ts'
import { findTaint } from './find-taint.ts'
import { halfOctave } from './half-octave.ts'
import type { NumberBook } from './number-book.ts'
import type { TokenList } from './token-list.ts'
import { TOKEN } from './token-names.ts'
import { wordsOf } from './words-of.ts'

/** Most values of a call that are read, elements of a list, levels below the top. */
const MAX_LEAVES = 14
const MAX_ELEMENTS = 8
const MAX_DEPTH = 4
/** Longest value that is a token as it is; longest part of a longer one that tells it from others. */
const EXACT_LENGTH = 40
const HASHED_LENGTH = 400
/** Longest text that may be one of a few: a method, a status, a yes or no. */
const CATEGORY_LENGTH = 16
const MAX_WORDS = 40
/** Shortest value that is looked for in tool outputs: shorter ones stand everywhere. */
const TAINT_LENGTH = 4
const HOST = /@([\w.-]+)|https?:\/\/([^/\s]+)/
const LESS = 0.7

/** What the arguments leave behind besides tokens. */
export interface ArgumentSummary {
  readonly count: number
  readonly length: number
  /** Hash of all arguments, equal for equal calls. */
  readonly digest: number
  /** Distinct words, hashed. */
  readonly words: Set<number>
  /** Taint 0–3, and whether from an output with a strong marker. */
  readonly taint: number
  readonly isStrong: boolean
}

interface Reading {
  readonly call: CallView
  readonly texts: RunTexts | null
  readonly book: NumberBook
  readonly tokens: TokenList
  readonly numbers: CallNumbers
  /** Coarse hashes of fields; null: arguments are none. */
  readonly fields: number[] | null
  readonly earlier: Map<number, number[]>
  count: number
  length: number
  digest: number
  readonly words: Set<number>
  taint: number
  isStrong: boolean
}

/** Tokens of the arguments: their values, lengths, sizes and hosts, and what tool outputs have to do with them. */
export function addArgumentTokens(
  args: Readonly<Record<string, unknown>>,
  names: readonly string[],
  about: Pick<Reading, 'call' | 'texts' | 'book' | 'tokens' | 'numbers' | 'fields'>,
): ArgumentSummary {
  about.tokens.begin('arguments')
  const reading: Reading = {
    ...about,
    earlier: new Map(),
    count: 0,
    length: 0,
    digest: 17,
    words: new Set(),
    taint: 0,
    isStrong: false,
  }
  for (const name of names) readLeaves(args[name], name, 1, reading)
  return reading
}

function readLeaves(value: unknown, path: string, depth: number, reading: Reading): void {
  if (reading.count >= MAX_LEAVES || value === null || value === undefined) return
  if (Array.isArray(value)) {
    for (const element of value.slice(0, MAX_ELEMENTS)) readLeaves(element, path, depth + 1, reading)
  } else if (typeof value === 'object') {
    if (depth >= MAX_DEPTH) return
    for (const [name, each] of Object.entries(value))
      readLeaves(each, path ? `${path}.${name}` : name, depth + 1, reading)
  } else {
    reading.count++
    const hash = mix(TOKEN.argument, hashShort(path))
    if (typeof value === 'number') readNumber(hash, value, reading)
    else if (typeof value === 'string') readText(hash, value, reading)
    else if (typeof value === 'boolean') readText(hash, String(value), reading)
  }
}

function readNumber(argument: number, value: number, reading: Reading): void {
  const { tokens, book, numbers, earlier, call } = reading
  reading.length += 4
  reading.digest = mix(reading.digest, mix(argument, hashShort(String(value))))
  if (!Number.isFinite(value)) return
  tokens.addCrossed(mix(argument, halfOctave(value)))
  const field = mix(mix(TOKEN.argumentScore, call.action), argument)
  const before = earlier.get(field)
  const score = before ? book.scoreAfter(field, before, value) : book.score(field, value)
  tokens.add(mix(TOKEN.argumentScore, argument), score * LESS)
  if (Number.isInteger(value) && value < 1e6) tokens.add(mix(argument, mix(TOKEN.exact, value)))
  numbers.fields.push(field)
  numbers.values.push(value)
  earlier.set(field, [...(before ?? []), value])
}

function readText(argument: number, text: string, reading: Reading): void {
  const { tokens, words } = reading
  const isShort = text.length <= EXACT_LENGTH
  const value = isShort ? hashShort(text) : hashText(text.slice(0, HASHED_LENGTH))
  reading.length += text.length
  reading.digest = mix(reading.digest, mix(argument, value))
  if (isShort) tokens.add(mix(argument, value))
  if (text.length <= CATEGORY_LENGTH && !text.includes(' ')) reading.fields?.push(mix(argument, value))
  tokens.add(mix(mix(TOKEN.argumentLength, argument), halfOctave(text.length)), LESS)
  if (text.length < TAINT_LENGTH) return
  const host = HOST.exec(text)
  if (host) tokens.add(mix(TOKEN.host, hashShort(host[1] || host[2] || '')))
  for (const word of wordsOf(text, MAX_WORDS)) words.add(mix(TOKEN.argumentWord, hashShort(word)))
  const found = reading.texts && findTaint(reading.texts, text)
  if (!found) return
  tokens.begin('taint')
  tokens.addCrossed(mix(mix(TOKEN.argumentTaint, argument), found.level + (found.isStrong ? 8 : 0)))
  tokens.begin('arguments')
  reading.taint = Math.max(reading.taint, found.level)
  if (found.isStrong) reading.isStrong = true
}
