import {
  BighubError,
  type DecisionApi,
  type EvaluateRequest,
  type EvaluateResponse,
  EvaluatorError,
  type LiveConnection,
  type RequestOptions,
} from '../protocol/index.ts'

export interface LiveSessionOptions extends RequestOptions {
  /** Whether heartbeats are sent by themselves. @defaultValue true */
  readonly heartbeats?: boolean
  /** Told when a heartbeat failed. Where the server no longer knows the connection, no further one is sent. */
  readonly onHeartbeatFail?: (error: unknown) => void
}

/** What a session needs of its client. */
export interface LiveSessionSettings {
  readonly actions: Pick<DecisionApi['actions'], 'evaluate' | 'heartbeat' | 'disconnect'>
  readonly schedule: (task: () => void, ms: number) => () => void
  readonly actor: string
  readonly context: Readonly<Record<string, unknown>>
  readonly options: LiveSessionOptions
  readonly onEnd: (session: LiveSession) => void
}

/** Used where the answer to the connection names no interval (protocol §7.1). */
const DEFAULT_INTERVAL_SECONDS = 40

type Context = Readonly<Record<string, unknown>>

/**
 * A live connection and what is evaluated over it. An evaluation over a connection that is gone is answered with
 * `do_not_proceed`. Heartbeats go out by themselves and do not keep a process alive; `await using` disconnects at the end.
 */
export class LiveSession implements AsyncDisposable {
  readonly connectionId: string
  /** As the server described it at the start. */
  readonly connection: LiveConnection
  readonly actor: string
  readonly #settings: LiveSessionSettings
  readonly #intervalMs: number
  #stopTimer: (() => void) | null = null
  #hasEnded = false
  #disconnected: Promise<LiveConnection> | undefined

  /** @throws EvaluatorError (`answer_invalid`) if the answer has no `connection_id`. */
  constructor(connection: LiveConnection, settings: LiveSessionSettings) {
    // Some servers number their connections.
    const id = connection.connection_id as string | number | null | undefined
    if (id === undefined || id === null || id === '')
      throw new EvaluatorError('answer_invalid', 'the answer to POST /actions/live/connect has no connection_id')
    this.connectionId = String(id)
    this.connection = connection
    this.actor = settings.actor
    this.#settings = settings
    const seconds = connection.heartbeat_interval_seconds
    this.#intervalMs = (seconds > 0 ? seconds : DEFAULT_INTERVAL_SECONDS) * 1000
    if (settings.options.heartbeats ?? true) this.#scheduleHeartbeat()
  }

  /** Evaluates over this connection, as the session's actor; the connection's keys in `context` cannot be overridden. */
  evaluate(request: EvaluateRequest, options?: RequestOptions): Promise<EvaluateResponse> {
    const context = {
      ...this.#settings.context,
      ...request.context,
      connection_mode: 'live',
      require_live_connection: true,
      connection_id: this.connectionId,
    }
    return this.#settings.actions.evaluate({ ...request, actor: this.actor, context }, options)
  }

  /** Another name of {@link evaluate}. */
  submit(request: EvaluateRequest, options?: RequestOptions): Promise<EvaluateResponse> {
    return this.evaluate(request, options)
  }

  /** Keeps the connection. Only the given context is sent. */
  heartbeat(context: Context = {}, options?: RequestOptions): Promise<LiveConnection> {
    return this.#settings.actions.heartbeat({ connection_id: this.connectionId, context }, options)
  }

  /** Gives the connection up. A second call gives the first one's answer. */
  disconnect(context: Context = {}, options?: RequestOptions): Promise<LiveConnection> {
    this.stopHeartbeats()
    this.#disconnected ??= this.#settings.actions.disconnect({ connection_id: this.connectionId, context }, options)
    return this.#disconnected
  }

  /** Lets the connection lapse without a word to the server. */
  stopHeartbeats(): void {
    this.#hasEnded = true
    this.#stopTimer?.()
    this.#stopTimer = null
    this.#settings.onEnd(this)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A connection that cannot be given up lapses by itself; what the block threw or returned matters more.
    await this.disconnect().catch(() => undefined)
  }

  #scheduleHeartbeat(): void {
    if (this.#hasEnded) return
    this.#stopTimer = this.#settings.schedule(() => void this.#beat(), this.#intervalMs)
  }

  async #beat(): Promise<void> {
    try {
      await this.heartbeat()
    } catch (error) {
      if (this.#hasEnded) return
      if (isGone(error)) this.stopHeartbeats()
      this.#tell(error)
    }
    this.#scheduleHeartbeat()
  }

  #tell(error: unknown): void {
    try {
      this.#settings.options.onHeartbeatFail?.(error)
    } catch {
      // A listener's fault does not end the session.
    }
  }
}

function isGone(error: unknown): boolean {
  return BighubError.isInstance(error) && /^live_connection_(?:not_found|expired)$/.test(error.code)
}
