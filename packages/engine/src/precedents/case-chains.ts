import { mix } from '../math/hash.ts'
import { type CaseTable, ROW, ROW_ACTOR, ROW_RUN, ROW_TARGET } from './case-table.ts'

/** What cases are chained by: words of their row, and the id. */
export const CHAIN_ROWS = [ROW_TARGET, ROW_ACTOR, ROW_RUN] as const
export type ChainRow = (typeof CHAIN_ROWS)[number]
const KINDS = CHAIN_ROWS.length + 1
const BY_ID = CHAIN_ROWS.length
const FIRST_BUCKETS = 64

/**
 * Inverted lists over what is rare: the cases of a table by target, actor, run and id, newest first. A list holds a bucket of hashes, and
 * who walks it looks at the rows. Dropped cases need no upkeep: their numbers are below the table's oldest, where every list ends.
 */
export class CaseChains {
  readonly #table: CaseTable
  /** Newest case of each bucket, by kind, and the case before each: numbers plus 1, 0 for none. */
  #heads: Uint32Array = new Uint32Array(FIRST_BUCKETS * KINDS)
  #before: Uint32Array = new Uint32Array(FIRST_BUCKETS * KINDS)
  #buckets = FIRST_BUCKETS

  constructor(table: CaseTable) {
    this.#table = table
  }

  get bytes(): number {
    return this.#heads.byteLength + this.#before.byteLength
  }

  /**
   * Puts the newest case of the table at the head of its lists.
   *
   * @param idHashOf - Hash of a case's id, by slot; all are asked for when the lists grow.
   */
  add(idHashOf: (slot: number) => number): void {
    const { most, size, next } = this.#table
    if (size > this.#buckets) this.rebuild(idHashOf)
    else this.#link(next - 1, idHashOf((next - 1) % most))
  }

  /** Makes all lists anew, from the table. */
  rebuild(idHashOf: (slot: number) => number): void {
    const { most, size, oldest, next } = this.#table
    while (this.#buckets < size) this.#buckets *= 2
    this.#heads = new Uint32Array(this.#buckets * KINDS)
    this.#before = new Uint32Array(Math.min(most, this.#buckets) * KINDS)
    for (let number = oldest; number < next; number++) this.#link(number, idHashOf(number % most))
  }

  /** Number of the newest case whose hash may be that one; -1 for none. */
  first(row: ChainRow, hash: number): number {
    return this.#live(this.#heads[this.#bucketOf(CHAIN_ROWS.indexOf(row), hash)] ?? 0)
  }

  /** The one before; -1 for none. */
  before(row: ChainRow, number: number): number {
    return this.#live(this.#before[this.#table.slotOf(number) * KINDS + CHAIN_ROWS.indexOf(row)] ?? 0)
  }

  /** Numbers of the cases whose id may have that hash, newest first. */
  *byId(hash: number): Generator<number, void, void> {
    let number = this.#live(this.#heads[this.#bucketOf(BY_ID, hash)] ?? 0)
    while (number >= 0) {
      yield number
      number = this.#live(this.#before[this.#table.slotOf(number) * KINDS + BY_ID] ?? 0)
    }
  }

  #live(link: number): number {
    return link > this.#table.oldest ? link - 1 : -1
  }

  #link(number: number, idHash: number): void {
    const slot = this.#table.slotOf(number)
    for (let kind = 0; kind < KINDS; kind++) {
      const hash = kind === BY_ID ? idHash : (this.#table.words[slot * ROW + (CHAIN_ROWS[kind] ?? 0)] ?? 0)
      const bucket = this.#bucketOf(kind, hash)
      this.#before[slot * KINDS + kind] = this.#heads[bucket] ?? 0
      this.#heads[bucket] = number + 1
    }
  }

  #bucketOf(kind: number, hash: number): number {
    return (mix(hash, kind) & (this.#buckets - 1)) * KINDS + kind
  }
}
