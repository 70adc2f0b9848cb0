import {
  type ApprovalItem,
  type Approver,
  type CancelApprovalRequest,
  type ClaimEffectRequest,
  type ClaimEffectResponse,
  type ConsumeApprovalRequest,
  type ConsumeApprovalResponse,
  canonicalJson,
  type DecisionApi,
  type Effect,
  type EraseJob,
  type EvaluateRequest,
  type EvaluateResponse,
  type Evaluator,
  type EventItem,
  type GetApprovalOptions,
  type Ledger,
  NotFoundError,
  type OutcomeReport,
  type OutcomeReportRequest,
  type Policy,
  type RequestOptions,
  type ResolveApprovalRequest,
  type SettleEffectRequest,
  type SubscribeOptions,
} from '@bighub/core/protocol'
import { createApiKeysApi } from './accounts/api-keys-api.ts'
import { createAuthApi } from './accounts/auth-api.ts'
import { createActionsApi } from './actions/actions-api.ts'
import { LiveConnections } from './actions/live-connections.ts'
import { Approvals } from './approvals/approvals.ts'
import { createApprovalsApi } from './approvals/approvals-api.ts'
import { createBacktestsApi } from './backtests/backtests-api.ts'
import { createCalibrationApi } from './calibration/calibration-api.ts'
import { createCasesApi } from './cases/cases-api.ts'
import { createConstraintsApi } from './constraints/constraints-api.ts'
import { createDecisionsApi } from './decisions/decisions-api.ts'
import { Effects } from './effects/effects.ts'
import { createEffectsApi } from './effects/effects-api.ts'
import type { EngineCore } from './engine-core.ts'
import { assertEngineOptions, type EngineOptions } from './engine-options.ts'
import { EngineRuntime } from './engine-runtime.ts'
import type { OpenEffect } from './engine-state.ts'
import { applyRetention, createOperationsApi } from './erasure/operations-api.ts'
import { recordEvaluation } from './evaluate/record-evaluation.ts'
import { createEventsApi } from './events/events-api.ts'
import { followEvents } from './events/follow-events.ts'
import { createFeaturesApi } from './features/features-api.ts'
import { readChunks } from './fold-log.ts'
import { purgeIdempotency } from './host/idempotency.ts'
import { createIngestApi } from './ingest/ingest-api.ts'
import { createInsightsApi } from './insights/insights-api.ts'
import { createKillSwitchApi } from './kill-switch/kill-switch-api.ts'
import { createLearningApi } from './learning/learning-api.ts'
import { createOutcomesApi } from './outcomes/outcomes-api.ts'
import { reportOutcome } from './outcomes/report-outcome.ts'
import { changePolicy, createPolicyApi, parsePolicy } from './policy/policy-api.ts'
import { createPrecedentsApi } from './precedents/precedents-api.ts'
import { createRetrievalApi } from './retrieval/retrieval-api.ts'
import { createSimulationsApi } from './simulation/simulations-api.ts'
import { SqliteStorage } from './storage/sqlite/sqlite-storage.ts'
import type { LogRecord, Storage } from './storage/storage.ts'
import { type LogVerification, type StateVerification, verifyLog, verifyState } from './verify.ts'
import { enqueueDeliveries } from './webhooks/enqueue-deliveries.ts'
import { recordDisabled } from './webhooks/webhook-disabled.ts'
import { WebhookSender } from './webhooks/webhook-sender.ts'
import { createWebhooksApi } from './webhooks/webhooks-api.ts'

/** The decision engine in this process: judges, keeps approvals and effects, learns, all in one file. */
export class Engine implements Evaluator, Ledger {
  readonly actions: DecisionApi['actions']
  readonly outcomes: DecisionApi['outcomes']
  readonly cases: DecisionApi['cases']
  readonly precedents: DecisionApi['precedents']
  readonly retrieval: DecisionApi['retrieval']
  readonly calibration: DecisionApi['calibration']
  readonly insights: DecisionApi['insights']
  readonly simulations: DecisionApi['simulations']
  readonly features: DecisionApi['features']
  readonly constraints: DecisionApi['constraints']
  readonly events: DecisionApi['events']
  readonly approvals: DecisionApi['approvals']
  readonly killSwitch: DecisionApi['killSwitch']
  readonly effects: DecisionApi['effects']
  readonly decisions: DecisionApi['decisions']
  readonly policy: DecisionApi['policy']
  readonly ingest: DecisionApi['ingest']
  readonly webhooks: DecisionApi['webhooks']
  readonly apiKeys: DecisionApi['apiKeys']
  readonly auth: DecisionApi['auth']
  readonly learning: DecisionApi['learning']
  readonly backtests: DecisionApi['backtests']
  readonly operations: DecisionApi['operations']
  readonly #core: EngineRuntime
  readonly #approvals: Approvals
  readonly #effects: Effects
  readonly #live: LiveConnections
  readonly #sender: WebhookSender

  /**
   * @param options.storage - Where the log lives; closed with the engine.
   * @param options.groupCommit - Whether operations of the same turn of the event loop are one commit. Default: if each commit waits
   * for the disk.
   * @throws ConfigurationError
   */
  constructor(options: EngineOptions & { readonly storage: Storage; readonly groupCommit?: boolean }) {
    const { storage, groupCommit = options.durability === 'power', ...rest } = options
    assertEngineOptions(rest)
    const wanted = options.policy === undefined ? null : parsePolicy(options.policy)
    const { isSending = true, ...sending } = options.webhooks ?? {}
    this.#core = new EngineRuntime({
      storage,
      organisation: options.organisation ?? 'default',
      now: options.now ?? Date.now,
      groupCommit,
      snapshotEvery: options.snapshotEvery ?? 20_000,
      maxPrecedents: options.maxPrecedents,
      onOpen: async (core) => {
        await prepare(core, wanted)
        if (isSending) this.#sender.start()
      },
      onEvents: (events) => enqueueDeliveries(this.#core, events),
    })
    const core = this.#core
    this.#sender = new WebhookSender({
      ...sending,
      storage,
      organisation: storage.organisation,
      now: core.now,
      recordDisabled: (webhook) => recordDisabled(core, webhook),
    })
    this.#approvals = new Approvals(core)
    this.#effects = new Effects(core)
    this.#live = new LiveConnections(core)
    this.actions = createActionsApi(core, {
      evaluate: (request, options) => this.evaluate(request, options),
      live: this.#live,
    })
    this.outcomes = createOutcomesApi(core)
    this.cases = createCasesApi(core)
    this.precedents = createPrecedentsApi(core)
    this.retrieval = createRetrievalApi(core)
    this.calibration = createCalibrationApi(core)
    this.insights = createInsightsApi(core)
    this.simulations = createSimulationsApi(core)
    this.features = createFeaturesApi(core)
    this.constraints = createConstraintsApi(core, {
      purgeIdempotency: (wanted) => purgeIdempotency(storage, wanted, core.now()),
    })
    this.events = createEventsApi(core)
    this.approvals = createApprovalsApi(this.#approvals)
    this.killSwitch = createKillSwitchApi(core)
    this.effects = createEffectsApi(this.#effects)
    this.decisions = createDecisionsApi(core)
    this.policy = createPolicyApi(core)
    this.ingest = createIngestApi(core)
    this.webhooks = createWebhooksApi(core, this.#sender)
    this.apiKeys = createApiKeysApi(core)
    this.auth = createAuthApi(core)
    this.learning = createLearningApi(core)
    this.backtests = createBacktestsApi(core)
    this.operations = createOperationsApi(core)
  }

  evaluate(request: EvaluateRequest, options: RequestOptions = {}): Promise<EvaluateResponse> {
    return recordEvaluation(this.#core, request, { isConnected: (id) => this.#live.isAlive(id), by: options.by })
  }

  reportOutcome(report: OutcomeReportRequest): Promise<OutcomeReport> {
    return reportOutcome(this.#core, report)
  }

  claimEffect(request: ClaimEffectRequest): Promise<ClaimEffectResponse> {
    return this.#effects.claim(request)
  }

  settleEffect(effectId: string, request: SettleEffectRequest): Promise<Effect> {
    return this.#effects.settle(effectId, request)
  }

  getApproval(requestId: string, options?: GetApprovalOptions): Promise<ApprovalItem> {
    return this.#approvals.get(requestId, options)
  }

  resolveApproval(requestId: string, request: ResolveApprovalRequest, approver?: Approver): Promise<ApprovalItem> {
    return this.#approvals.resolve(requestId, request, approver)
  }

  consumeApproval(requestId: string, request: ConsumeApprovalRequest): Promise<ConsumeApprovalResponse> {
    return this.#approvals.consume(requestId, request)
  }

  cancelApproval(requestId: string, request?: CancelApprovalRequest): Promise<ApprovalItem> {
    return this.#approvals.cancel(requestId, request)
  }

  /** Calls that are claimed and not settled, oldest first. `unknown` ones are those whose process ended before it could. */
  openEffects(filter?: { readonly state?: 'claimed' | 'unknown' }): Promise<readonly OpenEffect[]> {
    return this.#effects.listOpen(filter)
  }

  /** Every record about a decision, in order: evaluation, approval, effect, outcomes. @throws NotFoundError */
  async recordsOf(requestId: string): Promise<readonly LogRecord[]> {
    await this.#core.state()
    const records = await this.#core.storage.readSubject(requestId)
    if (records.length === 0) throw new NotFoundError('decision', requestId)
    return records
  }

  /** How many decisions and outcomes the log holds, and its head. */
  async statistics(): Promise<{ decisions: number; outcomes: number; records: number; head: string }> {
    const { decisions, outcomes } = await this.#core.state()
    const { seq, hash } = (await this.#core.sequencer()).head
    return { decisions, outcomes, records: seq, head: hash }
  }

  /**
   * Erases the words of calls that are older than the policy's `retention_days`; call it when you start and once a day.
   *
   * @param mostDays - Words are kept no longer than this whatever the policy says. @defaultValue null: as long as it says
   */
  applyRetention(mostDays: number | null = null): Promise<EraseJob | null> {
    return applyRetention(this.#core, mostDays)
  }

  /** Reads the whole log and checks that no record was changed, dropped or put in between. */
  verifyLog(): Promise<LogVerification> {
    return verifyLog(this.#core)
  }

  /** Folds the log again from nothing and compares with the live state: they are equal unless something is wrong. */
  verifyState(): Promise<StateVerification> {
    return verifyState(this.#core)
  }

  /** The log as JSON lines, one record a line, the first naming the form. `bighub backtest` reads it. */
  async *exportLog(): AsyncGenerator<string, void, void> {
    const { organisation, storage } = this.#core
    await this.#core.state()
    yield JSON.stringify({ format: 'bighub-log', version: 1, organisation })
    for await (const records of readChunks(storage, 0)) for (const record of records) yield canonicalJson(record)
  }

  /** Events as they happen, whichever process made them, oldest first and each once. Throws InvalidInputError. */
  subscribe(options: SubscribeOptions): AsyncGenerator<EventItem, void, void> {
    return followEvents(this.#core, options)
  }

  /** Finishes what is under way, saves the state and closes the store. Closing twice is harmless. */
  async close(): Promise<void> {
    await this.#sender.close()
    await this.#core.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** What has to happen to a log before anybody uses it: claims of processes that are gone, and the policy that was asked for. */
async function prepare(core: EngineCore, wanted: Policy | null): Promise<void> {
  await new Effects(core).disownLost()
  if (wanted && canonicalJson(wanted) !== canonicalJson(core.currentState().policy))
    await changePolicy(core, wanted, { by: 'createEngine', reason: 'given as an option' })
}

/**
 * The decision engine in this process, with an SQLite file beside your project.
 *
 * @example
 * const engine = createEngine({ file: '.bighub/bighub.db' })
 * @throws ConfigurationError, or StorageError if the file cannot be used (it is left as it was).
 */
export function createEngine(options: EngineOptions = {}): Engine {
  assertEngineOptions(options)
  const storage = new SqliteStorage({
    file: options.file ?? '.bighub/bighub.db',
    organisation: options.organisation ?? 'default',
    durability: options.durability ?? 'process',
  })
  return new Engine({ ...options, storage })
}

export interface PostgresEngineOptions extends Omit<EngineOptions, 'file'> {
  /** `postgresql://user:password@host:port/database`; needs the package `pg`. */
  readonly databaseUrl: string
}

/**
 * The decision engine over PostgreSQL, for several processes at once.
 *
 * @throws ConfigurationError, or StorageError if the database cannot be used.
 */
export async function openPostgresEngine({ databaseUrl, ...options }: PostgresEngineOptions): Promise<Engine> {
  assertEngineOptions(options)
  // Only who asks for PostgreSQL has to have its driver.
  const { PostgresStorage } = await import('./storage/postgres/postgres-storage.ts')
  const storage = await PostgresStorage.open({
    url: databaseUrl,
    organisation: options.organisation ?? 'default',
    durability: options.durability ?? 'process',
  })
  return new Engine({ ...options, storage })
}
