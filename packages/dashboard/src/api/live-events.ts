import type { EventItem } from '@bighub/core'

/** `refused`: the key may not follow events; pages then show what they read when they were opened. */
export type LiveState = 'connecting' | 'live' | 'refused' | 'closed'

/** One connection for the whole page, which every part of it can listen to. */
export class LiveEvents {
  readonly #ending = new AbortController()
  readonly #listeners = new Set<(event: EventItem) => void>()
  readonly #stateListeners = new Set<() => void>()
  #state: LiveState = 'connecting'

  constructor(subscribe: (signal: AbortSignal) => AsyncIterable<EventItem>) {
    void this.#follow(subscribe)
  }

  get state(): LiveState {
    return this.#state
  }

  listen(listener: (event: EventItem) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  listenToState(listener: () => void): () => void {
    this.#stateListeners.add(listener)
    return () => void this.#stateListeners.delete(listener)
  }

  /** Told by whoever sends the requests: one for the stream goes out, or was taken. In between nobody hears anything. */
  noteRequest(isTaken: boolean): void {
    this.#become(isTaken ? 'live' : 'connecting')
  }

  close(): void {
    this.#ending.abort()
  }

  async #follow(subscribe: (signal: AbortSignal) => AsyncIterable<EventItem>): Promise<void> {
    try {
      for await (const event of subscribe(this.#ending.signal)) for (const listener of this.#listeners) listener(event)
      this.#become('closed')
    } catch {
      // The client goes on by itself over what may pass; what ends here is a refusal.
      this.#become('refused')
    }
  }

  #become(state: LiveState): void {
    this.#state = state
    for (const listener of this.#stateListeners) listener()
  }
}
