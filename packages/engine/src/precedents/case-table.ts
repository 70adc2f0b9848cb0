import type { VerbClass } from '../features/verb-class.ts'
import { hashText, mix } from '../math/hash.ts'

/** What a case is compared with others by: hashes and numbers, no words. A hash of 0 and a null say nothing. */
export interface ComparableCase {
  /** Hash of the action's name, see {@link hashName}. */
  readonly action: number
  readonly verb: VerbClass
  readonly tool: number
  readonly actor: number
  readonly domain: number
  readonly target: number
  /** Hash of the trajectory's id. */
  readonly run: number
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly value: number | null
  /** In [0, 1]. */
  readonly risk: number
  /** Named axes of the situation, such as `reversibility`: hash of the name, value, and so on. */
  readonly axes: readonly number[]
  /** Hashes of context and argument fields with their values. */
  readonly fields: readonly number[]
}

/** Words of a row, as many as a cache line holds, and where each stands. */
export const ROW = 16
export const ROW_ACTION = 0
export const ROW_TOOL = 1
export const ROW_ACTOR = 2
export const ROW_DOMAIN = 3
export const ROW_TARGET = 4
export const ROW_RUN = 5
export const ROW_HOUR = 6
/** ln(1 + |value|); NaN without a value. */
export const ROW_SIZE = 7
export const ROW_RISK = 8
/** NaN where nobody said. */
export const ROW_REVERSIBILITY = 9
/** Where the fields begin among the terms; the axes follow. */
export const ROW_TERMS = 10
/** Number of fields (8 bits), of axes (8 bits), verb (4 bits), and one bit each for a good and a bad outcome. */
export const ROW_PACKED = 11
/** A Bloom filter of the fields in two words, one bit a field: what is not in it is not among the fields. */
export const ROW_BLOOM = 12
/** For whoever keeps the table: the leaf that holds the row, -1 for none. */
export const ROW_LEAF = 14
/** |value|; 0 without one. */
export const ROW_MAGNITUDE = 15

/** A row that no leaf holds. */
export const NO_LEAF = -1
/** Bits of the packed word that tell the verb. */
export const VERB_BITS = 0xf0000
/** Bits of the packed word that tell how the case ended: 0 good, 1 bad. */
export const LABEL_BITS = [0x100000, 0x200000] as const
export const BOTH_LABELS: number = LABEL_BITS[0] | LABEL_BITS[1]

export const HOUR_MS = 3_600_000
/** Words that a case may have on average for its fields and axes; one that has more takes the place of several. */
const TERMS_A_CASE = 16
/** Most fields, and most axes, that are kept of a case. */
const MAX_TERMS = 255
/** Rows that a table begins with. */
const FIRST_ROWS = 64

const VERBS: readonly VerbClass[] = [
  'unknown',
  'read',
  'create',
  'update',
  'delete',
  'send',
  'pay',
  'grant',
  'execute',
  'browse',
  'talk',
]

/** Hash of the axis that boxes know. */
export const REVERSIBILITY: number = hashName('reversibility')

/** Hash of a name, a signed word; 0 for none. */
export function hashName(name: string | null): number {
  return name === null ? 0 : hashText(name) | 0 || 1
}

/** A verb's number; 0 for none that is known. */
export function verbNumber(verb: VerbClass): number {
  return VERBS.indexOf(verb)
}

/** Place of a field's bit in the Bloom filter, 0–63. */
export function bloomBit(field: number): number {
  return mix(field, 0x3c6e) & 63
}

/**
 * Cases in columns, the newest up to a bound: rows of one cache line and, beside them, a ring of their fields and axes. Grows as it
 * is filled, by doubling. Cases have numbers that count up from 0; number n is in slot n mod `most`, until it is dropped.
 */
export class CaseTable {
  #most: number
  #mostTerms: number
  words: Int32Array = new Int32Array(FIRST_ROWS * ROW)
  /** The same memory as `words`. */
  floats: Float32Array
  terms: Int32Array = new Int32Array(FIRST_ROWS * TERMS_A_CASE)
  /** The same memory as `terms`. */
  termFloats: Float32Array
  /** Number of the oldest case, and of the next. */
  oldest = 0
  next = 0
  #termHead = 0
  /** Terms up to the last that was ever written. */
  #termsUsed = 0

  /**
   * @param most - Most cases, ≥ 1.
   * @param mostTerms - Most fields and axes of all of them, two words for an axis. @defaultValue 16 a case
   */
  constructor(most: number, mostTerms: number = most * TERMS_A_CASE) {
    this.#most = most
    this.#mostTerms = mostTerms
    this.floats = new Float32Array(this.words.buffer)
    this.termFloats = new Float32Array(this.terms.buffer)
  }

  /** Most cases. */
  get most(): number {
    return this.#most
  }

  get size(): number {
    return this.next - this.oldest
  }

  slotOf(number: number): number {
    return number % this.most
  }

  /** Number of the case in a slot. */
  numberOf(slot: number): number {
    const last = this.next - 1
    return last - ((last - slot) % this.most)
  }

  /** Whether a case fits in without dropping the oldest. */
  fits({ fields, axes }: ComparableCase): boolean {
    return this.size < this.most && (this.size === 0 || this.#placeFor(termsOf(fields, axes)) >= 0)
  }

  /** Drops the oldest case. */
  drop(): void {
    this.oldest++
  }

  /** Writes a case behind the newest; it must fit. @returns its slot. */
  add(added: ComparableCase): number {
    if (this.size === 0) this.#termHead = 0
    const slot = this.slotOf(this.next)
    this.#growRows(slot + 1)
    const at = slot * ROW
    const { words, floats } = this
    words[at + ROW_ACTION] = added.action
    words[at + ROW_TOOL] = added.tool
    words[at + ROW_ACTOR] = added.actor
    words[at + ROW_DOMAIN] = added.domain
    words[at + ROW_TARGET] = added.target
    words[at + ROW_RUN] = added.run
    words[at + ROW_HOUR] = Math.max(0, Math.floor(added.at / HOUR_MS))
    floats[at + ROW_SIZE] = added.value === null ? Number.NaN : Math.log1p(Math.abs(added.value))
    floats[at + ROW_RISK] = added.risk
    floats[at + ROW_REVERSIBILITY] = Number.NaN
    floats[at + ROW_MAGNITUDE] = Math.abs(added.value ?? 0)
    words[at + ROW_LEAF] = NO_LEAF
    this.#writeTerms(at, added)
    this.next++
    return slot
  }

  /** How a case ended: 1 bad, 0 good, null neither. */
  labelOf(slot: number): 0 | 1 | null {
    const bits = (this.words[slot * ROW + ROW_PACKED] ?? 0) & BOTH_LABELS
    return bits === 0 ? null : bits === LABEL_BITS[1] ? 1 : 0
  }

  setLabel(slot: number, label: 0 | 1 | null): void {
    const at = slot * ROW + ROW_PACKED
    this.words[at] = ((this.words[at] ?? 0) & ~BOTH_LABELS) | (label === null ? 0 : LABEL_BITS[label])
  }

  snapshot(): unknown {
    const rows = Math.min(this.next, this.most)
    return {
      most: this.#most,
      mostTerms: this.#mostTerms,
      words: this.words.slice(0, rows * ROW),
      terms: this.terms.slice(0, this.#termsUsed),
      oldest: this.oldest,
      next: this.next,
      termHead: this.#termHead,
    }
  }

  restore(snapshot: unknown): void {
    const { most, mostTerms, words, terms, oldest, next, termHead } = snapshot as TableSnapshot
    this.#most = most
    this.#mostTerms = mostTerms
    this.words = new Int32Array(Math.max(FIRST_ROWS * ROW, words.length))
    this.words.set(words)
    this.floats = new Float32Array(this.words.buffer)
    this.terms = new Int32Array(Math.max(FIRST_ROWS * TERMS_A_CASE, terms.length))
    this.terms.set(terms)
    this.termFloats = new Float32Array(this.terms.buffer)
    this.oldest = oldest
    this.next = next
    this.#termHead = termHead
    this.#termsUsed = terms.length
  }

  /** Bytes that are taken. */
  get bytes(): number {
    return this.words.byteLength + this.terms.byteLength
  }

  #writeTerms(at: number, { fields, axes, verb }: ComparableCase): void {
    const start = this.#placeFor(termsOf(fields, axes))
    this.#growTerms(start + termsOf(fields, axes))
    const { terms, termFloats, words } = this
    let end = start
    let [low, high] = [0, 0]
    for (let index = 0; index < fields.length && end - start < MAX_TERMS; index++) {
      const field = fields[index] ?? 0
      // A field counts once, however often it is named.
      if (fields.indexOf(field) < index) continue
      terms[end++] = field
      const bit = bloomBit(field)
      if (bit < 32) low |= 1 << bit
      else high |= 1 << (bit - 32)
    }
    const count = end - start
    const axisCount = Math.min(MAX_TERMS, axes.length >> 1)
    for (let axis = 0; axis < axisCount; axis++) {
      const name = axes[2 * axis] ?? 0
      terms[end] = name
      termFloats[end + 1] = axes[2 * axis + 1] ?? 0
      if (name === REVERSIBILITY) this.floats[at + ROW_REVERSIBILITY] = axes[2 * axis + 1] ?? 0
      end += 2
    }
    words[at + ROW_TERMS] = start
    words[at + ROW_PACKED] = count | (axisCount << 8) | (verbNumber(verb) << 16)
    words[at + ROW_BLOOM] = low
    words[at + ROW_BLOOM + 1] = high
    // Every case takes some room, so that a full ring and an empty one can be told apart.
    this.#termHead = Math.max(end, start + 1)
    this.#termsUsed = Math.max(this.#termsUsed, this.#termHead)
  }

  /** Where that many terms in a row are free; -1 for nowhere. */
  #placeFor(length: number): number {
    const most = this.#mostTerms
    const head = this.#termHead
    if (this.size === 0) return 0
    const tail = this.words[this.slotOf(this.oldest) * ROW + ROW_TERMS] ?? 0
    if (head <= tail) return head + length <= tail ? head : -1
    if (head + length <= most) return head
    return length <= tail ? 0 : -1
  }

  #growRows(rows: number): void {
    if (rows * ROW <= this.words.length) return
    const words = new Int32Array(Math.min(this.most, Math.max(FIRST_ROWS, 2 * rows)) * ROW)
    words.set(this.words)
    this.words = words
    this.floats = new Float32Array(words.buffer)
  }

  #growTerms(length: number): void {
    if (length <= this.terms.length) return
    const most = Math.max(length, this.#mostTerms)
    const terms = new Int32Array(Math.min(most, 2 * length))
    terms.set(this.terms)
    this.terms = terms
    this.termFloats = new Float32Array(terms.buffer)
  }
}

interface TableSnapshot {
  readonly most: number
  readonly mostTerms: number
  readonly words: Int32Array
  readonly terms: Int32Array
  readonly oldest: number
  readonly next: number
  readonly termHead: number
}

function termsOf(fields: readonly number[], axes: readonly number[]): number {
  return Math.max(1, Math.min(MAX_TERMS, fields.length) + 2 * Math.min(MAX_TERMS, axes.length >> 1))
}
