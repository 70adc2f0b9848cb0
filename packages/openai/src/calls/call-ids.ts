/** Most ids remembered; the oldest goes first. */
const CAPACITY = 10_000

/** Makes the ids of calls differ. Each call of a turn is a new one, but some providers count anew with every answer. */
export class CallIds {
  readonly #uses = new Map<string, number>()

  unique(callId: string): string {
    const before = this.#uses.get(callId) ?? 0
    this.#uses.delete(callId)
    this.#uses.set(callId, before + 1)
    const [oldest] = this.#uses.keys()
    if (oldest !== undefined && this.#uses.size > CAPACITY) this.#uses.delete(oldest)
    return before === 0 ? callId : `${callId}#${before + 1}`
  }
}
