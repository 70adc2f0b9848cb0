/** What a peer is told of a decision. */
export interface PeerDecision {
  readonly action: string
}

/** A simple way to estimate the same probability, replayed by the same rules. */
export interface Peer {
  readonly name: string
  /** Probability in (0, 1) that the outcome will be negative. */
  predict(decision: PeerDecision): number
  learn(decision: PeerDecision, label: 0 | 1): void
}

/** Share of bad outcomes so far, started at even odds with the weight of one outcome (Krichevsky and Trofimov 1981). */
export function runningBaseRate(): Peer {
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
export function perActionMean(): Peer {
  const base = runningBaseRate()
  const actions = new Map<string, { n: number; bad: number }>()
  return {
    name: 'per-action mean',
    predict(decision) {
      const known = actions.get(decision.action)
      const rate = base.predict(decision)
      return known ? (known.bad + SMOOTHING * rate) / (known.n + SMOOTHING) : rate
    },
    learn(decision, label) {
      base.learn(decision, label)
      const known = actions.get(decision.action) ?? { n: 0, bad: 0 }
      actions.set(decision.action, { n: known.n + 1, bad: known.bad + label })
    },
  }
}
