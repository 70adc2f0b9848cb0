/** The least a method must beat: what outcomes alone say, without a look at the call beyond its action. */
export interface SimplePeer {
  readonly name: string
  /** Probability in (0, 1) that the outcome of such an action will be negative. */
  predict(action: string): number
  learn(action: string, label: 0 | 1): void
}

/** Share of bad outcomes so far, started at even odds with the weight of one outcome (Krichevsky and Trofimov 1981). */
export function runningBaseRate(): SimplePeer {
  let n = 1
  let bad = 0.5
  return {
    name: 'running base rate',
    predict: () => bad / n,
    learn(_, label) {
      n++
      bad += label
    },
  }
}

/**
 * Weight of the base rate in an action's mean, in outcomes. Of 0.3, 1, 3, 10 and 30 the small ones do best where actions differ
 * much, the large ones where outcomes are late or noisy; 10 costs little in either.
 */
const SMOOTHING = 10

/** Each action's own share of bad outcomes, drawn towards the running base rate while there are few. */
export function perActionMean(): SimplePeer {
  const base = runningBaseRate()
  const actions = new Map<string, { n: number; bad: number }>()
  return {
    name: 'per-action mean',
    predict(action) {
      const known = actions.get(action)
      const rate = base.predict(action)
      return known ? (known.bad + SMOOTHING * rate) / (known.n + SMOOTHING) : rate
    },
    learn(action, label) {
      base.learn(action, label)
      const known = actions.get(action) ?? { n: 0, bad: 0 }
      actions.set(action, { n: known.n + 1, bad: known.bad + label })
    },
  }
}
