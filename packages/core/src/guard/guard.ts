import {
  type ApprovalItem,
  BighubError,
  ConfigurationError,
  type Evaluator,
  EvaluatorError,
  InvalidInputError,
} from '../protocol/index.ts'
import {
  BegunCall,
  type BegunCallFacts,
  type BegunCallSurroundings,
  type CallReading,
  type RunResult,
} from './begun-call.ts'
import type { EvaluatorAnswer } from './disposition/evaluator-answer.ts'
import type { RefusalKind } from './disposition/refusal.ts'
import {
  type EvaluationResult,
  type ResolvedDisposition,
  resolveDisposition,
} from './disposition/resolve-disposition.ts'
import { type FailMode, type GuardOptions, type ResolvedGuardOptions, resolveGuardOptions } from './guard-options.ts'
import { OutcomeReporter } from './outcome/outcome-reporter.ts'
import { isEffectKeeper, type Reconciliation, reconcileEffects } from './outcome/reconcile-effects.ts'
import type { Carrier, Platform } from './platform.ts'
import { CircuitBreaker } from './resilience/circuit-breaker.ts'
import { evaluateWithResilience } from './resilience/evaluate-with-resilience.ts'
import { type Coverage, CoverageBook } from './telemetry/coverage.ts'
import { GuardEventHub, type GuardEventName, type GuardListener } from './telemetry/guard-events.ts'
import type { ToolOptions, ToolOptionsByName } from './tool-options.ts'
import { RunRegistry } from './trajectory/run-registry.ts'
import type { RunDescription, RunState } from './trajectory/run-state.ts'
import type { GuardedCall, ResumedCall } from './translate/guarded-call.ts'
import { type TranslatedCall, toEvaluateRequest, translateCall } from './translate/to-request.ts'

/** Most calls remembered for repetition; the one begun longest ago is forgotten first. */
const MEMO_CAPACITY = 5000

/** What would happen to a call. */
export interface DryRun extends ResolvedDisposition {
  /** The evaluation; null when none could be had. */
  readonly answer: EvaluatorAnswer | null
  /** Why there is no evaluation. */
  readonly failure: EvaluatorError | null
}

/**
 * The enforcement point in front of a set of tools. The life of a call: translate, evaluate, resolve (in `begin`), then hold,
 * claim, execute, settle (in {@link BegunCall}).
 */
export class Guard {
  readonly options: ResolvedGuardOptions
  readonly #platform: Platform
  readonly #events = new GuardEventHub()
  readonly #reporter: OutcomeReporter
  readonly #breaker: CircuitBreaker
  readonly #runs: RunRegistry
  readonly #executing: Carrier<BegunCall>
  readonly #coverage = new CoverageBook()
  /** Begun calls by run, call id and digest, and the newest digest by run and call id. */
  readonly #memo = new Map<string, Promise<BegunCall>>()
  readonly #latest = new Map<string, string>()
  /** The same for every call. */
  readonly #surroundings: BegunCallSurroundings
  #isClosed = false

  constructor(options: GuardOptions, platform: Platform) {
    this.options = resolveGuardOptions(options, platform.now)
    this.#platform = platform
    this.#reporter = new OutcomeReporter({
      platform,
      emit: this.#events.emit,
      evaluator: this.options.evaluator,
      ledger: this.options.ledger,
      ...this.options.outbox,
    })
    this.#runs = new RunRegistry(platform)
    this.#executing = platform.createCarrier()
    this.#breaker = new CircuitBreaker({
      failures: this.options.evaluation.breakerFailures,
      resetMs: this.options.evaluation.breakerResetMs,
      now: platform.now,
    })
    this.#surroundings = {
      options: this.options,
      reporter: this.#reporter,
      emit: this.#events.emit,
      now: platform.now,
      executing: this.#executing,
      readAgain: (call) => this.#readAgain(call),
    }
  }

  /**
   * Runs one tool call under the guard.
   *
   * @param execute - Runs the real tool with the arguments it gets. Called at most once, and only when the call is admitted.
   * @returns the tool's own result, or why it did not run. What the tool throws is thrown on, untouched.
   */
  async run<T>(call: GuardedCall, execute: (args: unknown) => T | PromiseLike<T>): Promise<RunResult<Awaited<T>>> {
    return (await this.begin(call)).run(execute)
  }

  /** {@link run} for a tool that yields: parts pass through, and a refused call yields nothing and returns its refusal. */
  async *stream<T, R = unknown>(
    call: GuardedCall,
    execute: (args: unknown) => AsyncIterable<T, R>,
  ): AsyncGenerator<T, RunResult<T | R | undefined>, void> {
    return yield* (await this.begin(call)).stream(execute)
  }

  /**
   * Evaluates a call and resolves what happens to it, without running it. The same call (run, call id, arguments) begun again
   * is the same: frameworks re-enter their hooks on resume, and a call is evaluated once and runs once.
   *
   * @throws the signal's reason if the run was aborted meanwhile. Never for a failing evaluator: that is the fail mode's.
   */
  async begin(call: GuardedCall): Promise<BegunCall> {
    if (this.#isClosed) throw new BighubError('guard_closed', 'the guard is closed; create a new one to run more calls')
    await this.#reporter.makeRoom()
    const run = await this.#runOf(call.runId, call.conversation)
    for (const text of call.userText ?? []) run.hear(text)
    const tool = call.options ?? {}
    const translated = translateSafely(call, tool, this.options)
    if (translated instanceof BighubError) return this.#refuseUnread(call, tool, run, translated)
    const digest = await this.#platform.sha256Hex(translated.canonical)
    const isFull = this.#reporter.mustRefuse
    const refuseFull = (): BegunCall =>
      this.#refuseUnread(call, tool, run, outboxFull(this.options.outbox.capacity), 'closed')
    if (call.callId === undefined)
      return isFull ? refuseFull() : this.#evaluate(call, tool, run, translated, digest, this.#platform.randomId())
    const callKey = JSON.stringify([run.id, call.callId])
    const key = `${callKey}${digest}`
    const known = this.#memo.get(key)
    // Concurrent callers share one evaluation. One that failed counts for its own attempt only.
    const before = await known?.catch(() => undefined)
    if (before && !before.mayBeginAgain) {
      before.adoptSignal(call.signal)
      return before
    }
    // Somebody else may have begun it again while we waited.
    const newer = this.#memo.get(key)
    if (newer && newer !== known) return newer
    if (isFull) return refuseFull()
    const attempt = before ? `${call.callId}#${this.#platform.randomId()}` : call.callId
    return this.#remember(callKey, key, this.#evaluate(call, tool, run, translated, digest, attempt))
  }

  /**
   * Takes up a held call by the id of its approval (`request_id`), in whatever process: the approval is used up, the call claimed
   * and run at most once over all of them. It runs only if it is still exactly the call that was approved and nothing forbids it
   * by now; else it is refused with the reason. While nobody has answered, `run` waits as for any held call.
   *
   * @param given - What the record does not hold: the tool's options, and the arguments where some were masked or cut.
   * @throws NotFoundError if there is no such approval; InvalidInputError (`arguments`) if the record's do not serve.
   * @example const result = await (await guard.resume(approvalId)).run((args) => refund(args))
   */
  async resume(approvalId: string, given: ResumedCall = {}): Promise<BegunCall> {
    if (this.#isClosed) throw new BighubError('guard_closed', 'the guard is closed; create a new one to run more calls')
    await this.#reporter.makeRoom()
    const approval = await this.options.ledger.getApproval(approvalId)
    const call = toResumedCall(approval, given)
    const run = await this.#runOf(call.runId, undefined)
    const { digest } = await this.#readAgain(call)
    const callKey = JSON.stringify([run.id, call.callId ?? approvalId])
    const key = `${callKey}${given.arguments === undefined ? approval.arguments_digest : digest}`
    const known = await this.#memo.get(key)?.catch(() => undefined)
    if (known && !known.mayBeginAgain) return known
    if (digest !== approval.arguments_digest && given.arguments === undefined && !approval.superseded_by)
      throw new InvalidInputError(
        'arguments',
        'of the record are not those of the call (masked, cut, or read by other options): hand the call’s own to resume()',
      )
    const begun = this.#toBegunCall({
      call,
      tool: call.options ?? {},
      run,
      digest,
      effectKey: approval.effect_key ?? `${run.id}/${approvalId}`,
      failMode: call.options?.failMode ?? this.options.failMode,
      evaluator: this.options.evaluator,
      answer: answerOf(approval),
      resolved: { disposition: 'await_approval', cause: 'recommendation' },
      isResumed: true,
      failure: null,
    })
    return this.#remember(callKey, key, Promise.resolve(begun))
  }

  /**
   * Asks the tools' `reconcile` functions what became of calls that are `unknown` or `aborted`, and records what they say. Call it at
   * start and from time to time. A server wants the scope `approvals:resolve` for it.
   *
   * @throws ConfigurationError if the evaluator keeps no list of effects.
   */
  async reconcile(tools: ToolOptionsByName): Promise<Reconciliation> {
    const { evaluator } = this.options
    if (!isEffectKeeper(evaluator))
      throw new ConfigurationError('evaluator', 'keeps no list of effects; createEngine(…) and BighubClient do')
    return reconcileEffects(evaluator, tools)
  }

  /**
   * Asks what would happen to a call, and runs, stores and claims nothing.
   *
   * @throws the signal's reason if it aborts meanwhile. Never for a failing evaluator: that is the fail mode's.
   */
  async dryRun(call: GuardedCall): Promise<DryRun> {
    const run = await this.#runOf(call.runId, call.conversation)
    const tool = call.options ?? {}
    const failMode = tool.failMode ?? this.options.failMode
    const { mode, onCaution } = this.options
    const translated = translateSafely(call, tool, this.options)
    const result: EvaluationResult =
      translated instanceof BighubError
        ? { failure: new EvaluatorError('failed', translated.message, { cause: translated }) }
        : await this.#askInVain(call, tool, run, translated, failMode)
    return {
      answer: result.answer ?? null,
      failure: result.failure ?? null,
      ...resolveDisposition(result, { mode, failMode, onCaution }),
    }
  }

  /** The call begun last under this id in this run, with whatever arguments. */
  async find(callId: string, runId?: string, conversation?: string): Promise<BegunCall | undefined> {
    const run = await this.#runOf(runId, conversation)
    const key = this.#latest.get(JSON.stringify([run.id, callId]))
    return key === undefined ? undefined : this.#memo.get(key)?.catch(() => undefined)
  }

  /** Runs `fn` as part of a run, so that calls inside it share a trajectory. Inside another run it becomes its child. */
  withRun<R>(run: RunDescription, fn: () => R): R {
    return this.#runs.enter(run, fn)
  }

  /** Tells the guard what the user said, so that it can tell the user's values from those of tools. */
  hear(text: string, runId?: string): void {
    this.#runs.find(runId).hear(text)
  }

  /** Listens to what the guard does; returns a function that stops listening. */
  on<Name extends GuardEventName>(name: Name, listener: GuardListener<Name>): () => void {
    return this.#events.on(name, listener)
  }

  /** For adapters: notes that a tool is guarded, or why it cannot be. */
  cover(tool: string, gap?: string): void {
    this.#coverage.note(tool, gap)
    if (gap !== undefined) this.#events.emit('coverage-gap', { tool, reason: gap })
  }

  /** Which tools are guarded and which cannot be, and what this configuration does not promise. */
  coverage(): Coverage {
    return this.#coverage.report(this.options.limits, {
      undeliveredReports: this.#reporter.failedCount,
      waitingReports: this.#reporter.waitingCount,
    })
  }

  /** Waits until every outcome so far is delivered. Call it before the process or the engine ends. */
  async flush(): Promise<void> {
    await this.#reporter.flush()
  }

  /** Delivers what waits and refuses further calls. Closing twice is harmless; the evaluator stays open. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#reporter.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #evaluate(
    call: GuardedCall,
    tool: ToolOptions,
    run: RunState,
    translated: TranslatedCall,
    digest: string,
    callKey: string,
  ): Promise<BegunCall> {
    const effectKey = `${run.id}/${callKey}/${digest.slice(0, 16)}`
    const request = toEvaluateRequest(call, translated, { tool, digest, effectKey, run, guard: this.options })
    const facts = { tool: call.tool, callId: call.callId ?? null, runId: run.id, callKey: effectKey }
    const started = this.#platform.now()
    this.#events.emit('evaluation-start', { ...facts, request })
    const failMode = tool.failMode ?? this.options.failMode
    const known = { call, tool, run, digest, effectKey, failMode, evaluator: this.options.evaluator, answer: null }
    const begun = Promise.withResolvers<BegunCall>()
    const adopt = (late: EvaluatorAnswer): void => void begun.promise.then((each) => each.adoptLateAnswer(late))
    let asked: { result: EvaluationResult; evaluator: Evaluator }
    try {
      asked = await this.#ask(request, effectKey, call, failMode, adopt)
    } catch (error) {
      // Aborted: what the evaluator may still claim for this call is settled as not run.
      const reason = 'the run was aborted during the evaluation'
      const resolved = { disposition: 'block', cause: 'fail_closed' } as const
      begun.resolve(this.#toBegunCall({ ...known, resolved, failure: { kind: 'not_evaluated', reason } }))
      throw error
    }
    const { result, evaluator } = asked
    const { mode, onCaution } = this.options
    const resolved = resolveDisposition(result, { mode, failMode, onCaution })
    if (result.failure) this.#events.emit('fail-mode', { ...facts, failMode, error: result.failure })
    this.#events.emit('evaluation-end', {
      ...facts,
      request,
      answer: result.answer ?? null,
      error: result.failure ?? null,
      resolved,
      durationMs: this.#platform.now() - started,
    })
    const failure = result.failure ? ({ kind: 'not_evaluated', reason: result.failure.message } as const) : null
    const answered = this.#toBegunCall({ ...known, evaluator, answer: result.answer ?? null, resolved, failure })
    begun.resolve(answered)
    return answered
  }

  async #readAgain(call: GuardedCall): Promise<CallReading> {
    const { canonical, value, target } = translateCall(call, call.options ?? {}, this.options)
    return { digest: await this.#platform.sha256Hex(canonical), value, target }
  }

  async #askInVain(
    call: GuardedCall,
    tool: ToolOptions,
    run: RunState,
    translated: TranslatedCall,
    failMode: ResolvedGuardOptions['failMode'],
  ): Promise<EvaluationResult> {
    const digest = await this.#platform.sha256Hex(translated.canonical)
    const request = toEvaluateRequest(call, translated, { tool, digest, effectKey: null, run, guard: this.options })
    return (await this.#ask(request, this.#platform.randomId(), call, failMode, () => undefined)).result
  }

  async #runOf(runId: string | undefined, conversation: string | undefined): Promise<RunState> {
    if (runId !== undefined || conversation === undefined || this.#runs.isInside) return this.#runs.find(runId)
    return this.#runs.find(`run_${(await this.#platform.sha256Hex(conversation)).slice(0, 32)}`)
  }

  /** Asks the evaluator, and in fail mode `local` the fallback. Only an abort throws. */
  async #ask(
    request: Parameters<Evaluator['evaluate']>[0],
    idempotencyKey: string,
    call: GuardedCall,
    failMode: ResolvedGuardOptions['failMode'],
    onLateAnswer: (answer: EvaluatorAnswer) => void,
  ): Promise<{ result: EvaluationResult; evaluator: Evaluator }> {
    const { evaluator, fallback, evaluation } = this.options
    const shared = { idempotencyKey, signal: call.signal, now: this.#platform.now, onLateAnswer }
    const primary = { ...shared, evaluator, breaker: this.#breaker, options: evaluation }
    const result = await attempt(() => evaluateWithResilience(request, primary), call.signal)
    if (!result.failure || failMode !== 'local' || !fallback) return { result, evaluator }
    const once = new CircuitBreaker({ failures: 1, resetMs: 0, now: this.#platform.now })
    const second = { ...shared, evaluator: fallback, breaker: once, options: { ...evaluation, retries: 0 } }
    return { result: await attempt(() => evaluateWithResilience(request, second), call.signal), evaluator: fallback }
  }

  /** A call that cannot be read cannot be judged: refused, or run unjudged where the fail mode is `open` or in shadow. */
  #refuseUnread(
    call: GuardedCall,
    tool: ToolOptions,
    run: RunState,
    error: BighubError,
    failMode: FailMode = tool.failMode ?? this.options.failMode,
  ): BegunCall {
    const failure = new EvaluatorError('failed', error.message, { cause: error })
    const resolved = resolveDisposition(
      { failure },
      { mode: this.options.mode, failMode, onCaution: this.options.onCaution },
    )
    const effectKey = `${run.id}/${this.#platform.randomId()}`
    const facts = { tool: call.tool, callId: call.callId ?? null, runId: run.id, callKey: effectKey }
    this.#events.emit('fail-mode', { ...facts, failMode, error })
    const isArguments = 'field' in error && !UNREAD_OPTIONS.has(String(error.field))
    const kind: RefusalKind = isArguments ? 'invalid_arguments' : 'not_evaluated'
    return this.#toBegunCall({
      call,
      tool,
      run,
      digest: '',
      effectKey,
      failMode,
      answer: null,
      resolved,
      evaluator: this.options.evaluator,
      failure: { kind, reason: error.message },
    })
  }

  #remember(callKey: string, key: string, begun: Promise<BegunCall>): Promise<BegunCall> {
    keep(this.#memo, key, begun)
    keep(this.#latest, callKey, key)
    // A begin that failed must be possible again.
    begun.catch(() => {
      if (this.#memo.get(key) === begun) this.#memo.delete(key)
    })
    return begun
  }

  #toBegunCall(facts: BegunCallFacts): BegunCall {
    return new BegunCall(facts, this.#surroundings)
  }
}

/** A held call from its record. */
function toResumedCall(approval: ApprovalItem, given: ResumedCall): GuardedCall {
  return {
    tool: approval.tool ?? approval.action,
    arguments: given.arguments ?? approval.arguments ?? {},
    callId: approval.call_id ?? undefined,
    runId: approval.trajectory_id ?? undefined,
    options: given.options,
    signal: given.signal,
    takesEdits: given.takesEdits,
  }
}

/** As much of the decision as the record of its approval tells. */
function answerOf(approval: ApprovalItem): EvaluatorAnswer {
  const { request_id, action, actor, value, target, domain, risk_score, reason } = approval
  const facts = { request_id, action, actor, value, target, domain, risk_score, reason }
  return { ...facts, recommendation: 'review_recommended', result: 'requires_approval', requires_approval: true }
}

/** Fields whose error comes from a tool option rather than from the model's arguments. */
const UNREAD_OPTIONS: ReadonlySet<string> = new Set(['value', 'target', 'targetVersion', 'metadata'])

/** Remembers an entry as the newest; the oldest goes when there are too many. */
function keep<V>(memo: Map<string, V>, key: string, value: V): void {
  memo.delete(key)
  memo.set(key, value)
  if (memo.size <= MEMO_CAPACITY) return
  const oldest = memo.keys().next()
  if (!oldest.done) memo.delete(oldest.value)
}

function translateSafely(
  call: GuardedCall,
  tool: ToolOptions,
  options: ResolvedGuardOptions,
): TranslatedCall | BighubError {
  try {
    return translateCall(call, tool, options)
  } catch (error) {
    if (BighubError.isInstance(error)) return error
    return new InvalidInputError('arguments', `cannot be read: ${String(error)}`, { cause: error })
  }
}

async function attempt(
  ask: () => Promise<EvaluatorAnswer>,
  signal: AbortSignal | undefined,
): Promise<EvaluationResult> {
  try {
    return { answer: await ask() }
  } catch (error) {
    if (signal?.aborted) throw error
    if (error instanceof EvaluatorError) return { failure: error }
    return { failure: new EvaluatorError('failed', String(error), { cause: error }) }
  }
}

/** Nothing more may run whose end nobody could be told of. */
function outboxFull(capacity: number): BighubError {
  return new BighubError('outbox_full', `${capacity} reports wait for the evaluator; none can be added`, {
    isRetryable: true,
  })
}
