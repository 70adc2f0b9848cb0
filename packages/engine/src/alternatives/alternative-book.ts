import type { Alternative } from '@bighub/core/protocol'

/** Most runs that were refused something, held calls, and calls made instead that are remembered; the oldest go first. */
const MAX_LINKS = 10_000
/** Most refused actions, and most actions remembered that were taken instead of one. */
const MAX_ACTIONS = 1000
const MAX_INSTEAD = 16
/** Outcomes below which nothing is said of an alternative, and most that are shown. */
const ENOUGH = 3
const SHOWN = 3

/** The part of a recorded decision that is looked at. */
export interface AlternativeFacts {
  readonly action: string
  readonly domain: string | null
  readonly value: number | null
  readonly result: 'allowed' | 'requires_approval' | 'blocked'
  readonly shadow: boolean
  readonly step: { readonly trajectory_id: string } | null
}

interface Wanted {
  readonly key: string
  readonly action: string
  readonly value: number | null
}

interface Counts {
  times: number
  good: number
  bad: number
  /** Of those with a value. */
  sum: number
  valued: number
}

/**
 * What was done instead: the first call that ran in the same run after one was blocked, or declined by a person, and what came of it. A
 * call of the same action counts if its value is smaller. Counts a fold of the log; knows names, numbers and ids, no words.
 */
export class AlternativeBook {
  /** By run, what it was refused last and has not replaced yet. */
  readonly #refused = new Map<string, Wanted>()
  /** By decision, held calls that a person may yet decline. */
  readonly #held = new Map<string, Wanted & { readonly run: string }>()
  /** By decision, calls made instead. */
  readonly #made = new Map<string, { readonly key: string; readonly instead: string }>()
  readonly #known = new Map<string, Map<string, Counts>>()

  /** A decision was recorded. */
  decided(requestId: string, facts: AlternativeFacts): void {
    const { step, result, action, value, domain } = facts
    if (!step || facts.shadow) return
    const run = step.trajectory_id
    const wanted = { key: keyOf(domain, action), action, value }
    if (result === 'blocked') remember(this.#refused, run, wanted)
    else if (result === 'requires_approval') remember(this.#held, requestId, { ...wanted, run })
    else this.#take(requestId, run, wanted)
  }

  /** A person, or nobody in time, let a held call run. */
  declined(requestId: string): void {
    const held = this.#held.get(requestId)
    if (!held) return
    const { run, ...wanted } = held
    this.#held.delete(requestId)
    remember(this.#refused, run, wanted)
  }

  /** What came of a decision; `before` is the label that this one takes the place of. */
  learn(requestId: string, label: 0 | 1 | null, before: 0 | 1 | undefined): void {
    const made = this.#made.get(requestId)
    const counts = made && this.#known.get(made.key)?.get(made.instead)
    if (!counts) return
    if (before !== undefined) counts[before === 1 ? 'bad' : 'good']--
    if (label !== null) counts[label === 1 ? 'bad' : 'good']++
  }

  /**
   * What ended better than a call of this action is expected to, safest first, at most three. The estimate is Jeffreys' mean of the bad rate,
   * (bad + ½)/(known + 1), of at least three known outcomes.
   *
   * @param risk - Estimated risk of the call itself; an alternative is less risky.
   */
  find(domain: string | null, action: string, risk: number): Alternative[] {
    const found = [...(this.#known.get(keyOf(domain, action)) ?? [])]
    return found
      .map(([instead, counts]) => ({ instead, counts, known: counts.good + counts.bad }))
      .filter(({ known }) => known >= ENOUGH)
      .map(({ instead, counts, known }) => ({
        action: instead,
        rationale: describe(action, instead, counts, known),
        estimated_risk: (counts.bad + 0.5) / (known + 1),
      }))
      .filter((each) => each.estimated_risk < risk)
      .toSorted((a, b) => a.estimated_risk - b.estimated_risk)
      .slice(0, SHOWN)
  }

  snapshot(): unknown {
    return {
      refused: new Map(this.#refused),
      held: new Map(this.#held),
      made: new Map(this.#made),
      known: new Map([...this.#known].map(([key, instead]) => [key, copyCounts(instead)])),
    }
  }

  restore(snapshot: unknown): void {
    const from = snapshot as {
      refused: Map<string, Wanted>
      held: Map<string, Wanted & { run: string }>
      made: Map<string, { key: string; instead: string }>
      known: Map<string, Map<string, Counts>>
    }
    refill(this.#refused, from.refused)
    refill(this.#held, from.held)
    refill(this.#made, from.made)
    this.#known.clear()
    for (const [key, instead] of from.known) this.#known.set(key, copyCounts(instead))
  }

  /** A call runs: is it instead of one that was refused? */
  #take(requestId: string, run: string, { action, value, key }: Wanted): void {
    const refused = this.#refused.get(run)
    if (!refused) return
    // The same thing again, or more of it, is no alternative; neither does it end the waiting for one.
    if (key === refused.key && !(value !== null && refused.value !== null && value < refused.value)) return
    this.#refused.delete(run)
    const all = this.#known.get(refused.key) ?? new Map<string, Counts>()
    remember(this.#known, refused.key, all, MAX_ACTIONS)
    const counts = all.get(action) ?? { times: 0, good: 0, bad: 0, sum: 0, valued: 0 }
    counts.times++
    if (value !== null) {
      counts.sum += value
      counts.valued++
    }
    remember(all, action, counts, MAX_INSTEAD)
    remember(this.#made, requestId, { key: refused.key, instead: action })
  }
}

function describe(action: string, instead: string, { times, bad, sum, valued }: Counts, known: number): string {
  const what = instead === action ? ` with a smaller value (${round(sum / Math.max(1, valued))} on average)` : ''
  return `made ${times} times${what} after ${action} was refused in the same run; ${bad} of ${known} known outcomes were bad`
}

function round(value: number): number {
  return Number(value.toPrecision(3))
}

function keyOf(domain: string | null, action: string): string {
  return JSON.stringify([domain, action])
}

/** Sets it as the newest, and drops the oldest where there are too many. */
function remember<K, V>(map: Map<K, V>, key: K, value: V, most: number = MAX_LINKS): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= most) return
  const oldest = map.keys().next()
  if (!oldest.done) map.delete(oldest.value)
}

function copyCounts(from: ReadonlyMap<string, Counts>): Map<string, Counts> {
  return new Map([...from].map(([instead, counts]) => [instead, { ...counts }]))
}

function refill<K, V>(map: Map<K, V>, from: ReadonlyMap<K, V>): void {
  map.clear()
  for (const [key, value] of from) map.set(key, value)
}
