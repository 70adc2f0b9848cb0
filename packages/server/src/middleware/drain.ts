import { RequestError } from '../http/request-error.ts'

/** Something that only waits. */
export interface Wait {
  readonly signal: AbortSignal
  /** Nobody waits any more. */
  abort(): void
  /** It is over: forget it. */
  end(): void
}

/** Counts what is under way, and ends in order: nothing new comes in, what is there is finished. */
export class Drain {
  readonly #closing = new AbortController()
  #inFlight = 0
  #whenEmpty: PromiseWithResolvers<void> | undefined

  /** Aborts when closing begins. */
  get signal(): AbortSignal {
    return this.#closing.signal
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** @throws RequestError 503 once closing has begun. */
  assertOpen(): void {
    if (this.signal.aborted) throw shuttingDown()
  }

  /** A signal for something that only waits: it aborts when nobody waits any more, or when closing begins. */
  startWait(client: AbortSignal): Wait {
    const wait = new AbortController()
    const onGone = (): void => wait.abort(client.reason)
    const onClosing = (): void => wait.abort(shuttingDown())
    client.addEventListener('abort', onGone, { once: true })
    this.signal.addEventListener('abort', onClosing, { once: true })
    if (this.signal.aborted) onClosing()
    if (client.aborted) onGone()
    const end = (): void => {
      client.removeEventListener('abort', onGone)
      this.signal.removeEventListener('abort', onClosing)
    }
    return { signal: wait.signal, end, abort: () => wait.abort() }
  }

  enter(): void {
    this.#inFlight++
  }

  leave(): void {
    this.#inFlight--
    if (this.#inFlight === 0) this.#whenEmpty?.resolve()
  }

  /** Resolves when nothing is under way any more. */
  close(): Promise<void> {
    if (!this.#whenEmpty) {
      this.#whenEmpty = Promise.withResolvers<void>()
      this.#closing.abort()
      if (this.#inFlight === 0) this.#whenEmpty.resolve()
    }
    return this.#whenEmpty.promise
  }
}

function shuttingDown(): RequestError {
  return new RequestError('shutting_down', 'the server is shutting down; ask again', {
    headers: { 'retry-after': '1' },
  })
}
