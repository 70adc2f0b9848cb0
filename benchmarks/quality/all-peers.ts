import type { Peer } from './peer.ts'
import { adaGradLogistic } from './peers/adagrad-logistic.ts'
import { boostedTrees } from './peers/boosted-trees.ts'
import { ftrlProximal } from './peers/ftrl-proximal.ts'
import { hierarchicalMean } from './peers/hierarchical-mean.ts'
import { simplePeers } from './peers/simple-peers.ts'
import { vowpalWabbit } from './peers/vowpal-wabbit.ts'

/** Every peer, new; those that read the words of tool outputs only where a stream has outputs. */
export function allPeers(hasOutputs: boolean): Peer[] {
  return [
    ...simplePeers(),
    hierarchicalMean(),
    ...[false, ...(hasOutputs ? [true] : [])].flatMap((withText) => [
      vowpalWabbit(withText),
      adaGradLogistic(withText),
      ftrlProximal(withText),
    ]),
    boostedTrees(),
  ]
}
