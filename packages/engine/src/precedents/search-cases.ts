import { type CaseChains, CHAIN_ROWS, type ChainRow } from './case-chains.ts'
import type { BoxKnowledge, CaseScorer } from './case-scorer.ts'
import {
  BOTH_LABELS,
  type CaseTable,
  ROW,
  ROW_ACTION,
  ROW_ACTOR,
  ROW_PACKED,
  ROW_RUN,
  ROW_TARGET,
} from './case-table.ts'
import {
  BY_FIELD,
  type CaseTree,
  LEAF,
  NODE,
  NODE_COUNT,
  NODE_KEY,
  NODE_LEFT,
  NODE_PACKED,
  NODE_PAGE,
  NODE_RIGHT,
  NODE_SPLIT,
} from './case-tree.ts'
import { NodeQueue } from './node-queue.ts'
import { TopCases } from './top-cases.ts'

/** Cases of a list that are looked at, and their share of the budget; a list that is longer is left to the trees. */
const MOST_OF_CHAIN = { cases: 256, share: 1 / 8 } as const
/** What a case counts that is ruled out by its tag, without a look at its row. */
const RULED_OUT = 1 / 32
/** What a node counts whose box is looked at. */
const LOOKED_AT = 1 / 2
/** Below so many cases the trees alone are quicker. */
const WORTH_CHAINS = 512

export interface SearchOptions {
  /** Most cases that are found. */
  readonly limit: number
  /** Least score. @defaultValue 0 */
  readonly least?: number
  /** Cases that are compared at most, apart from those of the lists; the most promising first. @defaultValue all that can matter */
  readonly budget?: number
  /** Roots of the trees that are looked through. */
  readonly roots: readonly number[]
  /** How many cases they hold. */
  readonly size: number
  /** Hash of the action whose cases alone count, 0 if all do. */
  readonly action: number
  /** Bits of the labels that count. @defaultValue both */
  readonly labels?: number
}

/** What is searched. */
export interface Searchable {
  readonly table: CaseTable
  readonly tree: CaseTree
  readonly chains: CaseChains
}

/**
 * The best cases by a scorer: first those on the lists of what is rare (target, actor, run), then the trees, whatever promises most
 * first, until nothing that is left can be better than what was found. Without a budget the result is that of comparing all.
 *
 * @see Fagin, Lotem, Naor (2003), Optimal aggregation algorithms for middleware; Hjaltason and Samet (1999), Distance browsing in
 * spatial databases.
 */
export function searchCases(searched: Searchable, scorer: CaseScorer, options: SearchOptions): TopCases {
  const top = new TopCases(options.limit, options.least ?? 0)
  const done =
    options.size < WORTH_CHAINS
      ? []
      : CHAIN_ROWS.filter((row) => scorer.weighs(row) && searchChain(searched, row, scorer, { top, ...options }))
  searchTrees(searched, scorer, { done, top, ...options })
  return top
}

/** Compares the cases of a list. @returns whether these are all that have the hash. */
function searchChain(
  { table, chains }: Searchable,
  row: ChainRow,
  scorer: CaseScorer,
  { top, action, budget = Number.POSITIVE_INFINITY, labels = BOTH_LABELS }: SearchOptions & { readonly top: TopCases },
): boolean {
  const hash = scorer.hashOf(row)
  const { words } = table
  const most = Math.min(MOST_OF_CHAIN.cases, budget * MOST_OF_CHAIN.share)
  let number = chains.first(row, hash)
  for (let seen = 0; number >= 0; seen++, number = chains.before(row, number)) {
    if (seen >= most) return false
    const slot = table.slotOf(number)
    const at = slot * ROW
    if (words[at + row] !== hash || ((words[at + ROW_PACKED] ?? 0) & labels) === 0) continue
    if (action !== 0 && words[at + ROW_ACTION] !== action) continue
    const score = scorer.score(slot, top.floor)
    if (score >= 0) top.offer(number, score)
  }
  return true
}

interface TreeSearch extends SearchOptions {
  readonly top: TopCases
  readonly done: readonly ChainRow[]
}

function searchTrees(
  { table, tree }: Searchable,
  scorer: CaseScorer,
  { top, roots, done, budget = Number.POSITIVE_INFINITY, labels = BOTH_LABELS }: TreeSearch,
): void {
  const queue = new NodeQueue()
  const known: BoxKnowledge = {
    missing: 0,
    extra: 0,
    isActorDone: done.includes(ROW_ACTOR),
    isTargetDone: done.includes(ROW_TARGET),
    isRunDone: done.includes(ROW_RUN),
  }
  const work = { left: budget }
  const push = (node: number): void => {
    work.left -= LOOKED_AT
    if (((tree.nodes[node * NODE + NODE_PACKED] ?? 0) & labels) === 0) return
    const bound = scorer.bound(tree, node, known)
    if (bound > top.floor) queue.push(bound, node, known.missing, known.extra)
  }
  /** @param rest - What all but the tags adds at most. */
  const searchLeaf = (at: number, rest: number): void => {
    const first = (tree.nodes[at + NODE_PAGE] ?? 0) * LEAF
    const end = first + (tree.nodes[at + NODE_COUNT] ?? 0)
    for (let place = first; place < end; place++) {
      work.left -= RULED_OUT
      if (rest + scorer.boundOfTag(tree, place) <= top.floor) continue
      const slot = tree.pages[place] ?? 0
      work.left--
      if (((table.words[slot * ROW + ROW_PACKED] ?? 0) & labels) === 0) continue
      const score = scorer.score(slot, top.floor)
      if (score >= 0) top.offer(table.numberOf(slot), score)
    }
  }
  for (const root of roots) push(root)
  // However many actions there are, something is compared.
  work.left = budget
  while (work.left > 0) {
    if (!queue.pop()) return
    if (queue.bound <= top.floor) return
    const at = queue.node * NODE
    const { nodes } = tree
    const left = nodes[at + NODE_LEFT] ?? -1
    if (left < 0) {
      searchLeaf(at, scorer.boundOfRest(tree, queue.node, known))
      continue
    }
    const isByField = nodes[at + NODE_SPLIT] === BY_FIELD
    const isOwn = isByField && scorer.hasField(nodes[at + NODE_KEY] ?? 0)
    const { missing, extra } = queue
    known.missing = missing
    known.extra = extra + Number(isByField && !isOwn)
    push(left)
    known.missing = missing + Number(isOwn)
    known.extra = extra
    push(nodes[at + NODE_RIGHT] ?? 0)
  }
}
