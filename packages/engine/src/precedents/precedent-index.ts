import { OUTCOME_TAXONOMY, type PrecedentReference, type PrecedentSummary } from '@bighub/core/protocol'
import type { ActionFacts } from '../features/action-facts.ts'
import type { CaseFields } from '../features/case-fields.ts'
import { hashText } from '../math/hash.ts'
import { riskBand } from '../risk/risk-band.ts'

/** Most cases with an outcome kept of one action; the oldest goes first. */
const RING = 256
/** Most actions with cases; the one whose newest case is oldest goes first. */
const MAX_ACTIONS = 2000
/** Below this similarity a case is no precedent. */
const MIN_SIMILARITY = 0.35
/** Sharpness of the weight of a precedent: e^{8(similarity − 1)}. */
export const SHARPNESS = 8
/** Weight of the action's own rate against that of its precedents, in cases. */
export const PRIOR_WEIGHT = 3

/** What a decision leaves of itself as a later precedent: hashes and numbers. */
export interface PrecedentCase {
  readonly action: string
  readonly actor: number
  readonly domain: number
  readonly target: number
  /** log(1 + |value|); null without a value. */
  readonly size: number | null
  readonly value: number | null
  readonly fields: readonly number[]
  /** ISO time of the decision. */
  readonly at?: string
}

interface StoredCase extends PrecedentCase {
  readonly request_id: string
  readonly status: string
  readonly label: 0 | 1
}

/** What similar past cases say; `badRate` is null where there are none with an outcome. */
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

/** Past cases with an outcome, by action, looked through one by one: exact, and bounded by what is kept. */
export class PrecedentIndex {
  readonly #cases = new Map<string, StoredCase[]>()

  /** Stage 6: the neighbours of an action, their similarity-weighted bad rate, and the best of each kind. */
  retrieve(own: PrecedentCase): Neighbours {
    const cases = this.#cases.get(own.action) ?? []
    let weight = 0
    let bad = 0
    let near = 0
    let badOfAction = 0
    const best: [good: Match | null, bad: Match | null] = [null, null]
    for (let index = 0; index < cases.length; index++) {
      const each = cases[index]
      if (!each) continue
      badOfAction += each.label
      const similarity = similarityOf(own, each, (cases.length - 1 - index) / RING)
      if (similarity < MIN_SIMILARITY) continue
      near++
      const share = Math.exp(SHARPNESS * (similarity - 1))
      weight += share
      bad += share * each.label
      if (similarity > (best[each.label]?.similarity ?? 0)) best[each.label] = { similarity, of: each }
    }
    const badRate = weight > 0 ? bad / weight : null
    const rateOfAction = cases.length > 0 ? badOfAction / cases.length : null
    return {
      evidence: { badRate, weight },
      summary: {
        total_precedents: near,
        with_outcomes: near,
        success_rate: badRate === null ? null : 1 - badRate,
        negative_rate: badRate,
        risk_level: badRate === null ? null : riskBand(badRate),
        confidence: weight / (weight + PRIOR_WEIGHT),
        warnings:
          badRate !== null && badRate >= 0.5 && near >= 3 ? [`most of ${near} similar past cases went wrong`] : [],
        risk_adjustment:
          badRate === null || rateOfAction === null ? null : posterior(bad, weight, rateOfAction) - rateOfAction,
        positive: best[0] && toReference(best[0]),
        negative: best[1] && toReference(best[1]),
      },
    }
  }

  /** Decisions with an outcome that are kept of an action, oldest first. */
  requestIds(action: string): readonly string[] {
    return (this.#cases.get(action) ?? []).map((each) => each.request_id)
  }

  /** A decision got an outcome, or another than before. A neutral one is no precedent. */
  record(recorded: PrecedentCase, requestId: string, status: string, label: 0 | 1 | null): void {
    const cases = this.#cases.get(recorded.action) ?? []
    const before = cases.findIndex((each) => each.request_id === requestId)
    if (before >= 0) cases.splice(before, 1)
    if (label !== null) cases.push({ ...recorded, request_id: requestId, status, label })
    if (cases.length > RING) cases.shift()
    this.#cases.delete(recorded.action)
    if (cases.length > 0) this.#cases.set(recorded.action, cases)
    if (this.#cases.size > MAX_ACTIONS) {
      const oldest = this.#cases.keys().next()
      if (!oldest.done) this.#cases.delete(oldest.value)
    }
  }

  snapshot(): unknown {
    return new Map([...this.#cases].map(([action, cases]) => [action, [...cases]]))
  }

  restore(snapshot: unknown): void {
    this.#cases.clear()
    for (const [action, cases] of snapshot as Map<string, StoredCase[]>) this.#cases.set(action, [...cases])
  }
}

interface Match {
  readonly similarity: number
  readonly of: StoredCase
}

/** What a decision about to be made leaves of itself. */
export function toPrecedentCase({ fields }: CaseFields, facts: ActionFacts): PrecedentCase {
  return {
    action: facts.action,
    actor: hashText(facts.actor),
    domain: hashText(facts.domain ?? ''),
    target: facts.target === null ? 0 : hashText(facts.target),
    size: facts.value === null ? null : Math.log1p(Math.abs(facts.value)),
    value: facts.value,
    fields,
  }
}

/** Parts of similarity; they add up to 1. The action is the same for all cases that are compared. */
const PARTS = { actor: 0.15, domain: 0.1, target: 0.25, value: 0.2, fields: 0.25, recency: 0.05 } as const

/** How alike two cases of one action are, in [0, 1]. `age` runs from 0 (newest) to 1. */
function similarityOf(a: PrecedentCase, b: PrecedentCase, age: number): number {
  return (
    (a.actor === b.actor ? PARTS.actor : 0) +
    (a.domain === b.domain ? PARTS.domain : 0) +
    (a.target === b.target ? PARTS.target : 0) +
    PARTS.value * closeness(a.size, b.size) +
    PARTS.fields * overlap(a.fields, b.fields) +
    PARTS.recency * (1 - age)
  )
}

/** 1 for equal sizes, 0 for those a factor of e or more apart. */
function closeness(a: number | null, b: number | null): number {
  if (a === null || b === null) return a === b ? 1 : 0
  return Math.max(0, 1 - Math.abs(a - b))
}

/** Share of fields in common. Calls of one action usually name the same fields in the same order, so places are compared first. */
function overlap(a: readonly number[], b: readonly number[]): number {
  const most = Math.max(a.length, b.length)
  if (most === 0) return 1
  let same = 0
  if (a.length === b.length) for (let index = 0; index < most; index++) same += Number(a[index] === b[index])
  else for (const field of a) same += Number(b.includes(field))
  return same / most
}

function posterior(bad: number, weight: number, own: number): number {
  return (bad + PRIOR_WEIGHT * own) / (weight + PRIOR_WEIGHT)
}

const CATEGORY_OF: ReadonlyMap<string, string> = new Map(OUTCOME_TAXONOMY.map((each) => [each.status, each.category]))

function toReference({ similarity, of }: Match): PrecedentReference {
  return {
    request_id: of.request_id,
    similarity: Math.round(similarity * 1000) / 1000,
    action: of.action,
    value: of.value,
    outcome_status: of.status,
    outcome_category: CATEGORY_OF.get(of.status) ?? 'neutral',
    created_at: of.at ?? '',
  }
}
