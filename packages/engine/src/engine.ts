import {
  type ApprovalItem,
  type Approver,
  type CancelApprovalRequest,
  type ClaimEffectRequest,
  type ClaimEffectResponse,
  ConfigurationError,
  type ConsumeApprovalRequest,
  type ConsumeApprovalResponse,
  canonicalJson,
  type Effect,
  type EvaluateRequest,
  type EvaluateResponse,
  type Evaluator,
  type GetApprovalOptions,
  type Ledger,
  NotFoundError,
  type OutcomeReport,
  type OutcomeReportRequest,
  type Policy,
  type PolicyInput,
  type ResolveApprovalRequest,
  type SettleEffectRequest,
} from '@bighub/core/protocol'
import { ApprovalsApi } from './approvals/approvals-api.ts'
import type { CalibrationReport } from './calibration/calibration-book.ts'
import { ConstraintsApi } from './constraints/constraints-api.ts'
import { EffectsApi } from './effects/effects-api.ts'
import { effectIdOf, readEffect } from './effects/read-effect.ts'
import type { EngineCore } from './engine-core.ts'
import { EngineState, STATE_FORMAT } from './engine-state.ts'
import { evaluate } from './evaluate/evaluate.ts'
import { type NormalisedRequest, normaliseRequest } from './evaluate/normalise-request.ts'
import { type FoldedLog, foldLog, readChunks } from './fold-log.ts'
import { KillSwitchApi } from './kill-switch/kill-switch-api.ts'
import { newId } from './new-id.ts'
import { decisionIdOf, parseOutcome, planOutcome } from './outcomes/outcome-record.ts'
import { PolicyApi, parsePolicy } from './policy/policy-api.ts'
import { Projector } from './projections/projector.ts'
import { type Operation, type Planned, Sequencer } from './sequencer.ts'
import { digestOfState } from './state-digest.ts'
import { type ChainFault, findChainFault, GENESIS_HASH } from './storage/chain.ts'
import { processOwner } from './storage/process-owner.ts'
import { SqliteStorage } from './storage/sqlite/sqlite-storage.ts'
import type { Found, LogHead, LogRecord, Storage } from './storage/storage.ts'

export interface EngineOptions {
  /** Path of the database file, made when it is not there; `:memory:` keeps nothing. @defaultValue '.bighub/bighub.db' */
  readonly file?: string
  /** Whose decisions these are; part of every key. @defaultValue 'default' */
  readonly organisation?: string
  /** What the operator decides; recorded when it differs from what is in force. @defaultValue what the file says */
  readonly policy?: PolicyInput
  /**
   * `process`: a killed process loses nothing that was answered. `power`: neither does a power cut; each commit waits for the
   * disk. Answers to approvals and their use are synced in both. @defaultValue 'process'
   */
  readonly durability?: 'process' | 'power'
  /** @defaultValue Date.now */
  readonly now?: () => number
  /** Records after which the folded state is saved, so that the next start is fast. @defaultValue 20000 */
  readonly snapshotEvery?: number
}

/** A closing engine saves its state if at least this many records are newer than the last snapshot. */
const WORTH_A_SNAPSHOT = 200

/** The decision engine in this process: judges, keeps approvals and effects, learns, all in one file. */
export class Engine implements Evaluator, Ledger {
  readonly constraints: ConstraintsApi
  readonly killSwitch: KillSwitchApi
  readonly policy: PolicyApi
  readonly approvals: ApprovalsApi
  readonly effects: EffectsApi
  readonly #core: EngineCore
  readonly #storage: Storage
  readonly #projector: Projector
  readonly #initialPolicy: Policy | null
  readonly #snapshotEvery: number
  readonly #watchers = new Map<string, Set<() => void>>()
  #ready: Promise<Sequencer> | undefined
  #opened: Sequencer | undefined
  #snapshotSeq = 0
  #snapshotDue: Promise<void> | undefined
  #closing: Promise<void> | undefined

  /** @throws ConfigurationError, or StorageError if the file cannot be used (it is left as it was). */
  constructor(options: EngineOptions = {}) {
    assertOptions(options)
    const organisation = options.organisation ?? 'default'
    this.#initialPolicy = options.policy === undefined ? null : parsePolicy(options.policy)
    this.#snapshotEvery = options.snapshotEvery ?? 20_000
    this.#storage = new SqliteStorage({
      file: options.file ?? '.bighub/bighub.db',
      organisation,
      durability: options.durability ?? 'process',
    })
    this.#projector = new Projector({ storage: this.#storage })
    this.#core = {
      organisation,
      storage: this.#storage,
      now: wholeMilliseconds(options.now ?? Date.now),
      newId,
      owner: processOwner(),
      run: <T>(operation: Operation<T>): Promise<T> =>
        this.#opened ? this.#opened.run(operation) : this.#open().then((sequencer) => sequencer.run(operation)),
      state: async () => {
        const sequencer = await this.#open()
        await sequencer.catchUp()
        return sequencer.state
      },
      currentState: () => this.#openedState(),
      projected: async () => {
        await this.#open()
        await this.#projector.catchUp()
        return this.#storage.database
      },
      watch: (subject, wake) => this.#watch(subject, wake),
      sequencer: () => this.#open(),
    }
    this.constraints = new ConstraintsApi(this.#core)
    this.killSwitch = new KillSwitchApi(this.#core)
    this.policy = new PolicyApi(this.#core)
    this.approvals = new ApprovalsApi(this.#core)
    this.effects = new EffectsApi(this.#core)
    this.#groupCommit = options.durability === 'power'
  }

  readonly #groupCommit: boolean

  async evaluate(request: EvaluateRequest): Promise<EvaluateResponse> {
    const normalised = normaliseRequest(request)
    const answer = await this.#core.run<EvaluateResponse | { readonly repeated: string }>({
      ...(normalised.call.effect_key === undefined ? {} : { reads: { effectKey: normalised.call.effect_key } }),
      plan: (state, found) => this.#planEvaluation(normalised, state, found),
    })
    return isRepeated(answer) ? this.#repeatAnswer(answer.repeated) : answer
  }

  async reportOutcome(report: OutcomeReportRequest): Promise<OutcomeReport> {
    const parsed = parseOutcome(report)
    const core = this.#core
    return core.run<OutcomeReport>({
      reads: { subject: decisionIdOf(parsed) },
      plan: (_, found) => {
        const at = core.now()
        const moment = { at, id: core.newId(at), organisation: core.organisation, source: 'api' }
        const { record, report: stored } = planOutcome(parsed, found.records, moment)
        return { records: [record], answer: () => stored }
      },
    })
  }

  claimEffect(request: ClaimEffectRequest): Promise<ClaimEffectResponse> {
    return this.effects.claim(request)
  }

  settleEffect(effectId: string, request: SettleEffectRequest): Promise<Effect> {
    return this.effects.settle(effectId, request)
  }

  getApproval(requestId: string, options?: GetApprovalOptions): Promise<ApprovalItem> {
    return this.approvals.get(requestId, options)
  }

  resolveApproval(requestId: string, request: ResolveApprovalRequest, approver?: Approver): Promise<ApprovalItem> {
    return this.approvals.resolve(requestId, request, approver)
  }

  consumeApproval(requestId: string, request: ConsumeApprovalRequest): Promise<ConsumeApprovalResponse> {
    return this.approvals.consume(requestId, request)
  }

  cancelApproval(requestId: string, request?: CancelApprovalRequest): Promise<ApprovalItem> {
    return this.approvals.cancel(requestId, request)
  }

  /** How well the scores agree with what happened, from the predictions as they were made. */
  async calibration(domain?: string): Promise<CalibrationReport> {
    return (await this.#core.state()).calibration.report(domain)
  }

  /** Every record about a decision, in order: evaluation, approval, effect, outcomes. @throws NotFoundError */
  async decision(requestId: string): Promise<readonly LogRecord[]> {
    await this.#core.state()
    const records = await this.#storage.readSubject(requestId)
    if (records.length === 0) throw new NotFoundError('decision', requestId)
    return records
  }

  /** How many decisions and outcomes the log holds, and its head. */
  async statistics(): Promise<{ decisions: number; outcomes: number; records: number; head: string }> {
    const { decisions, outcomes } = await this.#core.state()
    const { seq, hash } = (await this.#core.sequencer()).head
    return { decisions, outcomes, records: seq, head: hash }
  }

  /** Reads the whole log and checks that no record was changed, dropped or put in between. */
  async verifyLog(): Promise<{ valid: boolean; records: number; fault: ChainFault | null }> {
    let head: LogHead = { seq: 0, hash: GENESIS_HASH }
    for await (const records of readChunks(this.#storage, 0)) {
      const fault = findChainFault(this.#core.organisation, head, records)
      if (fault) return { valid: false, records: head.seq, fault }
      const last = records.at(-1)
      if (last) head = { seq: last.seq, hash: last.hash }
    }
    return { valid: true, records: head.seq, fault: null }
  }

  /** Folds the log again from nothing and compares with the live state: they are equal unless something is wrong. */
  async verifyState(): Promise<{ equal: boolean; records: number; live: string; folded: string }> {
    await this.#core.state()
    // Everything below happens on one log: no operation gets in between, since none can start before this one ends.
    const sequencer = await this.#core.sequencer()
    const live = { digest: digestOfState(sequencer.state.snapshot()), seq: sequencer.head.seq }
    const fresh = new EngineState()
    for await (const records of readChunks(this.#storage, 0))
      for (const record of records) if (record.seq <= live.seq) fresh.apply(record)
    const folded = digestOfState(fresh.snapshot())
    return { equal: folded === live.digest, records: live.seq, live: live.digest, folded }
  }

  /** The log as JSON lines, one record a line, the first naming the form. `bighub backtest` reads it. */
  async *exportLog(): AsyncGenerator<string, void, void> {
    await this.#core.state()
    yield JSON.stringify({ format: 'bighub-log', version: 1, organisation: this.#core.organisation })
    for await (const records of readChunks(this.#storage, 0)) for (const record of records) yield canonicalJson(record)
  }

  /** Finishes what is under way, saves the state and closes the file. Closing twice is harmless. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #planEvaluation(
    request: NormalisedRequest,
    state: EngineState,
    found: Found,
  ): Planned<EvaluateResponse | { readonly repeated: string }> {
    const before = found.claim?.subject
    if (before !== undefined && !request.isDryRun) return { records: [], answer: () => ({ repeated: before }) }
    const core = this.#core
    const at = core.now()
    const { response, kept, approval } = evaluate(request, state, { at, id: core.newId(at) })
    if (request.isDryRun) return { records: [], answer: () => response }
    const effectKey = request.call.effect_key
    const runs = kept.result === 'allowed' || (kept.shadow && kept.blocked_by !== 'kill_switch')
    const claim =
      runs && effectKey !== undefined
        ? { effect_key: effectKey, arguments_digest: kept.digest, owner: core.owner }
        : null
    const effect = { effect_id: effectIdOf(response.request_id), claimed: true, state: 'claimed' }
    const answer: EvaluateResponse = claim ? { ...response, effect } : response
    return {
      records: [
        {
          type: 'evaluation',
          at,
          subject: response.request_id,
          kept: { ...kept, claim },
          payload: { request: request.recorded, response: answer },
          payloadText: `{"request":${request.canonical},"response":${canonicalJson(answer)}}`,
          ...(claim ? { effectKey: claim.effect_key } : {}),
        },
      ],
      approvals: approval ? [approval] : [],
      answer: (hash) => ({ ...answer, validation_hash: hash }),
    }
  }

  /** The same call again: its stored answer, and that somebody has claimed it. */
  async #repeatAnswer(requestId: string): Promise<EvaluateResponse> {
    const records = await this.#storage.readSubject(requestId)
    const evaluation = records.find((record) => record.type === 'evaluation')
    const response = evaluation?.payload?.['response'] as EvaluateResponse | undefined
    const effect = readEffect(records)
    if (!evaluation || !response || !effect) throw new NotFoundError('decision', requestId)
    const { effect_id, state } = effect
    return { ...response, validation_hash: evaluation.hash, effect: { effect_id, claimed: false, state } }
  }

  #open(): Promise<Sequencer> {
    this.#ready ??= this.#openOnce().catch((error: unknown) => {
      // What kept it from opening may pass: the next call tries again.
      this.#ready = undefined
      throw error
    })
    return this.#ready
  }

  async #openOnce(): Promise<Sequencer> {
    const sequencer = await Sequencer.open({
      storage: this.#storage,
      organisation: this.#core.organisation,
      groupCommit: this.#groupCommit,
      fold: () => this.#fold(),
      onAppend: (records) => this.#notice(records),
    })
    // Nobody else's operation may come before these: it would be judged under another policy.
    const core: EngineCore = {
      ...this.#core,
      run: (operation) => sequencer.run(operation),
      currentState: () => sequencer.state,
    }
    await new EffectsApi(core).disownLost()
    const wanted = this.#initialPolicy
    if (wanted && canonicalJson(wanted) !== canonicalJson(sequencer.state.policy))
      await new PolicyApi(core).update(wanted, { by: 'createEngine', reason: 'given as an option' })
    this.#opened = sequencer
    return sequencer
  }

  async #fold(): Promise<FoldedLog> {
    const folded = await foldLog(this.#storage)
    this.#snapshotSeq = folded.snapshotSeq
    return folded
  }

  #notice(records: readonly LogRecord[]): void {
    for (const record of records) {
      const set = this.#watchers.get(record.subject)
      if (set) for (const wake of set) wake()
    }
    this.#projector.schedule()
    const last = records.at(-1)?.seq ?? 0
    if (last - this.#snapshotSeq < this.#snapshotEvery || this.#snapshotDue) return
    this.#snapshotDue = new Promise((resolve) => {
      setImmediate(() => {
        void this.#saveSnapshot().finally(() => {
          this.#snapshotDue = undefined
          resolve()
        })
      })
    })
  }

  async #saveSnapshot(): Promise<void> {
    const sequencer = this.#opened
    if (!sequencer?.isSound) return
    const { head } = sequencer
    try {
      await this.#storage.writeSnapshot({ seq: head.seq, format: STATE_FORMAT, state: sequencer.state.snapshot() })
      this.#snapshotSeq = head.seq
    } catch {
      // A snapshot is a cache: without it the next start folds more of the log. The log itself is not touched.
      this.#snapshotSeq = head.seq
    }
  }

  #watch(subject: string, wake: () => void): () => void {
    const set = this.#watchers.get(subject) ?? new Set()
    this.#watchers.set(subject, set.add(wake))
    return () => {
      set.delete(wake)
      if (set.size === 0) this.#watchers.delete(subject)
    }
  }

  #openedState(): EngineState {
    return this.#opened?.state ?? new EngineState()
  }

  async #close(): Promise<void> {
    const sequencer = await this.#ready?.catch(() => undefined)
    await sequencer?.close()
    await this.#snapshotDue
    await this.#projector.close()
    if (sequencer && sequencer.head.seq - this.#snapshotSeq >= WORTH_A_SNAPSHOT) await this.#saveSnapshot()
    await this.#storage.close()
  }
}

/**
 * The decision engine in this process, with an SQLite file beside your project.
 *
 * @example
 * const engine = createEngine({ file: '.bighub/bighub.db' })
 * @throws ConfigurationError, or StorageError if the file cannot be used (it is left as it was).
 */
export function createEngine(options: EngineOptions = {}): Engine {
  return new Engine(options)
}

/** The same call was claimed before, by the decision named. */
function isRepeated(answer: EvaluateResponse | { readonly repeated: string }): answer is { readonly repeated: string } {
  return typeof answer['repeated'] === 'string' && !('recommendation' in answer)
}

/** Records keep whole milliseconds; clocks with fractions are fine. */
function wholeMilliseconds(now: () => number): () => number {
  return () => Math.trunc(now())
}

const OPTION_NAMES = ['file', 'organisation', 'policy', 'durability', 'now', 'snapshotEvery']

function assertOptions(options: EngineOptions): void {
  for (const name of Object.keys(options))
    if (!OPTION_NAMES.includes(name))
      throw new ConfigurationError(name, `is not an option; there are ${OPTION_NAMES.join(', ')}`)
  const { file, organisation, durability, now, snapshotEvery } = options
  if (file !== undefined && (typeof file !== 'string' || file === ''))
    throw new ConfigurationError('file', 'needs the path of a file, or ":memory:"')
  if (organisation !== undefined && (typeof organisation !== 'string' || organisation === ''))
    throw new ConfigurationError('organisation', 'needs to be text that is not empty')
  if (durability !== undefined && durability !== 'process' && durability !== 'power')
    throw new ConfigurationError('durability', `${JSON.stringify(durability)} is neither "process" nor "power"`)
  if (now !== undefined && typeof now !== 'function')
    throw new ConfigurationError('now', 'needs to be a function that gives milliseconds since the epoch')
  if (snapshotEvery !== undefined && !(Number.isInteger(snapshotEvery) && snapshotEvery > 0))
    throw new ConfigurationError('snapshotEvery', 'needs a whole number of at least 1')
}
