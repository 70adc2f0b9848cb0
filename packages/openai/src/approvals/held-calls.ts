import type { BegunCall } from '@bighub/core'
import type { RegisteredTool } from '../tools/tool-registry.ts'

/** Most held calls remembered; the oldest goes first and can then be answered, but not resumed here. */
const CAPACITY = 1000

/** A call that waits for a person. */
export interface HeldCall {
  readonly begun: BegunCall
  readonly tool: RegisteredTool
  readonly callId: string
  readonly arguments: unknown
}

/** Calls that wait for a person, by the id of their decision. */
export class HeldCalls {
  readonly #calls = new Map<string, HeldCall>()

  keep(requestId: string, call: HeldCall): void {
    this.#calls.set(requestId, call)
    const [oldest] = this.#calls.keys()
    if (oldest !== undefined && this.#calls.size > CAPACITY) this.#calls.delete(oldest)
  }

  find(requestId: string): HeldCall | undefined {
    return this.#calls.get(requestId)
  }
}
