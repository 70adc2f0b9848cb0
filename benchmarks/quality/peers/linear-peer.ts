import type { Peer, PeerDecision, PeerPrediction } from '../peer.ts'

/** Slots of the hashed weights. Of 2¹⁸ and 2²⁰ the larger one collides less and costs little. */
export const SLOTS: number = 2 ** 20

/** An online logistic regression over hashed features, all of one size. */
export interface LinearLearner {
  /** Log-odds of the sum of the slots' weights times `size`. */
  score(slots: Uint32Array, size: number): number
  /** One step towards the label from today's weights. */
  learn(slots: Uint32Array, size: number, label: 0 | 1): void
}

export interface LinearPeerOptions {
  readonly name: string
  readonly settings: string
  readonly source: string
  readonly learner: LinearLearner
  /** Whether the words of the last tool output are features, too. */
  readonly withText: boolean
  /** Of each feature; 1 leaves it to the learner to scale. */
  readonly sizeOf: (count: number) => number
}

/** A linear learner as a peer: fields, their pairs, and where asked the words of the last tool output. */
export function linearPeer({ name, settings, source, learner, withText, sizeOf }: LinearPeerOptions): Peer {
  return {
    name: withText ? `${name} + text` : name,
    settings: `${settings}; fields and all their pairs${withText ? ', words of the last tool output' : ''}, hashed to 2^20 slots`,
    source,
    readsFeatures: true,
    predict(decision): PeerPrediction {
      const slots = slotsOf(decision, withText)
      const size = sizeOf(slots.length)
      return {
        probability: 1 / (1 + Math.exp(-learner.score(slots, size))),
        learn: (label) => learner.learn(slots, size, label),
      }
    },
  }
}

function slotsOf({ features: { tokens, pairs, text } }: PeerDecision, withText: boolean): Uint32Array {
  const slots = new Uint32Array(tokens.length + pairs.length + (withText ? text.length : 0))
  let count = 0
  for (const part of withText ? [tokens, pairs, text] : [tokens, pairs])
    for (const token of part) slots[count++] = token % SLOTS
  return slots
}

/** Examples of length one, however many features they have. */
export function unitLength(count: number): number {
  return 1 / Math.sqrt(Math.max(1, count))
}
