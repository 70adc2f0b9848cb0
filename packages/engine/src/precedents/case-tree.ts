import { mix } from '../math/hash.ts'
import {
  BOTH_LABELS,
  type CaseTable,
  NO_LEAF,
  ROW,
  ROW_ACTION,
  ROW_ACTOR,
  ROW_BLOOM,
  ROW_DOMAIN,
  ROW_HOUR,
  ROW_LEAF,
  ROW_MAGNITUDE,
  ROW_PACKED,
  ROW_REVERSIBILITY,
  ROW_RISK,
  ROW_SIZE,
  ROW_TARGET,
  ROW_TERMS,
  ROW_TOOL,
  VERB_BITS,
} from './case-table.ts'
import { MEAN_WEIGHTS } from './strategies.ts'

/** Cases of a leaf. One that is full is split in two. */
export const LEAF = 64
/** Least cases of either half. */
const LEAST_HALF = 8
/** After so many removals from a leaf, its box is drawn anew. */
const REDRAW_EVERY = 16

/** Words of a node, and where each stands: its place in the tree, then the box around its cases. */
export const NODE = 26
/** First child: the cases below the split's key, or with its field; -1 in a leaf. */
export const NODE_LEFT = 0
export const NODE_RIGHT = 1
const NODE_PARENT = 2
/** What a node is split by: a row's word, or {@link BY_FIELD}. */
export const NODE_SPLIT = 3
export const NODE_KEY = 4
/** Cases of a leaf. */
export const NODE_COUNT = 5
/** Page of a leaf's slots. */
export const NODE_PAGE = 6
export const NODE_ACTION = 7
/** Verb and labels that occur, in the bits of a row's packed word. */
export const NODE_PACKED = 8
/** First of the hashes that have a range in the box, lowest and highest. */
export const NODE_TOOL = 9
export const NODE_ACTOR = 11
export const NODE_DOMAIN = 13
export const NODE_TARGET = 15
/** Ranges of numbers; one that is empty (lowest above highest) holds only cases that say nothing. */
export const NODE_SIZE = 17
export const NODE_RISK = 19
export const NODE_REVERSIBILITY = 21
/** Highest only. */
export const NODE_MAGNITUDE = 23
export const NODE_HOUR = 24

/** Words of a tag: the Bloom filter of a row's fields in two, then {@link tagOf}. */
export const TAG = 3

/** 12 bits each of target and actor, and the number of fields. */
export function tagOf(target: number, actor: number, packed: number): number {
  return ((target & 0xfff) << 20) | ((actor & 0xfff) << 8) | (packed & 0xff)
}

/** A split by whether a field is there, and one by chance, of cases that nothing tells apart. */
export const BY_FIELD: number = ROW
const BY_CHANCE = ROW + 1

/** Hashes and numbers by which a leaf may be split: word of the row, place in the box, and what a difference counts. */
const HASHES = [
  [ROW_TOOL, NODE_TOOL, (MEAN_WEIGHTS.action ?? 0) / 2],
  [ROW_ACTOR, NODE_ACTOR, MEAN_WEIGHTS.actor ?? 0],
  [ROW_DOMAIN, NODE_DOMAIN, MEAN_WEIGHTS.domain ?? 0],
  [ROW_TARGET, NODE_TARGET, MEAN_WEIGHTS.target ?? 0],
] as const
const NUMBERS = [
  [ROW_SIZE, NODE_SIZE, MEAN_WEIGHTS.value ?? 0],
  [ROW_RISK, NODE_RISK, MEAN_WEIGHTS.risk ?? 0],
  [ROW_REVERSIBILITY, NODE_REVERSIBILITY, (MEAN_WEIGHTS.axes ?? 0) + (MEAN_WEIGHTS.consequence ?? 0)],
] as const
/** A hash that occurs less often in a leaf is rare: its cases are found by their chain, and need no leaf of their own. */
const COMMON = 4
const HALF_LIFE_HOURS = 720
/** Places in which the fields of a leaf are counted. */
const COUNT_PLACES = 4096

/**
 * Trees over the rows of a table, one an action: leaves of at most 64 cases, each node with a box around what its cases are compared
 * by. What a box promises at most none of its cases exceeds, so that a search opens only the boxes that can matter, however
 * skewed the cases are: a leaf is split by whatever tells its cases apart best.
 *
 * @see Bentley (1975), Multidimensional binary search trees used for associative searching; Omohundro (1989), Five balltree
 * construction algorithms.
 */
export class CaseTree {
  readonly #table: CaseTable
  nodes: Int32Array = new Int32Array(0)
  /** The same memory as `nodes`. */
  floats: Float32Array = new Float32Array(0)
  /** Slots of the cases of leaves. */
  pages: Int32Array = new Int32Array(0)
  /** Beside each slot what rules most cases out, so that their rows need not be fetched; {@link TAG} words each. */
  tags: Int32Array = new Int32Array(0)
  #nodeCount = 0
  #pageCount = 0
  /** First node and page that are free again, each naming the next; -1 for none. */
  #freeNode = -1
  #freePage = -1

  constructor(table: CaseTable) {
    this.#table = table
  }

  /** Bytes that are taken. */
  get bytes(): number {
    return this.nodes.byteLength + this.pages.byteLength + this.tags.byteLength
  }

  /** Adds a slot to the tree at `root`, -1 for none yet. @returns the root. */
  insert(root: number, slot: number): number {
    let node = root < 0 ? this.#newLeaf(-1) : root
    const top = node
    for (;;) {
      this.#widen(node, slot)
      const at = node * NODE
      if ((this.nodes[at + NODE_LEFT] ?? -1) >= 0) node = this.#childOf(node, slot)
      else if ((this.nodes[at + NODE_COUNT] ?? 0) < LEAF) break
      else this.#splitLeaf(node)
    }
    this.#append(node, slot)
    return top
  }

  /** Takes a slot out of the tree that it is in. @returns the root, -1 if nothing is left. */
  remove(root: number, slot: number): number {
    const row = slot * ROW
    const leaf = this.#table.words[row + ROW_LEAF] ?? 0
    const { nodes, pages } = this
    const at = leaf * NODE
    const page = (nodes[at + NODE_PAGE] ?? 0) * LEAF
    const count = (nodes[at + NODE_COUNT] ?? 0) - 1
    let place = page
    while (pages[place] !== slot) place++
    this.#put(place, pages[page + count] ?? 0)
    nodes[at + NODE_COUNT] = count
    this.#table.words[row + ROW_LEAF] = NO_LEAF
    if (count === 0) return this.#dropLeaf(root, leaf)
    if (count % REDRAW_EVERY === 0) this.#redraw(leaf)
    return root
  }

  /** The label of a slot has changed. */
  relabel(slot: number): void {
    const bits = (this.#table.words[slot * ROW + ROW_PACKED] ?? 0) & BOTH_LABELS
    for (let node = this.#table.words[slot * ROW + ROW_LEAF] ?? 0; node >= 0; node = this.#parentOf(node))
      this.nodes[node * NODE + NODE_PACKED] = (this.nodes[node * NODE + NODE_PACKED] ?? 0) | bits
  }

  snapshot(): unknown {
    return {
      nodes: this.nodes.slice(0, this.#nodeCount * NODE),
      pages: this.pages.slice(0, this.#pageCount * LEAF),
      freeNode: this.#freeNode,
      freePage: this.#freePage,
    }
  }

  restore(snapshot: unknown): void {
    const { nodes, pages, freeNode, freePage } = snapshot as TreeSnapshot
    this.#takeNodes(nodes.slice())
    this.tags = new Int32Array(0)
    this.#takePages(pages.slice())
    // Places that no leaf holds are read by nobody, whatever they say.
    for (let place = 0; place < pages.length; place++) this.#put(place, pages[place] ?? 0)
    this.#nodeCount = nodes.length / NODE
    this.#pageCount = pages.length / LEAF
    this.#freeNode = freeNode
    this.#freePage = freePage
  }

  #childOf(node: number, slot: number): number {
    const at = node * NODE
    return this.nodes[at + (this.#goesLeft(at, slot) ? NODE_LEFT : NODE_RIGHT)] ?? 0
  }

  #goesLeft(at: number, slot: number): boolean {
    const row = slot * ROW
    const { words, floats } = this.#table
    const split = this.nodes[at + NODE_SPLIT] ?? 0
    switch (split) {
      case BY_FIELD:
        return this.#hasField(row, this.nodes[at + NODE_KEY] ?? 0)
      case BY_CHANCE:
        return (mix(slot, this.nodes[at + NODE_KEY] ?? 0) & 1) === 0
      case ROW_SIZE:
      case ROW_RISK:
      case ROW_REVERSIBILITY:
        // What says nothing is below nothing.
        return (floats[row + split] ?? 0) < (this.floats[at + NODE_KEY] ?? 0)
      default:
        return (words[row + split] ?? 0) < (this.nodes[at + NODE_KEY] ?? 0)
    }
  }

  #hasField(row: number, field: number): boolean {
    const { words, terms } = this.#table
    const first = words[row + ROW_TERMS] ?? 0
    const end = first + ((words[row + ROW_PACKED] ?? 0) & 0xff)
    for (let at = first; at < end; at++) if (terms[at] === field) return true
    return false
  }

  #append(leaf: number, slot: number): void {
    const at = leaf * NODE
    const count = this.nodes[at + NODE_COUNT] ?? 0
    this.#put((this.nodes[at + NODE_PAGE] ?? 0) * LEAF + count, slot)
    this.nodes[at + NODE_COUNT] = count + 1
    this.#table.words[slot * ROW + ROW_LEAF] = leaf
  }

  #put(place: number, slot: number): void {
    const { words } = this.#table
    const row = slot * ROW
    this.pages[place] = slot
    this.tags[TAG * place] = words[row + ROW_BLOOM] ?? 0
    this.tags[TAG * place + 1] = words[row + ROW_BLOOM + 1] ?? 0
    this.tags[TAG * place + 2] = tagOf(
      words[row + ROW_TARGET] ?? 0,
      words[row + ROW_ACTOR] ?? 0,
      words[row + ROW_PACKED] ?? 0,
    )
  }

  #takePages(pages: Int32Array): void {
    this.pages = pages
    const tags = new Int32Array(TAG * pages.length)
    tags.set(this.tags)
    this.tags = tags
  }

  /** Draws a node's box wide enough for a case. */
  #widen(node: number, slot: number): void {
    const at = node * NODE
    const row = slot * ROW
    const { words, floats } = this.#table
    const { nodes } = this
    nodes[at + NODE_ACTION] = words[row + ROW_ACTION] ?? 0
    nodes[at + NODE_PACKED] =
      (nodes[at + NODE_PACKED] ?? 0) | ((words[row + ROW_PACKED] ?? 0) & (VERB_BITS | BOTH_LABELS))
    // Written out: this is done at every level of every insert.
    widenRange(nodes, at + NODE_TOOL, words[row + ROW_TOOL] ?? 0)
    widenRange(nodes, at + NODE_ACTOR, words[row + ROW_ACTOR] ?? 0)
    widenRange(nodes, at + NODE_DOMAIN, words[row + ROW_DOMAIN] ?? 0)
    widenRange(nodes, at + NODE_TARGET, words[row + ROW_TARGET] ?? 0)
    widenRange(this.floats, at + NODE_SIZE, floats[row + ROW_SIZE] ?? 0)
    widenRange(this.floats, at + NODE_RISK, floats[row + ROW_RISK] ?? 0)
    widenRange(this.floats, at + NODE_REVERSIBILITY, floats[row + ROW_REVERSIBILITY] ?? 0)
    const magnitude = floats[row + ROW_MAGNITUDE] ?? 0
    if (magnitude > (this.floats[at + NODE_MAGNITUDE] ?? 0)) this.floats[at + NODE_MAGNITUDE] = magnitude
    const hour = words[row + ROW_HOUR] ?? 0
    if (hour > (nodes[at + NODE_HOUR] ?? 0)) nodes[at + NODE_HOUR] = hour
  }

  #clearBox(node: number): void {
    const at = node * NODE
    this.nodes[at + NODE_PACKED] = 0
    for (const [, place] of HASHES) {
      this.nodes[at + place] = 0x7fffffff
      this.nodes[at + place + 1] = -0x80000000
    }
    for (const [, place] of NUMBERS) {
      this.floats[at + place] = Number.POSITIVE_INFINITY
      this.floats[at + place + 1] = Number.NEGATIVE_INFINITY
    }
    this.floats[at + NODE_MAGNITUDE] = 0
    this.nodes[at + NODE_HOUR] = 0
  }

  /** Draws the box of a leaf anew, and those around it as far as they become narrower. */
  #redraw(leaf: number): void {
    this.#clearBox(leaf)
    const { nodes, pages } = this
    const page = (nodes[leaf * NODE + NODE_PAGE] ?? 0) * LEAF
    const count = nodes[leaf * NODE + NODE_COUNT] ?? 0
    for (let place = page; place < page + count; place++) this.#widen(leaf, pages[place] ?? 0)
    this.#redrawAbove(leaf)
  }

  #redrawAbove(node: number): void {
    for (let above = this.#parentOf(node); above >= 0; above = this.#parentOf(above)) {
      const at = above * NODE
      const [left, right] = [(this.nodes[at + NODE_LEFT] ?? 0) * NODE, (this.nodes[at + NODE_RIGHT] ?? 0) * NODE]
      this.nodes[at + NODE_PACKED] = (this.nodes[left + NODE_PACKED] ?? 0) | (this.nodes[right + NODE_PACKED] ?? 0)
      for (const [, place] of HASHES) {
        this.nodes[at + place] = Math.min(this.nodes[left + place] ?? 0, this.nodes[right + place] ?? 0)
        this.nodes[at + place + 1] = Math.max(this.nodes[left + place + 1] ?? 0, this.nodes[right + place + 1] ?? 0)
      }
      for (const [, place] of NUMBERS) {
        this.floats[at + place] = Math.min(this.floats[left + place] ?? 0, this.floats[right + place] ?? 0)
        this.floats[at + place + 1] = Math.max(this.floats[left + place + 1] ?? 0, this.floats[right + place + 1] ?? 0)
      }
      this.floats[at + NODE_MAGNITUDE] = Math.max(
        this.floats[left + NODE_MAGNITUDE] ?? 0,
        this.floats[right + NODE_MAGNITUDE] ?? 0,
      )
      this.nodes[at + NODE_HOUR] = Math.max(this.nodes[left + NODE_HOUR] ?? 0, this.nodes[right + NODE_HOUR] ?? 0)
    }
  }

  #parentOf(node: number): number {
    return this.nodes[node * NODE + NODE_PARENT] ?? -1
  }

  /** An empty leaf goes, and its sibling takes the place of both. @returns the root. */
  #dropLeaf(root: number, leaf: number): number {
    const parent = this.#parentOf(leaf)
    this.#freeLeaf(leaf)
    if (parent < 0) return -1
    const { nodes } = this
    const at = parent * NODE
    const [left, right] = [nodes[at + NODE_LEFT] ?? 0, nodes[at + NODE_RIGHT] ?? 0]
    const sibling = left === leaf ? right : left
    const above = this.#parentOf(parent)
    nodes[sibling * NODE + NODE_PARENT] = above
    this.#free(parent)
    if (above < 0) return sibling
    nodes[above * NODE + (nodes[above * NODE + NODE_LEFT] === parent ? NODE_LEFT : NODE_RIGHT)] = sibling
    this.#redrawAbove(sibling)
    return root
  }

  /** Makes two leaves of a full one. */
  #splitLeaf(node: number): void {
    const page = (this.nodes[node * NODE + NODE_PAGE] ?? 0) * LEAF
    const slots = this.pages.slice(page, page + LEAF)
    const { split, key } = this.#bestSplit(slots)
    const [left, right] = [this.#newLeaf(node), this.#newLeaf(node)]
    const at = node * NODE
    this.#freePageOf(node)
    this.nodes[at + NODE_LEFT] = left
    this.nodes[at + NODE_RIGHT] = right
    this.nodes[at + NODE_SPLIT] = split
    if (split === ROW_SIZE || split === ROW_RISK || split === ROW_REVERSIBILITY) this.floats[at + NODE_KEY] = key
    else this.nodes[at + NODE_KEY] = key
    for (const slot of slots) {
      const child = this.#childOf(node, slot)
      this.#widen(child, slot)
      this.#append(child, slot)
    }
  }

  /** What tells the cases of a full leaf apart best: the loss of likeness between its halves, times how even they are. */
  #bestSplit(slots: Int32Array): Split {
    let best: Split = { split: BY_CHANCE, key: this.#nodeCount, gain: 0 }
    const offer = (split: number, key: number, gain: number): void => {
      if (gain > best.gain) best = { split, key, gain }
    }
    for (const [word, , weight] of HASHES) this.#offerHash(slots, word, weight, offer)
    for (const [word, , weight] of NUMBERS) this.#offerNumber(slots, word, weight, offer)
    this.#offerHour(slots, offer)
    this.#offerField(slots, offer)
    return best
  }

  #offerHash(slots: Int32Array, word: number, weight: number, offer: Offer): void {
    for (let index = 0; index < LEAF; index++) sorted[index] = this.#table.words[(slots[index] ?? 0) * ROW + word] ?? 0
    sorted.sort()
    if (sorted[0] === sorted[LEAF - 1]) return
    const below = evenBorder(LEAF)
    if (below < LEAST_HALF || below > LEAF - LEAST_HALF) return
    let common = 0
    for (let from = 0, to = 0; from < LEAF; from = to) {
      while (to < LEAF && sorted[to] === sorted[from]) to++
      if (to - from >= COMMON) common += to - from
    }
    offer(word, sorted[below] ?? 0, weight * evenness(below) * (common / LEAF))
  }

  #offerNumber(slots: Int32Array, word: number, weight: number, offer: Offer): void {
    let count = 0
    for (const slot of slots) {
      const number = this.#table.floats[slot * ROW + word] ?? 0
      if (!Number.isNaN(number)) sorted[count++] = number
    }
    if (count >= LEAST_HALF && count <= LEAF - LEAST_HALF)
      offer(word, Number.POSITIVE_INFINITY, weight * evenness(count))
    sorted.subarray(0, count).sort()
    if (count < 2 * LEAST_HALF || sorted[0] === sorted[count - 1]) return
    const below = evenBorder(count)
    if (below < LEAST_HALF || below > LEAF - LEAST_HALF) return
    const distance = (mean(below, count) - mean(0, below)) / 2
    const loss = word === ROW_SIZE ? lossOfSize(distance) : weight * distance
    offer(word, sorted[below] ?? 0, loss * evenness(below))
  }

  #offerHour(slots: Int32Array, offer: Offer): void {
    for (let index = 0; index < LEAF; index++)
      sorted[index] = this.#table.words[(slots[index] ?? 0) * ROW + ROW_HOUR] ?? 0
    sorted.sort()
    const newest = sorted[LEAF - 1] ?? 0
    if (sorted[0] === newest) return
    const below = evenBorder(LEAF)
    if (below < LEAST_HALF || below > LEAF - LEAST_HALF) return
    const recencyOf = (hour: number): number => 2 ** ((hour - newest) / HALF_LIFE_HOURS)
    const loss = (recencyOf(mean(below, LEAF)) - recencyOf(mean(0, below))) / 2
    offer(ROW_HOUR, sorted[below] ?? 0, (MEAN_WEIGHTS.recency ?? 0) * loss * evenness(below))
  }

  #offerField(slots: Int32Array, offer: Offer): void {
    const { words, terms } = this.#table
    timesCounted.fill(0)
    let [all, most, best] = [0, 0, 0]
    for (const slot of slots) {
      const row = slot * ROW
      const first = words[row + ROW_TERMS] ?? 0
      const end = first + ((words[row + ROW_PACKED] ?? 0) & 0xff)
      all += end - first
      for (let at = first; at < end; at++) {
        const field = terms[at] ?? 0
        let place = field & (COUNT_PLACES - 1)
        // Full of other fields only where cases have very many: such a field is not counted.
        while (timesCounted[place] !== 0 && countedFields[place] !== field && place < COUNT_PLACES - 1) place++
        countedFields[place] = field
        timesCounted[place] = (timesCounted[place] ?? 0) + 1
      }
    }
    for (let place = 0; place < COUNT_PLACES; place++) {
      const even = Math.min(timesCounted[place] ?? 0, LEAF - (timesCounted[place] ?? 0))
      if (even > most) {
        most = even
        best = countedFields[place] ?? 0
      }
    }
    if (most >= LEAST_HALF) offer(BY_FIELD, best, ((MEAN_WEIGHTS.fields ?? 0) / (all / LEAF)) * evenness(most))
  }

  #newLeaf(parent: number): number {
    const leaf = this.#newNode()
    const at = leaf * NODE
    this.nodes[at + NODE_LEFT] = -1
    this.nodes[at + NODE_PARENT] = parent
    this.nodes[at + NODE_COUNT] = 0
    this.nodes[at + NODE_PAGE] = this.#newPage()
    this.#clearBox(leaf)
    return leaf
  }

  #newNode(): number {
    if (this.#freeNode >= 0) {
      const node = this.#freeNode
      this.#freeNode = this.nodes[node * NODE] ?? -1
      return node
    }
    const needed = (this.#nodeCount + 1) * NODE
    if (needed > this.nodes.length) {
      const nodes = new Int32Array(2 * needed)
      nodes.set(this.nodes)
      this.#takeNodes(nodes)
    }
    return this.#nodeCount++
  }

  #newPage(): number {
    if (this.#freePage >= 0) {
      const page = this.#freePage
      this.#freePage = this.pages[page * LEAF] ?? -1
      return page
    }
    const needed = (this.#pageCount + 1) * LEAF
    if (needed > this.pages.length) {
      const pages = new Int32Array(2 * needed)
      pages.set(this.pages)
      this.#takePages(pages)
    }
    return this.#pageCount++
  }

  #freeLeaf(leaf: number): void {
    this.#freePageOf(leaf)
    this.#free(leaf)
  }

  #freePageOf(leaf: number): void {
    const page = this.nodes[leaf * NODE + NODE_PAGE] ?? 0
    this.pages[page * LEAF] = this.#freePage
    this.#freePage = page
  }

  #free(node: number): void {
    this.nodes[node * NODE] = this.#freeNode
    this.#freeNode = node
  }

  #takeNodes(nodes: Int32Array): void {
    this.nodes = nodes
    this.floats = new Float32Array(nodes.buffer)
  }
}

interface Split {
  readonly split: number
  readonly key: number
  readonly gain: number
}

type Offer = (split: number, key: number, gain: number) => void

interface TreeSnapshot {
  readonly nodes: Int32Array
  readonly pages: Int32Array
  readonly freeNode: number
  readonly freePage: number
}

// What a split is worked out in; nothing stays here between two.
const sorted = new Float64Array(LEAF)
const countedFields = new Int32Array(COUNT_PLACES)
const timesCounted = new Uint8Array(COUNT_PLACES)

/** NaN leaves a range as it is. */
function widenRange(ranges: Int32Array | Float32Array, at: number, number: number): void {
  if (number < (ranges[at] ?? 0)) ranges[at] = number
  if (number > (ranges[at + 1] ?? 0)) ranges[at + 1] = number
}

/** How many of the sorted numbers lie below the border between two different ones that is nearest to the middle. */
function evenBorder(count: number): number {
  const middle = count >> 1
  let [down, up] = [middle, middle]
  while (down > 0 && sorted[down - 1] === sorted[down]) down--
  while (up < count && sorted[up - 1] === sorted[up]) up++
  return down > 0 && (up >= count || middle - down <= up - middle) ? down : up
}

function mean(from: number, to: number): number {
  let sum = 0
  for (let index = from; index < to; index++) sum += sorted[index] ?? 0
  return sum / (to - from)
}

/** What sizes that far apart cost, in likeness of values and in what was at stake: a logistic function of the size, roughly. */
function lossOfSize(distance: number): number {
  return (
    (MEAN_WEIGHTS.value ?? 0) * (1 - Math.exp(-0.5 * distance ** 2)) +
    (MEAN_WEIGHTS.consequence ?? 0) * Math.tanh(distance / 4)
  )
}

/** 1 for halves of a leaf that are equally large, 0 for one that holds all. */
function evenness(below: number): number {
  return (2 * Math.min(below, LEAF - below)) / LEAF
}
