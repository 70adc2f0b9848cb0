import { type BegunCall, canonicalJson } from '@bighub/core'

/** Most calls remembered; the oldest goes first and has then to be judged anew. */
const CAPACITY = 1000

/**
 * Calls that were answered before they came to an end: held ones whose person needs longer than the client waits, and those that
 * the server wants more input for. The client proposes them again, and the same call goes on.
 */
export class HeldCalls {
  readonly #calls = new Map<string, BegunCall>()

  keep(call: ProposedCall, begun: BegunCall): void {
    this.#calls.set(keyOf(call), begun)
    const [oldest] = this.#calls.keys()
    if (oldest !== undefined && this.#calls.size > CAPACITY) this.#calls.delete(oldest)
  }

  /** The call, if it is known, which is then forgotten. */
  take(call: ProposedCall): BegunCall | undefined {
    const key = keyOf(call)
    const begun = this.#calls.get(key)
    this.#calls.delete(key)
    return begun
  }
}

/** What makes two proposals the same call. */
export interface ProposedCall {
  readonly tool: string
  readonly arguments: unknown
}

function keyOf({ tool, arguments: args }: ProposedCall): string {
  return canonicalJson({ tool, arguments: args })
}
