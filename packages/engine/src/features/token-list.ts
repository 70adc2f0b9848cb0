/** What a token is about; for explanations, which sum over them. */
export const TOKEN_GROUPS = ['identity', 'value', 'context', 'provenance', 'taint', 'arguments', 'sequence'] as const
export type TokenGroup = (typeof TOKEN_GROUPS)[number]

/** More tokens than an action can have, with all its limits reached. */
const CAPACITY = 4096

/**
 * Hashed tokens with weights, in the order they came. A token that is `crossed` counts a second time, combined with the action.
 * One list is used over and over: it is working memory.
 */
export class TokenList {
  readonly hashes: Uint32Array = new Uint32Array(CAPACITY)
  readonly weights: Float32Array = new Float32Array(CAPACITY)
  readonly crossed: Uint8Array = new Uint8Array(CAPACITY)
  readonly groups: Uint8Array = new Uint8Array(CAPACITY)
  length = 0
  #group = 0

  clear(): void {
    this.length = 0
  }

  /** What the tokens that follow are about. */
  begin(group: TokenGroup): void {
    this.#group = TOKEN_GROUPS.indexOf(group)
  }

  add(hash: number, weight: number = 1): void {
    this.#push(hash, weight, 0)
  }

  addCrossed(hash: number, weight: number = 1): void {
    this.#push(hash, weight, 1)
  }

  #push(hash: number, weight: number, crossed: 0 | 1): void {
    const at = this.length
    if (at >= CAPACITY) return
    this.hashes[at] = hash
    this.weights[at] = weight
    this.crossed[at] = crossed
    this.groups[at] = this.#group
    this.length = at + 1
  }
}
