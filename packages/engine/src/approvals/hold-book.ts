/** Most held calls remembered; the oldest is forgotten first, and would be judged and asked about again. */
const CAPACITY = 10_000

/**
 * Which decision holds a call, by the key that the call will be claimed under. Whoever brings the same call again, after a restart
 * or in another process, gets that decision and its approval instead of new ones.
 */
export class HoldBook {
  readonly #decisions = new Map<string, string>()

  add(effectKey: string, requestId: string): void {
    this.#decisions.set(effectKey, requestId)
    if (this.#decisions.size <= CAPACITY) return
    const oldest = this.#decisions.keys().next()
    if (!oldest.done) this.#decisions.delete(oldest.value)
  }

  find(effectKey: string): string | undefined {
    return this.#decisions.get(effectKey)
  }

  snapshot(): unknown {
    return new Map(this.#decisions)
  }

  restore(snapshot: unknown): void {
    this.#decisions.clear()
    // Written by `snapshot`.
    for (const [key, id] of snapshot as Map<string, string>) this.#decisions.set(key, id)
  }
}
