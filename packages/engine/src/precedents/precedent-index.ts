import { OUTCOME_TAXONOMY, type PrecedentReference, type PrecedentSummary } from '@bighub/core/protocol'
import { hashText } from '../math/hash.ts'
import { CaseChains } from './case-chains.ts'
import { CaseDetails } from './case-details.ts'
import { type CaseQuery, CaseScorer, MIN_SPREAD, type Scale } from './case-scorer.ts'
import { CaseTable, hashName, LABEL_BITS, ROW, ROW_ACTION, ROW_SIZE } from './case-table.ts'
import { CaseTree } from './case-tree.ts'
import { type PrecedentCase, toComparable } from './precedent-case.ts'
import { searchCases } from './search-cases.ts'
import { type Weights, weightsOf } from './strategies.ts'
import { summariseCases, WeighedCases } from './summarise-cases.ts'
import type { TopCases } from './top-cases.ts'

/** Cases of an organisation that are kept if nobody says otherwise. */
export const DEFAULT_MAX_PRECEDENTS = 100_000
/** Below this similarity a case is no precedent. */
export const MIN_SIMILARITY = 0.5
/** Neighbours that speak for an action. */
const NEIGHBOURS = 32
/** Cases that an evaluation compares, and those for the best of a kind that is not among the neighbours. */
const EVALUATION_BUDGET = { neighbours: 128, best: 64 } as const
/** Cases that a search compares: a few milliseconds at most. */
const SEARCH_BUDGET = 6000
const EVALUATION_WEIGHTS = weightsOf('similarity-focused')

/** What similar past cases say; `badRate` is null where there are none. */
export interface PrecedentEvidence {
  /** Similarity-weighted share of negative outcomes, in [0, 1]. */
  readonly badRate: number | null
  /** Sum of the similarity weights behind it, ≥ 0. */
  readonly weight: number
}

export interface Neighbours {
  readonly evidence: PrecedentEvidence
  readonly summary: PrecedentSummary
}

/** When precedents are asked for, and the median |value| of the action; null without one. */
export interface RetrievalMoment {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly medianValue: number | null
}

export interface PrecedentSearch {
  readonly weights: Weights
  readonly scale: Scale
  /** Most cases that are found. */
  readonly limit: number
  /** Cases that are compared at most, the most promising first. @defaultValue 6000 */
  readonly budget?: number
}

export interface PrecedentMatch {
  readonly requestId: string
  /** In [0, 1]. */
  readonly score: number
}

/** The cases of one action. */
interface ActionCases {
  readonly name: string
  /** Root of their tree. */
  root: number
  good: number
  bad: number
  /** Cases with a value; sums of ln(1 + |value|) and of its square. */
  sized: number
  sum: number
  squares: number
}

/**
 * Past cases with a good or bad outcome, the newest up to a bound, found by likeness. Neutral outcomes are none. Found by the
 * one scorer of retrieval: exactly among few cases, among many within a budget of comparisons, so that an evaluation takes as long
 * with a million cases as with a thousand.
 */
export class PrecedentIndex {
  readonly #table: CaseTable
  readonly #tree: CaseTree
  readonly #chains: CaseChains
  /** One for all questions: each is answered before the next is asked. */
  readonly #scorer: CaseScorer
  readonly #details = new CaseDetails()
  readonly #actions = new Map<number, ActionCases>()
  readonly #idHashOf = (slot: number): number => hashText(this.#details.idOf(slot))

  /** @param maxCases - Most cases that are kept, ≥ 1; one with very many fields takes the place of several. */
  constructor(maxCases: number = DEFAULT_MAX_PRECEDENTS) {
    this.#table = new CaseTable(maxCases)
    this.#tree = new CaseTree(this.#table)
    this.#scorer = new CaseScorer(this.#table)
    this.#chains = new CaseChains(this.#table)
  }

  /** Most cases that are kept. */
  get maxCases(): number {
    return this.#table.most
  }

  /** Cases that are kept, those that have become neutral included. */
  get size(): number {
    return this.#table.size
  }

  /** Actions that have cases. */
  get actions(): number {
    return this.#actions.size
  }

  /** Bytes that are taken, apart from a few for each action. */
  get bytes(): number {
    return this.#table.bytes + this.#tree.bytes + this.#chains.bytes + this.#details.bytes
  }

  /**
   * Stage 6: the up to 32 most similar cases of an action, their similarity-weighted bad rate, and the best of each kind. Looks
   * at a few hundred cases at most.
   */
  retrieve(own: PrecedentCase, moment: RetrievalMoment): Neighbours {
    const query = toComparable(own)
    const cases = this.#actions.get(query.action)
    const weighed = new WeighedCases()
    if (!cases)
      return { evidence: { badRate: null, weight: 0 }, summary: { ...NONE, ...summariseCases(weighed, null) } }
    const scorer = this.#scorer.ask(query, {
      weights: EVALUATION_WEIGHTS,
      scale: { spread: spreadOf(cases), medianValue: moment.medianValue, now: moment.at },
    })
    const found = this.#search(scorer, { cases, limit: NEIGHBOURS, budget: EVALUATION_BUDGET.neighbours })
    const best: [good: PrecedentReference | null, bad: PrecedentReference | null] = [null, null]
    for (let place = 0; place < found.count; place++) {
      const slot = this.#table.slotOf(found.numberAt(place))
      const similarity = found.scoreAt(place)
      const label = this.#table.labelOf(slot)
      weighed.add(similarity, label)
      if (label !== null) best[label] ??= this.#toReference(slot, similarity)
    }
    const near = found.count
    return {
      evidence: { badRate: weighed.badRate, weight: weighed.weight },
      summary: {
        total_precedents: near,
        with_outcomes: near,
        ...summariseCases(weighed, cases.bad / (cases.good + cases.bad)),
        positive: best[0] ?? (cases.good > 0 ? this.#bestOf(0, scorer, cases) : null),
        negative: best[1] ?? (cases.bad > 0 ? this.#bestOf(1, scorer, cases) : null),
      },
    }
  }

  /** The best cases for a situation by the weights of a strategy, of whatever action. */
  search(query: CaseQuery, { weights, scale, limit, budget = SEARCH_BUDGET }: PrecedentSearch): PrecedentMatch[] {
    const scorer = this.#scorer.ask(query, { weights, scale })
    const found = this.#search(scorer, { cases: null, limit, budget })
    return Array.from({ length: found.count }, (_, place) => ({
      requestId: this.#details.idOf(this.#table.slotOf(found.numberAt(place))),
      score: found.scoreAt(place),
    }))
  }

  /** {@link search} by comparing every case: what it is measured against. */
  scan(query: CaseQuery, { weights, scale, limit }: PrecedentSearch): PrecedentMatch[] {
    const table = this.#table
    const scorer = this.#scorer.ask(query, { weights, scale })
    const all: { number: number; score: number }[] = []
    for (let number = table.oldest; number < table.next; number++) {
      const slot = table.slotOf(number)
      if (table.labelOf(slot) !== null) all.push({ number, score: scorer.score(slot) })
    }
    return all
      .toSorted((a, b) => b.score - a.score || b.number - a.number)
      .slice(0, limit)
      .map(({ number, score }) => ({ requestId: this.#details.idOf(table.slotOf(number)), score }))
  }

  /**
   * How the values of an action's cases spread: the standard deviation of ln(1 + |value|), at least ln 2.
   *
   * @param action - Null: those of all actions.
   */
  spread(action: string | null): number {
    if (action !== null) {
      const cases = this.#actions.get(hashName(action))
      if (cases && cases.sized > 0) return spreadOf(cases)
    }
    const all = { sized: 0, sum: 0, squares: 0 }
    for (const { sized, sum, squares } of this.#actions.values()) {
      all.sized += sized
      all.sum += sum
      all.squares += squares
    }
    return spreadOf(all)
  }

  /** Share of bad ones among the cases of an action; null without any. */
  badRateOf(action: string): number | null {
    const cases = this.#actions.get(hashName(action))
    return cases ? cases.bad / (cases.good + cases.bad) : null
  }

  /** A decision got an outcome, or another than before. A neutral one is no precedent. */
  record(recorded: PrecedentCase, requestId: string, status: string, label: 0 | 1 | null): void {
    const known = this.#slotOf(requestId)
    if (known >= 0) {
      this.#relabel(known, recorded.action, label)
      this.#details.setStatus(known, status)
    } else if (label !== null) this.#add(recorded, requestId, status, label)
  }

  snapshot(): unknown {
    const { next, most } = this.#table
    return {
      table: this.#table.snapshot(),
      tree: this.#tree.snapshot(),
      details: this.#details.snapshot(Math.min(next, most)),
      actions: new Map([...this.#actions].map(([hash, cases]) => [hash, { ...cases }])),
    }
  }

  /** Takes over the bound as well. @throws Error if the snapshot is of another form. */
  restore(snapshot: unknown): void {
    const { table, tree, details, actions } = snapshot as IndexSnapshot
    this.#table.restore(table)
    this.#tree.restore(tree)
    this.#details.restore(details)
    this.#actions.clear()
    for (const [hash, cases] of actions) this.#actions.set(hash, { ...cases })
    this.#chains.rebuild(this.#idHashOf)
  }

  #search(
    scorer: CaseScorer,
    options: {
      readonly cases: ActionCases | null
      readonly limit: number
      readonly budget: number
      readonly label?: 0 | 1
    },
  ): TopCases {
    const { cases, limit, budget, label } = options
    const searched = { table: this.#table, tree: this.#tree, chains: this.#chains }
    const labels = label === undefined ? {} : { labels: LABEL_BITS[label] }
    if (cases)
      return searchCases(searched, scorer, {
        limit,
        budget,
        least: MIN_SIMILARITY,
        roots: [cases.root],
        size: cases.good + cases.bad,
        action: hashName(cases.name),
        ...labels,
      })
    const roots = [...this.#actions.values()].map(({ root }) => root)
    return searchCases(searched, scorer, { limit, budget, roots, size: this.size, action: 0, ...labels })
  }

  #bestOf(label: 0 | 1, scorer: CaseScorer, cases: ActionCases): PrecedentReference | null {
    const found = this.#search(scorer, { cases, limit: 1, budget: EVALUATION_BUDGET.best, label })
    return found.count === 0 ? null : this.#toReference(this.#table.slotOf(found.numberAt(0)), found.scoreAt(0))
  }

  #slotOf(requestId: string): number {
    for (const number of this.#chains.byId(hashText(requestId))) {
      const slot = this.#table.slotOf(number)
      if (this.#details.idOf(slot) === requestId) return slot
    }
    return -1
  }

  #add(recorded: PrecedentCase, requestId: string, status: string, label: 0 | 1): void {
    const added = toComparable(recorded)
    while (!this.#table.fits(added)) this.#evict()
    const slot = this.#table.add(added)
    this.#details.set(slot, { id: requestId, value: added.value, at: added.at })
    this.#details.setStatus(slot, status)
    this.#chains.add(this.#idHashOf)
    this.#enter(slot, recorded.action, label)
  }

  #evict(): void {
    const slot = this.#table.slotOf(this.#table.oldest)
    if (this.#table.labelOf(slot) !== null) this.#leave(slot)
    this.#table.drop()
  }

  #relabel(slot: number, action: string, label: 0 | 1 | null): void {
    const before = this.#table.labelOf(slot)
    if (before === label) return
    if (before === null) {
      if (label !== null) this.#enter(slot, action, label)
      return
    }
    if (label === null) return this.#leave(slot)
    const cases = this.#casesOf(slot)
    if (!cases) return
    count(cases, before, -1)
    count(cases, label, 1)
    this.#table.setLabel(slot, label)
    this.#tree.relabel(slot)
  }

  /** Takes a row among the cases that are found. */
  #enter(slot: number, action: string, label: 0 | 1): void {
    this.#table.setLabel(slot, label)
    const hash = hashName(action)
    const cases = this.#actions.get(hash) ?? { name: action, root: -1, good: 0, bad: 0, sized: 0, sum: 0, squares: 0 }
    this.#actions.set(hash, cases)
    count(cases, label, 1)
    this.#size(cases, slot, 1)
    cases.root = this.#tree.insert(cases.root, slot)
  }

  #leave(slot: number): void {
    const cases = this.#casesOf(slot)
    const label = this.#table.labelOf(slot)
    if (!cases || label === null) return
    count(cases, label, -1)
    this.#size(cases, slot, -1)
    cases.root = this.#tree.remove(cases.root, slot)
    this.#table.setLabel(slot, null)
    if (cases.root < 0) this.#actions.delete(this.#table.words[slot * ROW + ROW_ACTION] ?? 0)
  }

  #size(cases: ActionCases, slot: number, sign: 1 | -1): void {
    const size = this.#table.floats[slot * ROW + ROW_SIZE] ?? Number.NaN
    if (Number.isNaN(size)) return
    cases.sized += sign
    cases.sum += sign * size
    cases.squares += sign * size * size
  }

  #casesOf(slot: number): ActionCases | undefined {
    return this.#actions.get(this.#table.words[slot * ROW + ROW_ACTION] ?? 0)
  }

  #toReference(slot: number, similarity: number): PrecedentReference {
    const status = this.#details.statusOf(slot)
    return {
      request_id: this.#details.idOf(slot),
      similarity: Math.round(similarity * 1000) / 1000,
      action: this.#casesOf(slot)?.name ?? '',
      value: this.#details.valueOf(slot),
      outcome_status: status,
      outcome_category: CATEGORY_OF.get(status) ?? 'neutral',
      created_at: new Date(this.#details.timeOf(slot)).toISOString(),
    }
  }
}

interface IndexSnapshot {
  readonly table: unknown
  readonly tree: unknown
  readonly details: unknown
  readonly actions: ReadonlyMap<number, ActionCases>
}

const NONE = { total_precedents: 0, with_outcomes: 0, positive: null, negative: null } as const

const CATEGORY_OF: ReadonlyMap<string, string> = new Map(OUTCOME_TAXONOMY.map((each) => [each.status, each.category]))

function count(cases: ActionCases, label: 0 | 1, sign: 1 | -1): void {
  if (label === 1) cases.bad += sign
  else cases.good += sign
}

function spreadOf({ sized, sum, squares }: Pick<ActionCases, 'sized' | 'sum' | 'squares'>): number {
  if (sized === 0) return MIN_SPREAD
  const mean = sum / sized
  return Math.max(MIN_SPREAD, Math.sqrt(Math.max(0, squares / sized - mean * mean)))
}
