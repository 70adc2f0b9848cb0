import { clip, logit, sigmoid } from '../math/log-odds.ts'

const KNOTS = 25
/** Knots lie at (j − 12)/1.5 in log-odds: from −8 to 8. */
const MIDDLE = 12
const DENSITY = 1.5
/** Most actions with a table of their own. */
const MAX_ACTIONS = 3999
/** Parts of the estimate itself, the table of all actions, the action's own. */
const OWN = 0.5
const GLOBAL = 0.3
const ACTION = 0.2
const SLOWEST_RATE = 0.02

interface Table {
  /** A log-odds a knot. */
  readonly values: Float64Array
  readonly counts: Float64Array
}

/** Where a log-odds lies between two knots. */
interface Place {
  readonly knot: number
  readonly share: number
}

/**
 * Piecewise-linear calibration tables over the log-odds of the moderated mixture, one for all actions and one an action; at first
 * both are the identity. logit(p) = 0.5·logit(p_m) + 0.3·global + 0.2·action. Both knots beside an outcome learn with their shares
 * c: n ← n + c; a ← clip(a + max(0.02, 1.5/(n + 8))·4c(y − σ(table))u, ±9).
 *
 * Lowers the calibration error where experts are sure of too much or too little; leaves the mean loss as it is.
 *
 * @see Mahoney (2005), Adaptive weighing of context models for lossless data compression, on secondary estimation.
 */
export class CalibrationTables {
  #global = freshTable()
  readonly #actions = new Map<number, Table>()

  /** Log-odds after calibration. */
  calibrate(action: number, probability: number): number {
    const z = logit(probability)
    const place = placeOf(z)
    const own = this.#actions.get(action)
    return OWN * z + GLOBAL * read(this.#global, place) + ACTION * (own ? read(own, place) : identityAt(place))
  }

  learn(action: number, probability: number, label: 0 | 1, importance: number): void {
    const place = placeOf(logit(probability))
    learnTable(this.#global, place, label, importance)
    let own = this.#actions.get(action)
    if (!own) {
      if (this.#actions.size >= MAX_ACTIONS) return
      own = freshTable()
      this.#actions.set(action, own)
    }
    learnTable(own, place, label, importance)
  }

  snapshot(): unknown {
    return {
      global: copyOf(this.#global),
      actions: new Map([...this.#actions].map(([key, table]) => [key, copyOf(table)])),
    }
  }

  restore(snapshot: unknown): void {
    const { global, actions } = snapshot as { global: Table; actions: Map<number, Table> }
    this.#global = copyOf(global)
    this.#actions.clear()
    for (const [key, table] of actions) this.#actions.set(key, copyOf(table))
  }
}

function placeOf(z: number): Place {
  const at = clip(z * DENSITY + MIDDLE, 0, KNOTS - 1 - 1e-3)
  const knot = Math.floor(at)
  return { knot, share: at - knot }
}

function read({ values }: Table, { knot, share }: Place): number {
  return (values[knot] ?? 0) * (1 - share) + (values[knot + 1] ?? 0) * share
}

function identityAt({ knot, share }: Place): number {
  return ((knot - MIDDLE) / DENSITY) * (1 - share) + ((knot + 1 - MIDDLE) / DENSITY) * share
}

function learnTable(table: Table, place: Place, label: 0 | 1, importance: number): void {
  const error = (label - sigmoid(read(table, place))) * importance
  learnKnot(table, place.knot, 1 - place.share, error)
  learnKnot(table, place.knot + 1, place.share, error)
}

function learnKnot({ values, counts }: Table, knot: number, share: number, error: number): void {
  const count = (counts[knot] ?? 0) + share
  counts[knot] = count
  const rate = Math.max(SLOWEST_RATE, 1.5 / (count + 8))
  values[knot] = clip((values[knot] ?? 0) + rate * error * share * 4, -9, 9)
}

function freshTable(): Table {
  return {
    values: Float64Array.from({ length: KNOTS }, (_, knot) => (knot - MIDDLE) / DENSITY),
    counts: new Float64Array(KNOTS),
  }
}

function copyOf({ values, counts }: Table): Table {
  return { values: values.slice(), counts: counts.slice() }
}
