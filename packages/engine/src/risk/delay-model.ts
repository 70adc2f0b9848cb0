import { hashText } from '../math/hash.ts'
import { clip } from '../math/log-odds.ts'
import { PRIOR_RATE, PRIOR_WEIGHT } from './base-rates.ts'

/** What a decision's age is measured in: decisions made since, or seconds. */
export type AgeUnit = 'decisions' | 'seconds'

/** Open decisions remembered; the oldest beyond it are taken for closed. */
const RING = 70_000
/** Ages that are told apart: up to 32 by doubling, then by this factor, up to the greatest. */
const GROWTH = 1.3
const GREATEST_AGE: Readonly<Record<AgeUnit, number>> = { decisions: 70_000, seconds: 366 * 86_400 }
/** Decisions that hazards, and that the base rate, look back on. */
const HAZARD_WINDOW = 2000
const BASE_WINDOW = 1000
/** Decisions between two solutions. */
const SOLVE_EVERY = 20
/** What may still come beyond the ages seen: this often what came at ages from a 16th of the oldest on. */
const TAIL_FACTOR = 8
const TAIL_SHARE = 16
/** Least exposure that a hazard can be read off. */
const LEAST_EXPOSURE = 0.5
/** Share of open decisions at which the model counts as fully open. */
const OPENNESS_FACTOR = 2

const OPEN = 0
const CLOSED = 1
/** Closed by an outcome in bin b: this + b. */
const CLOSED_IN = 2

/**
 * Base rate of decisions when outcomes come late and not in fair order: a competing-risks model over ages. Per age bin b: exposure
 * e_b and events d_{0,b}, d_{1,b}; λ_k = d_k/e; walking up the bins (Aalen–Johansen) out = 1 − exp(−(λ₀ + λ₁)·width), F_k += S·out·λ_k/λ,
 * S ← S(1 − out). What may still come, u = min(S, 8·what came at the oldest ages), is split so that the rate is as near ½ as it can be
 * (minimax for log loss). Each open decision then counts with the chance q_b that its outcome will be bad (risk-model.md §7).
 *
 * Without open decisions it is a running mean. It cannot know what has never been observed: when the rate of decisions moves
 * before any label shows it, nobody can.
 *
 * @see Aalen and Johansen (1978); Kalbfleisch and Prentice, The statistical analysis of failure time data, for the hazards.
 */
export class DelayModel {
  readonly #unit: AgeUnit
  readonly #edges: Float64Array
  // One place a decision, by its number modulo the ring's size.
  #openedAt = new Float64Array(RING)
  #keys = new Uint32Array(RING)
  #status = new Uint8Array(RING)
  #weights = new Float32Array(RING)
  readonly #numbers = new Map<number, number>()
  /** Number of the next decision, and of the oldest that is remembered. */
  #next = 0
  #oldest = 0
  #now = 0
  #start: number | null = null
  /** Per bin: open decisions, exposure, events of both kinds, number of the first decision that has not reached it. */
  #open: Float64Array
  #exposure: Float64Array
  #good: Float64Array
  #bad: Float64Array
  #reached: Float64Array
  /** Closed decisions, weighted by how long ago they were made. */
  #closed: [good: number, bad: number] = [0, 0]
  #events = 0
  #lastSolved = -1
  #base = PRIOR_RATE
  #openShare = 0

  constructor(unit: AgeUnit) {
    this.#unit = unit
    this.#edges = edgesUpTo(GREATEST_AGE[unit])
    const bins = this.#edges.length
    this.#open = new Float64Array(bins)
    this.#exposure = new Float64Array(bins)
    this.#good = new Float64Array(bins)
    this.#bad = new Float64Array(bins)
    this.#reached = new Float64Array(bins)
  }

  /** Outcomes seen. */
  get events(): number {
    return this.#events
  }

  /** Rate of bad outcomes among all decisions, those included that are open. */
  get base(): number {
    return this.#base
  }

  /** How much of what is known of the present is still open, in [0, 1]. */
  get openness(): number {
    return Math.min(1, OPENNESS_FACTOR * this.#openShare)
  }

  /**
   * @param at - Milliseconds; not looked at where ages are decisions.
   * @param weight - How many decisions this one stands for, > 0.
   */
  admit(key: string, at: number, weight: number = 1): void {
    this.#fade()
    const now = this.#unit === 'decisions' ? this.#next : this.#secondsOf(at)
    // The newest decision is counted from now on, for one unit of time at least.
    this.#open[0] = (this.#open[0] ?? 0) + weight
    const elapsed = now - this.#now
    this.#advanceTo(now)
    this.#exposure[0] = (this.#exposure[0] ?? 0) + weight * (1 - elapsed)
    const number = this.#next++
    if (number - this.#oldest >= RING) this.#forgetOldest()
    const place = number % RING
    const hash = hashText(key)
    this.#openedAt[place] = this.#now
    this.#keys[place] = hash
    this.#status[place] = OPEN
    this.#weights[place] = weight
    this.#numbers.set(hash, number)
    if (number - this.#lastSolved < SOLVE_EVERY) return
    this.#lastSolved = number
    this.#solve()
  }

  /**
   * The outcome of a decision arrived. Nothing happens if it has one already, or is forgotten; one that was withdrawn has an outcome
   * after all.
   */
  close(key: string, label: 0 | 1, at: number): void {
    if (this.#unit === 'seconds') this.#advanceTo(this.#secondsOf(at))
    const number = this.#numbers.get(hashText(key))
    const status = number === undefined ? CLOSED_IN : (this.#status[number % RING] ?? OPEN)
    if (number === undefined || status >= CLOSED_IN) return
    const bin = this.#binOf(this.#now - (this.#openedAt[number % RING] ?? 0))
    const weight = this.#weights[number % RING] ?? 1
    if (status === OPEN) this.#open[bin] = (this.#open[bin] ?? 0) - weight
    this.#status[number % RING] = CLOSED_IN + bin
    this.#events++
    this.#count(bin, label, weight, this.#unit === 'decisions' ? this.#now - number : this.#next - 1 - number)
  }

  /** An outcome turned out otherwise. Null takes it back. */
  correct(key: string, before: 0 | 1, label: 0 | 1 | null): void {
    const number = this.#numbers.get(hashText(key))
    const status = number === undefined ? OPEN : (this.#status[number % RING] ?? OPEN)
    if (number === undefined || status < CLOSED_IN) return
    const bin = status - CLOSED_IN
    const age = this.#unit === 'decisions' ? this.#now - number : this.#next - 1 - number
    const weight = this.#weights[number % RING] ?? 1
    this.#count(bin, before, -weight, age)
    if (label !== null) this.#count(bin, label, weight, age)
  }

  /** No outcome of a decision will come: it never ran, or its outcome is neither good nor bad. */
  withdraw(key: string): void {
    const number = this.#take(key)
    if (number === null) return
    const bin = this.#binOf(this.#now - (this.#openedAt[number % RING] ?? 0))
    this.#open[bin] = (this.#open[bin] ?? 0) - (this.#weights[number % RING] ?? 1)
  }

  snapshot(): unknown {
    const size = this.#next - this.#oldest
    const inOrder = <T extends Float64Array | Float32Array | Uint32Array | Uint8Array>(from: T, to: T): T => {
      for (let index = 0; index < size; index++) to[index] = from[(this.#oldest + index) % RING] ?? 0
      return to
    }
    return {
      unit: this.#unit,
      openedAt: inOrder(this.#openedAt, new Float64Array(size)),
      keys: inOrder(this.#keys, new Uint32Array(size)),
      status: inOrder(this.#status, new Uint8Array(size)),
      weights: inOrder(this.#weights, new Float32Array(size)),
      bins: [this.#open, this.#exposure, this.#good, this.#bad, this.#reached].map((each) => each.slice()),
      closed: [...this.#closed],
      next: this.#next,
      oldest: this.#oldest,
      now: this.#now,
      start: this.#start,
      events: this.#events,
      lastSolved: this.#lastSolved,
      base: this.#base,
      openShare: this.#openShare,
    }
  }

  restore(snapshot: unknown): void {
    const state = snapshot as DelayState
    if (state.unit !== this.#unit) throw new Error(`a snapshot with ages in ${state.unit} is not one in ${this.#unit}`)
    this.#next = state.next
    this.#oldest = state.oldest
    this.#now = state.now
    this.#start = state.start
    this.#events = state.events
    this.#lastSolved = state.lastSolved
    this.#base = state.base
    this.#openShare = state.openShare
    this.#closed = [state.closed[0], state.closed[1]]
    const [open, exposure, good, bad, reached] = state.bins.map((each) => each.slice())
    if (!open || !exposure || !good || !bad || !reached) throw new Error('a snapshot of the delay model lacks bins')
    this.#open = open
    this.#exposure = exposure
    this.#good = good
    this.#bad = bad
    this.#reached = reached
    this.#numbers.clear()
    this.#openedAt = new Float64Array(RING)
    this.#keys = new Uint32Array(RING)
    this.#status = new Uint8Array(RING)
    this.#weights = new Float32Array(RING)
    for (let index = 0; index < state.keys.length; index++) {
      const number = state.oldest + index
      const place = number % RING
      this.#openedAt[place] = state.openedAt[index] ?? 0
      this.#keys[place] = state.keys[index] ?? 0
      this.#status[place] = state.status[index] ?? 0
      this.#weights[place] = state.weights[index] ?? 1
      this.#numbers.set(this.#keys[place] ?? 0, number)
    }
  }

  /** Whole seconds since the first decision; clocks that go back stand still. */
  #secondsOf(at: number): number {
    const second = Math.floor(at / 1000)
    this.#start ??= second
    return Math.max(this.#now, second - this.#start)
  }

  /** Closes an open decision and gives its number; null if it is closed or forgotten. */
  #take(key: string): number | null {
    const hash = hashText(key)
    const number = this.#numbers.get(hash)
    if (number === undefined || this.#status[number % RING] !== OPEN) return null
    this.#status[number % RING] = CLOSED
    return number
  }

  #forgetOldest(): void {
    const place = this.#oldest % RING
    if (this.#status[place] === OPEN) {
      const bin = this.#binOf(this.#now - (this.#openedAt[place] ?? 0))
      this.#open[bin] = (this.#open[bin] ?? 0) - (this.#weights[place] ?? 1)
    }
    const hash = this.#keys[place] ?? 0
    if (this.#numbers.get(hash) === this.#oldest) this.#numbers.delete(hash)
    this.#oldest++
  }

  /** What is known fades with each decision. */
  #fade(): void {
    const keep = 1 - 1 / HAZARD_WINDOW
    for (let bin = 0; bin < this.#edges.length && (this.#edges[bin] ?? 0) <= this.#now + 1; bin++) {
      this.#exposure[bin] = (this.#exposure[bin] ?? 0) * keep
      this.#good[bin] = (this.#good[bin] ?? 0) * keep
      this.#bad[bin] = (this.#bad[bin] ?? 0) * keep
    }
    this.#closed[0] *= 1 - 1 / BASE_WINDOW
    this.#closed[1] *= 1 - 1 / BASE_WINDOW
  }

  /**
   * Time goes on: open decisions move up the bins that they have reached, and each unit of time adds their number to the exposure
   * of the bin that they are in.
   */
  #advanceTo(now: number): void {
    const elapsed = now - this.#now
    if (elapsed <= 0) return
    for (let bin = 1; bin < this.#edges.length && (this.#edges[bin] ?? 0) <= now; bin++) this.#moveUp(bin, now)
    for (let bin = 0; bin < this.#edges.length && (this.#edges[bin] ?? 0) <= now; bin++)
      this.#exposure[bin] = (this.#exposure[bin] ?? 0) + (this.#open[bin] ?? 0) * elapsed
    this.#now = now
  }

  /** Open decisions that have reached a bin leave the one below it; what they were exposed to there before stays with it. */
  #moveUp(bin: number, now: number): void {
    const [open, exposure] = [this.#open, this.#exposure]
    const edge = this.#edges[bin] ?? 0
    let number = Math.max(this.#reached[bin] ?? 0, this.#oldest)
    for (; number < this.#next; number++) {
      const crossed = (this.#openedAt[number % RING] ?? 0) + edge
      if (crossed > now) break
      if (this.#status[number % RING] !== OPEN) continue
      const before = now - this.#now - (now - crossed + 1)
      const weight = this.#weights[number % RING] ?? 1
      open[bin - 1] = (open[bin - 1] ?? 0) - weight
      open[bin] = (open[bin] ?? 0) + weight
      exposure[bin - 1] = (exposure[bin - 1] ?? 0) + weight * before
      exposure[bin] = (exposure[bin] ?? 0) - weight * before
    }
    this.#reached[bin] = number
  }

  #count(bin: number, label: 0 | 1, change: number, age: number): void {
    const events = label === 1 ? this.#bad : this.#good
    events[bin] = Math.max(0, (events[bin] ?? 0) + change)
    this.#closed[label] = Math.max(0, this.#closed[label] + change * Math.exp(-age / BASE_WINDOW))
  }

  #binOf(age: number): number {
    let low = 0
    let high = this.#edges.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#edges[middle] ?? 0) <= age) low = middle
      else high = middle - 1
    }
    return low
  }

  #solve(): void {
    const incidence = this.#incidence()
    const { survival, ofGood, ofBad } = incidence
    const edges = this.#edges
    const [good, bad] = [ofGood.at(-1) ?? 0, ofBad.at(-1) ?? 0]
    const tail = this.#tailOf(incidence)
    const total = good + bad + tail
    if (total < 1e-6) return
    // Nearest to even odds of what is still possible.
    const rate = clip(0.5, bad / total, (bad + tail) / total)
    const tailBad = rate * total - bad
    const tailGood = tail - tailBad
    let openBad = 0
    let openGood = 0
    for (let bin = 0; bin < edges.length; bin++) {
      const count = this.#open[bin] ?? 0
      if (count <= 0) continue
      const restBad = Math.max(0, bad - (ofBad[bin] ?? 0)) + tailBad
      const restGood = Math.max(0, good - (ofGood[bin] ?? 0)) + tailGood
      const rest = restBad + restGood
      const chance = rest > 1e-9 ? restBad / rest : 0.5
      const reported = clip(rest / Math.max(1e-9, survival[bin] ?? 0), 0, 1)
      const weight = count * Math.exp(-this.#decisionsSince(bin) / BASE_WINDOW) * reported
      openBad += weight * chance
      openGood += weight * (1 - chance)
    }
    const [closedGood, closedBad] = this.#closed
    const known = closedGood + closedBad + openBad + openGood + PRIOR_WEIGHT
    this.#base = (closedBad + openBad + PRIOR_WEIGHT * PRIOR_RATE) / known
    this.#openShare = (openBad + openGood) / (openBad + openGood + closedGood + closedBad + PRIOR_WEIGHT)
  }

  /** Share that is open still, and that has ended either way, at the lower edge of each bin; the end of all last. */
  #incidence(): Incidence {
    const edges = this.#edges
    const bins = edges.length
    const [survival, ofGood, ofBad] = [new Float64Array(bins), new Float64Array(bins), new Float64Array(bins)]
    let [open, good, bad, top] = [1, 0, 0, 0]
    for (let bin = 0; bin < bins - 1; bin++) {
      survival[bin] = open
      ofGood[bin] = good
      ofBad[bin] = bad
      const exposure = this.#exposure[bin] ?? 0
      top = bin
      if (exposure < LEAST_EXPOSURE || (edges[bin] ?? 0) > this.#now) break
      const hazardGood = (this.#good[bin] ?? 0) / exposure
      const hazardBad = (this.#bad[bin] ?? 0) / exposure
      const hazard = hazardGood + hazardBad
      const width = (edges[bin + 1] ?? 0) - (edges[bin] ?? 0)
      const ended = hazard > 0 ? 1 - Math.exp(-hazard * width) : 0
      if (hazard > 0) {
        good += (open * ended * hazardGood) / hazard
        bad += (open * ended * hazardBad) / hazard
      }
      open *= 1 - ended
      top = bin + 1
    }
    for (let bin = top; bin < bins; bin++) {
      survival[bin] = open
      ofGood[bin] = good
      ofBad[bin] = bad
    }
    return { survival, ofGood, ofBad, top }
  }

  /** Share that may end beyond the ages that were observable. */
  #tailOf({ survival, ofGood, ofBad, top }: Incidence): number {
    const oldest = this.#edges[Math.min(top, this.#edges.length - 1)] ?? 0
    const late = this.#binOf(Math.max(0, oldest / TAIL_SHARE))
    const ended = (ofGood.at(-1) ?? 0) + (ofBad.at(-1) ?? 0) - (ofGood[late] ?? 0) - (ofBad[late] ?? 0)
    return Math.min(survival.at(-1) ?? 0, TAIL_FACTOR * ended)
  }

  /** Decisions made since an ordinary one of a bin, about. */
  #decisionsSince(bin: number): number {
    const edges = this.#edges
    if (this.#unit === 'decisions') {
      const lower = edges[bin] ?? 0
      return bin + 1 < edges.length ? (lower + (edges[bin + 1] ?? 0)) / 2 : lower
    }
    const newest = bin === 0 ? this.#next : (this.#reached[bin] ?? 0)
    const oldest = bin + 1 < edges.length ? Math.max(this.#oldest, this.#reached[bin + 1] ?? 0) : this.#oldest
    return Math.max(0, this.#next - (newest + oldest) / 2)
  }
}

/** Per bin. */
interface Incidence {
  readonly survival: Float64Array
  readonly ofGood: Float64Array
  readonly ofBad: Float64Array
  /** First bin that nothing can be said of. */
  readonly top: number
}

interface DelayState {
  readonly unit: AgeUnit
  readonly openedAt: Float64Array
  readonly keys: Uint32Array
  readonly status: Uint8Array
  readonly weights: Float32Array
  readonly bins: readonly Float64Array<ArrayBuffer>[]
  readonly closed: readonly [number, number]
  readonly next: number
  readonly oldest: number
  readonly now: number
  readonly start: number | null
  readonly events: number
  readonly lastSolved: number
  readonly base: number
  readonly openShare: number
}

function edgesUpTo(greatest: number): Float64Array {
  const edges = [0, 1, 2, 4, 8, 16, 32]
  for (let edge = 32; edge < greatest; ) {
    edge *= GROWTH
    edges.push(Math.round(edge))
  }
  return Float64Array.from(edges)
}
