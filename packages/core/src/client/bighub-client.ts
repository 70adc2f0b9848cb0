import {
  type ApprovalItem,
  type Approver,
  BighubError,
  type CancelApprovalRequest,
  type ClaimEffectRequest,
  type ClaimEffectResponse,
  type ConnectRequest,
  type ConsumeApprovalRequest,
  type ConsumeApprovalResponse,
  DEFAULT_ACTOR,
  type DecisionApi,
  type Effect,
  type EvaluateRequest,
  type EvaluateResponse,
  type Evaluator,
  EvaluatorError,
  type EventItem,
  type GetApprovalOptions,
  type Ledger,
  type OutcomeReport,
  type OutcomeReportRequest,
  type RequestOptions,
  type ResolveApprovalRequest,
  ROUTES,
  type Route,
  type SettleEffectRequest,
  type SubscribeOptions,
} from '../protocol/index.ts'
import { type ClientOptions, type ResolvedClientOptions, resolveClientOptions } from './client-options.ts'
import { NetworkError } from './errors/network-error.ts'
import { webClientPlatform } from './fetch-transport.ts'
import { followStream } from './follow-stream.ts'
import { LiveSession, type LiveSessionOptions } from './live-session.ts'
import { type ClientResources, createResources } from './resources.ts'
import { type RouteCall, sendRequest } from './send-request.ts'
import type { ClientPlatform } from './transport.ts'

/** The resources are made from the route table, which a class declaration cannot say; here it is told. */
const ResourceHolder = function (this: object, resources: ClientResources) {
  Object.assign(this, resources)
} as unknown as new (
  resources: ClientResources,
) => ClientResources

/** Longest time that one long poll is held open, in seconds (protocol §12). */
const MAX_WAIT_SECONDS = 30
/** Pause after a poll that ended early, so that a server that does not wait is not asked without pause. */
const POLL_PAUSE_MS = 1000

/**
 * The protocol over HTTP: every resource, the evaluator and the ledger that a guard needs.
 *
 * ```ts
 * await using client = new BighubClient({ baseUrl: 'http://localhost:7171', apiKey })
 * const guard = createGuard({ evaluator: client })
 * ```
 *
 * Methods throw `ApiError` (the server refused), `TimeoutError`, `NetworkError`, or `InvalidInputError` before anything is sent.
 */
export class BighubClient extends ResourceHolder implements DecisionApi, Evaluator, Ledger, AsyncDisposable {
  /** A server may be away: a guard keeps what it could not tell it. */
  readonly isRemote = true
  readonly #settings: ResolvedClientOptions
  readonly #sessions: Set<LiveSession>
  /** Aborts when closing begins. */
  readonly #ending: AbortController
  #closing: Promise<void> | undefined

  /** @throws ConfigurationError naming the option whose value cannot work. */
  constructor(options: ClientOptions = {}, platform: ClientPlatform = webClientPlatform) {
    const settings = resolveClientOptions(options, platform)
    super(
      createResources(
        (call) => this.#send(call),
        (request, sessionOptions) => this.#beginLiveSession(request, sessionOptions),
      ),
    )
    this.#settings = settings
    this.#sessions = new Set()
    this.#ending = new AbortController()
  }

  evaluate(request: EvaluateRequest, options?: RequestOptions): Promise<EvaluateResponse> {
    return this.actions.evaluate(request, options)
  }

  reportOutcome(report: OutcomeReportRequest, options?: RequestOptions): Promise<OutcomeReport> {
    return this.outcomes.report(report, options)
  }

  async claimEffect(request: ClaimEffectRequest): Promise<ClaimEffectResponse> {
    return checked(ROUTES.effects.claim, await this.effects.claim(request))
  }

  async settleEffect(effectId: string, request: SettleEffectRequest): Promise<Effect> {
    return checked(ROUTES.effects.settle, await this.effects.settle(effectId, request))
  }

  /** Polls until the approval has ended; failures that may pass are waited out. An aborted signal ends the wait, not the call. */
  async getApproval(requestId: string, { waitMs = 0, signal }: GetApprovalOptions = {}): Promise<ApprovalItem> {
    const { now, delay } = this.#settings
    const until = now() + waitMs
    for (;;) {
      const startedAt = now()
      const leftMs = until - startedAt
      if (leftMs <= 0 || signal?.aborted) return this.#readApproval(requestId, {}, {})
      const wait_s = Math.min(MAX_WAIT_SECONDS, leftMs / 1000)
      try {
        const approval = await this.#readApproval(requestId, { wait_s }, signal ? { signal } : {})
        if (approval.status !== 'pending') return approval
      } catch (error) {
        if (!signal?.aborted && !(BighubError.isInstance(error) && error.isRetryable)) throw error
      }
      const pauseMs = Math.min(POLL_PAUSE_MS, wait_s * 1000) - (now() - startedAt)
      if (pauseMs > 0) await delay(pauseMs, signal)
    }
  }

  /** Who answers is what the server's authentication says; the approver's name is not sent. */
  resolveApproval(requestId: string, request: ResolveApprovalRequest, _approver?: Approver): Promise<ApprovalItem> {
    return this.approvals.resolve(requestId, request)
  }

  async consumeApproval(requestId: string, request: ConsumeApprovalRequest): Promise<ConsumeApprovalResponse> {
    return checked(ROUTES.approvals.consume, await this.approvals.consume(requestId, request))
  }

  async cancelApproval(requestId: string, request?: CancelApprovalRequest): Promise<ApprovalItem> {
    return checked(ROUTES.approvals.cancel, await this.approvals.cancel(requestId, request))
  }

  /**
   * Events as they happen, oldest first and each once: after the one that is named, or from now on. A connection that breaks or falls
   * silent is made again, after the last event that came. Ends when the signal aborts or the client is closed.
   *
   * @throws ApiError where the server refuses; NetworkError or TimeoutError where there never was a connection, after the usual
   * retries; EvaluatorError (`answer_invalid`) where what comes is no event stream.
   * @example for await (const event of client.subscribe({ after: null, signal })) console.log(event.event_type)
   */
  async *subscribe({ after, signal }: SubscribeOptions): AsyncGenerator<EventItem, void, void> {
    this.#assertOpen()
    const ending = AbortSignal.any([signal, this.#ending.signal])
    const newestEventId = async (): Promise<string | null> => {
      const { events } = await this.events.list({ limit: 1 }, { signal: ending })
      return events[0]?.event_id ?? null
    }
    yield* followStream({ after, signal: ending, settings: this.#settings, newestEventId })
  }

  /** Stops heartbeats and streams, waits for requests under way and closes connections. Later calls are refused; closing twice is harmless. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    for (const session of this.#sessions) session.stopHeartbeats()
    this.#ending.abort()
    await this.#settings.transport.close()
  }

  #send(call: RouteCall): Promise<unknown> {
    this.#assertOpen()
    return sendRequest(call, this.#settings)
  }

  #assertOpen(): void {
    if (this.#closing) throw new NetworkError('client_closed', 'the client is closed; make a new one')
  }

  async #readApproval(requestId: string, query: { wait_s?: number }, options: RequestOptions): Promise<ApprovalItem> {
    return checked(ROUTES.approvals.get, await this.approvals.get(requestId, query, options))
  }

  async #beginLiveSession(request: ConnectRequest = {}, options: LiveSessionOptions = {}): Promise<LiveSession> {
    const connection = await this.actions.connect(request, options)
    const session = new LiveSession(connection, {
      actions: this.actions,
      schedule: this.#settings.schedule,
      actor: request.actor ?? DEFAULT_ACTOR,
      context: request.context ?? {},
      options,
      onEnd: (ended) => void this.#sessions.delete(ended),
    })
    this.#sessions.add(session)
    return session
  }
}

/**
 * Answers of the ledger decide whether a tool may run, so they are not taken on trust.
 *
 * @throws EvaluatorError (`answer_invalid`).
 */
function checked<T>(route: Route, answer: T): T {
  const result = route.response.safeParse(answer)
  if (result.success) return answer
  const [issue] = result.error.issues
  throw new EvaluatorError(
    'answer_invalid',
    `the answer to ${route.verb} ${route.path} has the wrong form: ${issue?.path.join('.')} ${issue?.message}. Check that baseUrl is a server of this protocol.`,
  )
}
