import { wilsonInterval } from '../math/wilson-interval.ts'

/** Fewest outcomes of a bucket that is reported: below it the sampling error covers almost anything. */
const LEAST_OUTCOMES = 100
/** Buckets of equal count, fewer where they would be too small. */
const EQUAL_COUNT_BUCKETS = 10
/** Bins of the risk scale, in log-odds, that buckets of equal count are put together from. */
const FINE_BINS = 4096
/** Log-odds at both ends of the scale. */
const LIMIT = 12
/** Names that are told apart in each kind of bucket; later ones count in the other kinds only. */
const MAX_NAMES = 2000

export type BucketKind = 'equal_count' | 'confidence' | 'domain' | 'action'

/** Decisions of one kind: what their intervals say on average, and what happened. */
export interface CoverageBucket {
  readonly kind: BucketKind
  /** Domain, action or confidence band; the number of a bucket of equal count, 1 the safest. */
  readonly name: string
  readonly n: number
  readonly mean_risk: number
  /** Means of the intervals' lower and upper ends. */
  readonly lower: number
  readonly upper: number
  readonly bad_rate: number
  /** Wilson's interval of the observed rate, 95 %. */
  readonly bad_rate_interval: readonly [number, number]
  /** Whether the observed rate lies between the mean bounds, its own sampling error allowed for. */
  readonly is_covered: boolean
}

export interface CoverageResult {
  /** Buckets with at least 100 outcomes. */
  readonly checked: number
  readonly covered: number
  /** Mean width of the intervals of all scored decisions: wide enough, they hold everything and say nothing. Null without any. */
  readonly mean_width: number | null
  readonly buckets: readonly CoverageBucket[]
}

export interface CoveredDecision {
  readonly risk: number
  readonly interval: readonly [number, number]
  readonly confidence: string
  readonly domain: string | null
  readonly action: string
}

interface Sums {
  n: number
  bad: number
  risk: number
  lower: number
  upper: number
}

/**
 * Whether the intervals round the estimates hold (risk-model.md §8): the observed rate of each bucket is compared with the mean
 * ends of its decisions' intervals. The sampling error is that of independent outcomes; where whole runs share a label it is
 * larger, and a bucket may be called uncovered that is not. Constant memory.
 */
export class IntervalCoverage {
  readonly #fine: Sums[] = Array.from({ length: FINE_BINS }, emptySums)
  readonly #named: Readonly<Record<Exclude<BucketKind, 'equal_count'>, Map<string, Sums>>> = {
    confidence: new Map(),
    domain: new Map(),
    action: new Map(),
  }

  /** @param weight - −1 takes back what was added before. @defaultValue 1 */
  add(decision: CoveredDecision, label: 0 | 1, weight: 1 | -1 = 1): void {
    const place = (Math.log(decision.risk / (1 - decision.risk)) + LIMIT) / (2 * LIMIT)
    const bin = this.#fine[Math.min(FINE_BINS - 1, Math.max(0, Math.floor(place * FINE_BINS)))]
    if (bin) count(bin, decision, label, weight)
    this.#addNamed('confidence', decision.confidence, decision, label, weight)
    if (decision.domain !== null) this.#addNamed('domain', decision.domain, decision, label, weight)
    this.#addNamed('action', decision.action, decision, label, weight)
  }

  result(): CoverageResult {
    const named = Object.entries(this.#named).flatMap(([kind, buckets]) =>
      [...buckets].map(([name, sums]) => toBucket(kind as BucketKind, name, sums)),
    )
    const equal = this.#equalCount().map((sums, index) => toBucket('equal_count', String(index + 1), sums))
    const buckets = [...equal, ...named].filter(({ n }) => n >= LEAST_OUTCOMES)
    const covered = buckets.filter((each) => each.is_covered).length
    return { checked: buckets.length, covered, mean_width: this.#meanWidth(), buckets }
  }

  #addNamed(
    kind: Exclude<BucketKind, 'equal_count'>,
    name: string,
    decision: CoveredDecision,
    label: 0 | 1,
    weight: 1 | -1,
  ): void {
    const buckets = this.#named[kind]
    let sums = buckets.get(name)
    if (!sums) {
      if (buckets.size >= MAX_NAMES) return
      sums = emptySums()
      buckets.set(name, sums)
    }
    count(sums, decision, label, weight)
  }

  #meanWidth(): number | null {
    const all = emptySums()
    for (const bin of this.#fine) merge(all, bin)
    return all.n === 0 ? null : (all.upper - all.lower) / all.n
  }

  /** A fine bin is never split, since decisions with the same estimate belong together: its bucket is then larger. */
  #equalCount(): Sums[] {
    const total = this.#fine.reduce((sum, { n }) => sum + n, 0)
    const size = Math.max(LEAST_OUTCOMES, total / EQUAL_COUNT_BUCKETS)
    const found: Sums[] = []
    let current = emptySums()
    for (const bin of this.#fine) {
      merge(current, bin)
      if (current.n < size) continue
      found.push(current)
      current = emptySums()
    }
    // What is left over is no bucket of its own unless it is nearly one.
    const last = found.at(-1)
    if (last && current.n < size / 2) merge(last, current)
    else if (current.n > 0) found.push(current)
    return found
  }
}

function toBucket(kind: BucketKind, name: string, { n, bad, risk, lower, upper }: Sums): CoverageBucket {
  const interval = n === 0 ? ([0, 1] as const) : wilsonInterval(bad, n)
  return {
    kind,
    name,
    n,
    mean_risk: risk / n,
    lower: lower / n,
    upper: upper / n,
    bad_rate: bad / n,
    bad_rate_interval: interval,
    is_covered: interval[0] <= upper / n && interval[1] >= lower / n,
  }
}

function emptySums(): Sums {
  return { n: 0, bad: 0, risk: 0, lower: 0, upper: 0 }
}

function count(sums: Sums, { risk, interval }: CoveredDecision, label: 0 | 1, weight: 1 | -1): void {
  sums.n += weight
  sums.bad += weight * label
  sums.risk += weight * risk
  sums.lower += weight * interval[0]
  sums.upper += weight * interval[1]
}

function merge(into: Sums, from: Sums): void {
  into.n += from.n
  into.bad += from.bad
  into.risk += from.risk
  into.lower += from.lower
  into.upper += from.upper
}
