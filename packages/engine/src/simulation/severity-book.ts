/** Most actions remembered; the one that came first is forgotten first. */
const MAX_ACTIONS = 4000
/** Most severities kept of one action. */
const MAX_SAMPLES = 64
/** Weight of the assumption that an ordinary bad outcome costs one ordinary stake. */
const PRIOR_WEIGHT = 10

interface Severities {
  sum: number
  count: number
  /** The newest severities, oldest first. */
  samples: number[]
}

/** How bad the bad outcomes of each action were: what the stake and the simulated losses stand on. */
export class SeverityBook {
  readonly #actions = new Map<string, Severities>()

  /** Mean severity of an action's bad outcomes, shrunk towards 1 with the weight of 10 outcomes. */
  mean(action: string): number {
    const known = this.#actions.get(action)
    return known ? (known.sum + PRIOR_WEIGHT) / (known.count + PRIOR_WEIGHT) : 1
  }

  /** Newest severities in [0, 1]; empty when none was recorded. */
  samples(action: string): readonly number[] {
    return this.#actions.get(action)?.samples ?? []
  }

  /** One more bad outcome, and/or one that a correction takes back. */
  record(action: string, severity: number | null, takenBack: number | null): void {
    if (severity === null && takenBack === null) return
    const known = this.#actions.get(action) ?? { sum: 0, count: 0, samples: [] }
    // An action that was forgotten meanwhile has nothing that could be taken back.
    if (takenBack !== null && known.count > 0) {
      known.sum -= takenBack
      known.count--
      const place = known.samples.lastIndexOf(takenBack)
      if (place >= 0) known.samples.splice(place, 1)
    }
    if (severity !== null) {
      known.sum += severity
      known.count++
      known.samples.push(severity)
      if (known.samples.length > MAX_SAMPLES) known.samples.shift()
    }
    this.#actions.set(action, known)
    if (this.#actions.size > MAX_ACTIONS) {
      const oldest = this.#actions.keys().next()
      if (!oldest.done) this.#actions.delete(oldest.value)
    }
  }

  snapshot(): unknown {
    return new Map([...this.#actions].map(([action, known]) => [action, copyOf(known)]))
  }

  restore(snapshot: unknown): void {
    this.#actions.clear()
    for (const [action, known] of snapshot as Map<string, Severities>) this.#actions.set(action, copyOf(known))
  }
}

function copyOf(known: Severities): Severities {
  return { ...known, samples: [...known.samples] }
}
