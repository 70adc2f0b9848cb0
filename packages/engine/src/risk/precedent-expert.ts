import type { ExpandedTokens } from '../features/expand-tokens.ts'
import { mix } from '../math/hash.ts'

/** Labelled cases kept of one action, the newest; actions that cases are kept of. */
const RING = 128
const MAX_ACTIONS = 1001
/** A sketch is 32 hash values of one byte in 8 words. */
const SLOTS = 32
export const SKETCH_WORDS = 8
/** Fewer equal slots than this are chance. */
const LEAST_EQUAL = 6
/** Weight of a case whose share `e` of slots is equal: e^{10(e − 1)}. */
const SHARPNESS = 10
const WEIGHTS = Float64Array.from({ length: SLOTS + 1 }, (_, equal) => Math.exp(SHARPNESS * (equal / SLOTS - 1)))
/** Weight of what the action's own counters say, in cases. */
const PRIOR_WEIGHT = 0.7
/** Words are many: every third is enough for a sketch. */
const WORD_STEP = 3
const SEED = 0x51ed

interface Ring {
  count: number
  next: number
  sketches: Uint32Array
  labels: Uint8Array
}

interface RingState {
  readonly count: number
  readonly next: number
  readonly sketches: Uint32Array
  readonly labels: Uint8Array
}

/** What similar cases say: κ-weighted share of bad ones, and Σκ. */
export interface Nearness {
  probability: number
  weight: number
}

/**
 * Nearest labelled cases of the same action by minhash: 32 slots of one byte over base tokens and every third word
 * (one-permutation hashing); κ = e^{10(equal/32 − 1)}, p = (Σκy + 0.7·p_action)/(Σκ + 0.7). Equal bytes are counted four at a time.
 *
 * Catches near-duplicates, with a few microseconds for 128 cases; adds little where counters know the exact repetition.
 *
 * @see Li and König (2010), b-bit minwise hashing; Li, Owen, Zhang (2012), One permutation hashing.
 */
export class PrecedentExpert {
  readonly #rings = new Map<number, Ring>()

  /** Writes what the cases of an action that are like this one say; `prior` alone where there are none. */
  score(action: number, sketch: Uint32Array, prior: number, nearness: Nearness): void {
    let weight = 0
    let bad = 0
    const ring = this.#rings.get(action)
    if (ring)
      for (let index = 0, at = 0; index < ring.count; index++, at += SKETCH_WORDS) {
        const equal = countEqual(ring.sketches, at, sketch)
        if (equal < LEAST_EQUAL) continue
        const share = WEIGHTS[equal] ?? 0
        weight += share
        bad += share * (ring.labels[index] ?? 0)
      }
    nearness.weight = weight
    nearness.probability = ring ? (bad + PRIOR_WEIGHT * prior) / (weight + PRIOR_WEIGHT) : prior
  }

  learn(action: number, sketch: Uint32Array, label: 0 | 1): void {
    let ring = this.#rings.get(action)
    if (!ring) {
      if (this.#rings.size >= MAX_ACTIONS) return
      ring = { count: 0, next: 0, sketches: new Uint32Array(RING * SKETCH_WORDS), labels: new Uint8Array(RING) }
      this.#rings.set(action, ring)
    }
    ring.sketches.set(sketch, ring.next * SKETCH_WORDS)
    ring.labels[ring.next] = label
    ring.next = (ring.next + 1) % RING
    ring.count = Math.min(RING, ring.count + 1)
  }

  /**
   * The newest case just like this one turned out otherwise, if it is still kept. Null takes its evidence back: its sketch is
   * put out of reach.
   */
  correct(action: number, sketch: Uint32Array, before: 0 | 1, label: 0 | 1 | null): void {
    const ring = this.#rings.get(action)
    if (!ring) return
    for (let age = 1; age <= ring.count; age++) {
      const index = (ring.next - age + RING) % RING
      const at = index * SKETCH_WORDS
      if (ring.labels[index] !== before || countEqual(ring.sketches, at, sketch) < SLOTS) continue
      if (label !== null) ring.labels[index] = label
      else for (let word = 0; word < SKETCH_WORDS; word++) ring.sketches[at + word] = ~(sketch[word] ?? 0)
      return
    }
  }

  snapshot(): unknown {
    return new Map(
      [...this.#rings].map(([action, { count, next, sketches, labels }]) => [
        action,
        { count, next, sketches: sketches.slice(0, count * SKETCH_WORDS), labels: labels.slice(0, count) },
      ]),
    )
  }

  restore(snapshot: unknown): void {
    this.#rings.clear()
    for (const [action, state] of snapshot as Map<number, RingState>) {
      const ring = {
        count: state.count,
        next: state.next,
        sketches: new Uint32Array(RING * SKETCH_WORDS),
        labels: new Uint8Array(RING),
      }
      ring.sketches.set(state.sketches)
      ring.labels.set(state.labels)
      this.#rings.set(action, ring)
    }
  }
}

const smallest = new Uint32Array(SLOTS)

/** The sketch of a call by which its precedents are found. */
export function sketchOf({ hashes, baseCount, count }: ExpandedTokens): Uint32Array {
  smallest.fill(0xffffffff)
  for (let index = 0; index < baseCount; index++) take(hashes[index] ?? 0)
  for (let index = baseCount; index < count; index += WORD_STEP) take(hashes[index] ?? 0)
  const sketch = new Uint32Array(SKETCH_WORDS)
  for (let slot = 0; slot < SLOTS; slot++) {
    const byte = Math.imul(smallest[slot] ?? 0, 0x9e3779b1) >>> 24
    sketch[slot >> 2] = (sketch[slot >> 2] ?? 0) | (byte << ((slot & 3) * 8))
  }
  return sketch
}

function take(token: number): void {
  const hash = mix(token, SEED)
  const slot = hash & (SLOTS - 1)
  const value = hash >>> 5
  if (value < (smallest[slot] ?? 0)) smallest[slot] = value
}

/** Equal bytes of two sketches, four at a time: a byte of x is zero where both are equal. */
function countEqual(sketches: Uint32Array, at: number, sketch: Uint32Array): number {
  let equal = 0
  for (let word = 0; word < SKETCH_WORDS; word++) {
    const x = (sketches[at + word] ?? 0) ^ (sketch[word] ?? 0)
    const differs = ((x & 0x7f7f7f7f) + 0x7f7f7f7f) | x | 0x7f7f7f7f
    equal += Math.imul((~differs >>> 7) & 0x01010101, 0x01010101) >>> 24
  }
  return equal
}
