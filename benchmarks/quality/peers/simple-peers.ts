import { perActionMean, runningBaseRate, type SimplePeer } from '@bighub/engine'
import type { Peer } from '../peer.ts'

/** The two that the engine's own report is compared with. */
export function simplePeers(): Peer[] {
  return [
    toPeer(runningBaseRate(), '(bad + ½) / (n + 1)', 'Krichevsky and Trofimov (1981)'),
    toPeer(
      perActionMean(),
      'each action’s own share, drawn to the running base rate with the weight of 10 outcomes; of 0.3, 1, 3, 10, 30',
      'additive smoothing towards the base rate',
    ),
  ]
}

function toPeer(simple: SimplePeer, settings: string, source: string): Peer {
  return {
    name: simple.name,
    settings,
    source,
    readsFeatures: false,
    predict: ({ action }) => ({
      probability: simple.predict(action),
      learn: (label) => simple.learn(action, label),
    }),
  }
}
