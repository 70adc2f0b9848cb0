import type { Peer, PeerDecision } from '../peer.ts'

interface Count {
  n: number
  bad: number
}

/** Weight of a parent's mean in its child's, in outcomes. */
const SMOOTHING = 3

/**
 * Means along a chain of ever narrower groups, each drawn towards the one above:
 * p = (bad + m·p_parent) / (n + m), with m = 3.
 */
export function hierarchicalMean(): Peer {
  const base: Count = { n: 1, bad: 0.5 }
  const groups = new Map<string, Count>()
  return {
    name: 'hierarchical mean',
    settings: `base rate › action › action·target › action·target·actor, each drawn to the one above with the weight of ${SMOOTHING} outcomes`,
    source: 'hierarchical shrinkage; Micci-Barreca (2001)',
    readsFeatures: false,
    predict(decision) {
      const keys = keysOf(decision)
      let probability = base.bad / base.n
      for (const key of keys) {
        const { n, bad } = groups.get(key) ?? { n: 0, bad: 0 }
        probability = (bad + SMOOTHING * probability) / (n + SMOOTHING)
      }
      return {
        probability,
        learn(label) {
          count(base, label)
          for (const key of keys) {
            const group = groups.get(key) ?? { n: 0, bad: 0 }
            count(group, label)
            groups.set(key, group)
          }
        },
      }
    },
  }
}

function keysOf({ action, actor, target }: PeerDecision): string[] {
  return [action, `${action}\n${target}`, `${action}\n${target}\n${actor}`]
}

function count(group: Count, label: 0 | 1): void {
  group.n++
  group.bad += label
}
