import { mix } from '../math/hash.ts'
import type { CallFeatures } from './call-features.ts'
import { TOKEN } from './token-names.ts'

/** Weights of words by where they stand, alone and combined with the action (risk-model.md §3). */
const WEIGHT = {
  argument: 0.6,
  lastOutput: 0.4,
  lastOutputWithAction: 0.3,
  anyOutput: 0.25,
  user: 0.4,
  userWithAction: 0.3,
  userText: 0.7,
  field: 0.7,
} as const

/** More tokens than a call can have. */
const CAPACITY = 16_384

/** All tokens of a call in full, in one stretch: base tokens first, then words. Working memory, used over and over. */
export class ExpandedTokens {
  readonly hashes: Uint32Array = new Uint32Array(CAPACITY)
  readonly weights: Float32Array = new Float32Array(CAPACITY)
  baseCount = 0
  count = 0

  /** Writes the tokens of a call: a crossed one again with the action, context fields with the actor, words with their weights. */
  expand(features: CallFeatures): void {
    this.count = 0
    this.#base(features)
    this.baseCount = this.count
    this.#words(features)
  }

  #base({ tokens, weights, crossed, action, actor, fields }: CallFeatures): void {
    const size = tokens.length
    this.hashes.set(tokens)
    this.weights.set(weights)
    let at = size
    for (let index = 0; index < size; index++) {
      if (crossed[index] !== 1) continue
      this.hashes[at] = mix(action, tokens[index] ?? 0)
      this.weights[at++] = weights[index] ?? 0
    }
    this.count = at
    for (let index = 0; index < fields.length; index++) this.#add(mix(actor, fields[index] ?? 0), WEIGHT.field)
  }

  #words({ words, action, isMutating }: CallFeatures): void {
    for (let index = 0; index < words.arguments.length; index++) {
      const word = words.arguments[index] ?? 0
      this.#add(word, WEIGHT.argument)
      this.#add(mix(action, word), WEIGHT.argument)
    }
    for (let index = 0; index < words.lastOutput.length; index++) {
      const word = mix(TOKEN.lastOutputWord, words.lastOutput[index] ?? 0)
      this.#add(word, WEIGHT.lastOutput)
      if (isMutating) this.#add(mix(action, word), WEIGHT.lastOutputWithAction)
    }
    for (let index = 0; index < words.allOutputs.length; index++)
      this.#add(mix(TOKEN.outputWord, words.allOutputs[index] ?? 0), WEIGHT.anyOutput)
    for (let index = 0; index < words.user.length; index++) {
      const word = mix(TOKEN.userWord, words.user[index] ?? 0)
      this.#add(word, WEIGHT.user)
      this.#add(mix(action, word), WEIGHT.userWithAction)
    }
    if (words.userText === 0) return
    this.#add(words.userText, WEIGHT.userText)
    this.#add(mix(words.userText, action), WEIGHT.userText)
  }

  #add(hash: number, weight: number): void {
    this.hashes[this.count] = hash
    this.weights[this.count++] = weight
  }
}
