import {
  type ApprovalItem,
  ConflictError,
  type Evaluator,
  type GetApprovalOptions,
  isLedger,
  type Ledger,
  NotFoundError,
} from '../protocol/index.ts'
import { type ApprovalAnswer, toResolution } from './approval/approval-request.ts'
import { askForApproval } from './approval/ask-for-approval.ts'
import type { EvaluatorAnswer } from './disposition/evaluator-answer.ts'
import { cautionNote, type Refusal, type RefusalKind, refusalMessage } from './disposition/refusal.ts'
import type { Disposition, ResolvedDisposition } from './disposition/resolve-disposition.ts'
import type { FailMode, ResolvedGuardOptions } from './guard-options.ts'
import { takesEvents, toLateEvent } from './outbox/late-event.ts'
import { classifyEnd, describeError, observedText, type ReportedEnd } from './outcome/classify-end.ts'
import type { OutcomeReporter } from './outcome/outcome-reporter.ts'
import type { Carrier } from './platform.ts'
import type { GuardEmitter } from './telemetry/guard-events.ts'
import type { CallEnd, ToolOptions } from './tool-options.ts'
import type { RunState } from './trajectory/run-state.ts'
import type { GuardedCall } from './translate/guarded-call.ts'

/** How a guarded call ended. An error that the tool threw is thrown on, untouched, instead. */
export type RunResult<T> =
  | {
      readonly status: 'executed'
      readonly value: T /** To be shown with the result; null when there is none. */
      readonly note: string | null
    }
  | { readonly status: 'refused'; readonly refusal: Refusal }

/** Whether the tool may run now. */
export type Admission =
  | { readonly admitted: true; readonly note: string | null }
  | { readonly admitted: false; readonly refusal: Refusal }

type SettledState = 'succeeded' | 'failed' | 'aborted' | 'not_run'

/** What a begun call needs of its guard. */
export interface BegunCallSurroundings {
  readonly options: ResolvedGuardOptions
  readonly reporter: OutcomeReporter
  readonly emit: GuardEmitter
  readonly now: () => number
  /** The call whose tool is running. */
  readonly executing: Carrier<BegunCall>
  /** Reads a call once more, as it is now. @throws InvalidInputError if it cannot be read. */
  readonly readAgain: (call: GuardedCall) => Promise<CallReading>
}

/** What a call comes to under its tool's options. */
export interface CallReading {
  readonly digest: string
  readonly value: number | null
  readonly target: string | null
}

/** What is known when a call has been evaluated and resolved. */
export interface BegunCallFacts {
  readonly call: GuardedCall
  readonly tool: ToolOptions
  readonly run: RunState
  /** Empty when the arguments could not be read. */
  readonly digest: string
  readonly effectKey: string
  readonly answer: EvaluatorAnswer | null
  readonly resolved: ResolvedDisposition
  readonly failMode: FailMode
  /** Who gave the answer, and gets the outcome. */
  readonly evaluator: Evaluator
  /** The call was taken up by the id of its approval. @defaultValue as the answer says */
  readonly isResumed?: boolean
  /** Why there is no answer. */
  readonly failure: { readonly kind: RefusalKind; readonly reason: string } | null
}

/**
 * One tool call that has been evaluated, from its disposition to its settlement. It runs once at most: every later `run`
 * gets the first one's result.
 */
export class BegunCall {
  #facts: BegunCallFacts
  readonly #around: BegunCallSurroundings
  readonly #ledger: Ledger
  #approval: ApprovalItem | null = null
  #admission: Promise<Admission> | undefined
  #effect: { ledger: Ledger; effectId: string } | null = null
  #completion: Promise<RunResult<unknown>> | undefined
  #answer: EvaluatorAnswer | null
  #signal: AbortSignal | undefined
  #hasAsked = false
  #end: { readonly state: SettledState; readonly outcome: ReportedEnd | null } | undefined
  #wasAborted = false

  constructor(facts: BegunCallFacts, around: BegunCallSurroundings) {
    this.#facts = facts
    this.#around = around
    this.#answer = facts.answer
    this.#signal = facts.call.signal
    this.#ledger = isLedger(facts.evaluator) ? facts.evaluator : around.options.memory
    if (facts.answer?.effect?.claimed) this.#effect = { ledger: this.#ledger, effectId: facts.answer.effect.effect_id }
  }

  get disposition(): Disposition {
    return this.#facts.resolved.disposition
  }

  /** The evaluation; null when none could be had. */
  get answer(): EvaluatorAnswer | null {
    return this.#answer
  }

  /** Why no evaluation could be had; null when there is one. */
  get failure(): BegunCallFacts['failure'] {
    return this.#facts.failure
  }

  /** The run that the call belongs to. */
  get runId(): string {
    return this.#facts.run.id
  }

  get digest(): string {
    return this.#facts.digest
  }

  /** What the tool has to be run with; not those it was begun with if a reviewer changed them. */
  get arguments(): unknown {
    return this.#facts.call.arguments
  }

  /** Key under which the call is claimed: the same for this call in every process. Good as a real system's idempotency key. */
  get effectKey(): string {
    return this.#facts.effectKey
  }

  /** Whether the decision was made before this process began the call: by an earlier one, which may have shown it to a person. */
  get isResumed(): boolean {
    return this.#facts.isResumed ?? this.#facts.answer?.repeated === true
  }

  /** It did not run, and asking again may help: no evaluation could be had, or the run was aborted before the tool began. */
  get mayBeginAgain(): boolean {
    return this.#facts.answer === null || this.#wasAborted
  }

  /** A later hook of the same call brings its own signal; the earlier one may belong to a request that is over. */
  adoptSignal(signal: AbortSignal | undefined): void {
    if (signal) this.#signal = signal
  }

  /** The approval of a held call as it stands now, whoever may have answered it; or after a wait, when it has ended. */
  async approval(options: GetApprovalOptions = {}): Promise<ApprovalItem> {
    const isFirst = this.#approval === null
    this.#approval ??= await this.#openApproval()
    if (!this.#hasAsked) {
      this.#hasAsked = true
      this.#around.emit('approval-request', { ...this.#callFacts(), approval: this.#approval })
    }
    if (this.#approval.status === 'pending' && (!isFirst || options.waitMs))
      this.#approval = await this.#approvalLedger().getApproval(this.#approval.request_id, options)
    return this.#approval
  }

  /** Records a person's answer that came through the framework. Later answers of another kind change nothing. */
  async resolveApproval(answer: ApprovalAnswer): Promise<ApprovalItem> {
    const { request_id } = await this.approval()
    try {
      this.#approval = await this.#approvalLedger().resolveApproval(request_id, toResolution(answer), {
        resolvedBy: answer.resolvedBy ?? 'application',
      })
      if (this.#approval.status !== 'pending')
        this.#around.emit('approval-answer', { ...this.#callFacts(), approval: this.#approval })
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
      this.#approval = await this.#approvalLedger().getApproval(request_id)
    }
    return this.#approval
  }

  /**
   * Decides whether the tool may run now: waits for the person if it is held, uses the approval up, claims the call. Asked
   * again it gives the same answer.
   *
   * @throws the signal's reason if the run was aborted before the tool began.
   */
  admit(): Promise<Admission> {
    this.#admission ??= this.#admit()
    return this.#admission
  }

  /** Whether the tool of this very call is what is running now: a guarded tool inside a guarded hook. */
  get isExecuting(): boolean {
    return this.#around.executing.current() === this
  }

  /**
   * Admits the call, runs the tool and settles it. The result is handed back as it is; what the tool throws is thrown on.
   *
   * @param execute - Gets the arguments to run with ({@link arguments}).
   * @param isControlFlow - Whether a thrown value is the framework's own control flow (a pause, not an end).
   */
  run<T>(
    execute: (args: unknown) => T | PromiseLike<T>,
    isControlFlow?: (error: unknown) => boolean,
  ): Promise<RunResult<Awaited<T>>> {
    // The outer run has been admitted and will settle; the inner one only runs.
    if (this.isExecuting)
      return Promise.resolve(execute(this.arguments)).then((value) => ({ status: 'executed', value, note: null }))
    // The type belongs to the first run; a repeated call of the same tool has the same.
    const running = (this.#completion ??= this.#run(execute, isControlFlow)) as Promise<RunResult<Awaited<T>>>
    return running
  }

  /**
   * Like {@link run} for a tool that yields. Parts pass through as they come; what the tool returns at its end, or else its
   * last part, is the result. A call that did not run yields nothing and returns its refusal, a repeated one the first result.
   */
  async *stream<T, R = unknown>(
    execute: (args: unknown) => AsyncIterable<T, R>,
    isControlFlow?: (error: unknown) => boolean,
  ): AsyncGenerator<T, RunResult<T | R | undefined>, void> {
    if (this.#completion) return (await this.#completion) as RunResult<T | R | undefined>
    const end = Promise.withResolvers<RunResult<T | R | undefined>>()
    end.promise.catch(() => undefined)
    this.#completion = end.promise
    let started: number | undefined
    let last: T | undefined
    try {
      const admission = await this.admit()
      if (!admission.admitted) {
        end.resolve({ status: 'refused', refusal: admission.refusal })
        return await end.promise
      }
      started = this.#start()
      const parts = execute(this.arguments)[Symbol.asyncIterator]()
      let part = await parts.next()
      try {
        while (!part.done) {
          last = part.value
          yield part.value
          part = await parts.next()
        }
      } finally {
        // The reader stopped in the middle: the tool is told, as a loop would.
        if (!part.done) await parts.return?.()
      }
      const value = part.value ?? last
      this.#finish(started, { status: 'returned', args: this.#facts.call.arguments, value })
      started = undefined
      const result = { status: 'executed', value, note: admission.note } as const
      end.resolve(result)
      return result
    } catch (error) {
      end.reject(error)
      if (started !== undefined && isControlFlow?.(error)) this.#completion = undefined
      else if (started !== undefined && this.#signal?.aborted) this.#abort(started, error)
      else if (started !== undefined)
        this.#finish(started, { status: 'threw', args: this.#facts.call.arguments, error })
      started = undefined
      throw error
    } finally {
      // Still running when the reader left: nobody knows how far it came.
      if (started !== undefined) {
        this.#abort(started, new Error('the stream was not read to its end'))
        end.resolve({ status: 'executed', value: last, note: null })
      }
    }
  }

  /** Ends a held call that will not be resumed. */
  async cancel(reason: string): Promise<Refusal> {
    const { request_id } = await this.approval()
    this.#approval = await this.#approvalLedger().cancelApproval(request_id, { reason })
    return this.#refuse('cancelled', reason)
  }

  /** The evaluator answered after the guard stopped waiting: its record is closed in the way the call really went. */
  adoptLateAnswer(answer: EvaluatorAnswer): void {
    if (this.#answer) return
    this.#answer = answer
    if (answer.effect?.claimed) this.#effect = { ledger: this.#ledger, effectId: answer.effect.effect_id }
    const end = this.#end
    this.#end = undefined
    if (end && this.disposition !== 'block') this.#report(end.state, end.outcome)
    else if (end || this.disposition === 'block') this.#reportNotRun({ reason: 'the answer came too late' })
    if (answer.requires_approval && answer.request_id)
      this.#ledger.cancelApproval(answer.request_id, { reason: 'the answer came too late' }).catch(() => undefined)
  }

  async #admit(): Promise<Admission> {
    const { resolved, failure, answer } = this.#facts
    if (resolved.disposition === 'block')
      return this.#refused(failure?.kind ?? 'blocked', failure?.reason ?? answer?.reason ?? 'blocked')
    this.#throwIfAborted()
    const refusal = await this.#obtainPermit()
    if (refusal) return { admitted: false, refusal }
    this.#throwIfAborted()
    const isCautious = resolved.disposition === 'execute_with_caution' && answer !== null
    return { admitted: true, note: isCautious ? cautionNote(answer, this.#around.options.modelView) : null }
  }

  /** A ledger that fails leaves nobody who could say that the call may run, or that it does not run twice. */
  async #obtainPermit(): Promise<Refusal | null> {
    const { disposition } = this.#facts.resolved
    try {
      return await (disposition === 'await_approval' ? this.#awaitApproval() : this.#claim())
    } catch (error) {
      if (this.#signal?.aborted) throw error
      if (disposition !== 'await_approval' && this.#facts.failMode === 'open') return null
      return this.#refuse('not_evaluated', `the ledger failed: ${describeError(error)}`)
    }
  }

  async #awaitApproval(): Promise<Refusal | null> {
    const ledger = this.#approvalLedger()
    let approval = await this.#untilAnswered(await this.approval())
    while (approval.superseded_by) {
      const changed = await this.#adoptEdit(approval.superseded_by)
      if (!('approval' in changed)) return changed.refusal
      approval = await this.#untilAnswered(changed.approval)
    }
    if (approval.status === 'denied') return this.#refuse('denied', approval.comment ?? 'a person declined')
    if (approval.status === 'expired') return this.#refuse('expired', 'nobody answered before it expired')
    if (approval.status !== 'approved')
      return this.#refuse('cancelled', approval.cancel_reason ?? 'no answer came in time')
    // The arguments may have been changed while it waited, and the target may have moved on.
    const { digest } = await this.#around.readAgain(this.#facts.call)
    if (digest !== this.#facts.digest)
      return this.#voidApproval('the arguments or the version of the target changed while the call waited')
    const used = await ledger.consumeApproval(approval.request_id, {
      arguments_digest: digest,
      effect_key: this.#facts.effectKey,
    })
    if (!used.consumed) {
      if (used.reason === 'effect_claimed' || used.reason === 'already_consumed')
        return this.#refuseQuietly('duplicate', used.message)
      // It was given for another call, which may still come.
      if (used.reason === 'digest_mismatch') return this.#refuseQuietly('approval_void', used.message)
      return this.#voidApproval(used.message)
    }
    this.#effect ??= { ledger, effectId: used.effect_id }
    return null
  }

  /** An approval that is not used ends before the model is told: afterwards nobody may use it. */
  async #voidApproval(reason: string): Promise<Refusal> {
    if (this.#approval)
      this.#approval = await this.#approvalLedger().cancelApproval(this.#approval.request_id, { reason })
    return this.#refuse('approval_void', reason)
  }

  async #untilAnswered(approval: ApprovalItem): Promise<ApprovalItem> {
    this.#approval =
      approval.status === 'pending'
        ? await askForApproval(approval, {
            ledger: this.#approvalLedger(),
            call: this.#facts.call,
            signal: this.#signal,
            options: this.#around.options.approvals,
            onEnd: (item) => this.#around.emit('approval-answer', { ...this.#callFacts(), approval: item }),
          })
        : approval
    this.#throwIfAborted()
    return this.#approval
  }

  /**
   * Goes on with the call as a reviewer changed it, if it is what was judged in its place: same digest, value and target under the
   * tool's own options.
   *
   * @returns the approval of the changed call, or why it does not run.
   */
  async #adoptEdit(requestId: string): Promise<{ readonly approval: ApprovalItem } | { readonly refusal: Refusal }> {
    const { call } = this.#facts
    const approval = await this.#approvalLedger()
      .getApproval(requestId)
      .catch((error: unknown) => {
        if (NotFoundError.isInstance(error)) return null
        throw error
      })
    // From here on the call's end belongs to the decision that took the first one's place.
    this.#answer = { ...this.#answer, request_id: requestId }
    if (!approval)
      return { refusal: this.#refuse('blocked', `the call as the reviewer changed it was blocked (${requestId})`) }
    this.#approval = approval
    if (!call.takesEdits)
      return { refusal: await this.#voidApproval('a reviewer changed the arguments, which this caller cannot run') }
    const changed = { ...call, arguments: approval.arguments ?? {} }
    const { digest, value, target } = await this.#around.readAgain(changed)
    const isSame =
      digest === approval.arguments_digest && value === (approval.value ?? null) && target === (approval.target ?? null)
    if (!isSame) {
      const reason = 'the changed call is not what was judged: its value, target or version differ'
      return { refusal: await this.#voidApproval(reason) }
    }
    this.#answer = { ...this.#answer, value, target }
    this.#facts = { ...this.#facts, call: changed, digest, effectKey: approval.effect_key ?? this.#facts.effectKey }
    return { approval }
  }

  async #claim(): Promise<Refusal | null> {
    const { answer, effectKey, digest, resolved } = this.#facts
    if (this.#effect) return null
    if (resolved.cause === 'shadow') return null
    if (answer?.effect) return this.#refuseQuietly('duplicate', `the same call is ${answer.effect.state} already`)
    // Fail open has no evaluator to claim with; the guard's own memory still runs each call once.
    const ledger = answer ? this.#ledger : this.#around.options.memory
    const claim = await ledger.claimEffect({
      effect_key: effectKey,
      request_id: answer?.request_id ?? effectKey,
      arguments_digest: digest,
    })
    if (!claim.claimed) return this.#refuseQuietly('duplicate', `the same call is ${claim.state} already`)
    this.#effect = { ledger, effectId: claim.effect_id }
    return null
  }

  async #run<T>(
    execute: (args: unknown) => T | PromiseLike<T>,
    isControlFlow: ((error: unknown) => boolean) | undefined,
  ): Promise<RunResult<Awaited<T>>> {
    const admission = await this.admit()
    if (!admission.admitted) return { status: 'refused', refusal: admission.refusal }
    const started = this.#start()
    try {
      const value = await this.#around.executing.run(this, () => execute(this.arguments))
      this.#finish(started, { status: 'returned', args: this.#facts.call.arguments, value })
      return { status: 'executed', value, note: admission.note }
    } catch (error) {
      if (isControlFlow?.(error)) {
        // A pause: the framework will call again, and the claim of this process still stands.
        this.#completion = undefined
        throw error
      }
      if (this.#signal?.aborted) this.#abort(started, error)
      else this.#finish(started, { status: 'threw', args: this.#facts.call.arguments, error })
      throw error
    }
  }

  #start(): number {
    this.#around.emit('execution-start', { ...this.#callFacts(), answer: this.#answer })
    return this.#around.now()
  }

  #finish(started: number, end: CallEnd<unknown>): void {
    const { call, tool, run } = this.#facts
    const classified = classifyEnd(end, tool)
    const output = end.status === 'returned' ? end.value : describeError(end.error)
    run.observe({
      text: observedText(output).slice(0, 64_000),
      tool: call.tool,
      callId: call.callId ?? null,
      error: classified.isError,
      trusted: tool.trusted,
    })
    this.#report(classified.state, classified.report)
    this.#around.emit('execution-end', {
      ...this.#callFacts(),
      ...(end.status === 'returned' ? { status: 'returned', value: end.value } : { status: 'threw', error: end.error }),
      durationMs: this.#around.now() - started,
    })
  }

  /** The framework gave up on a tool that had begun: nobody knows whether it took effect. */
  #abort(started: number, error: unknown): void {
    this.#report('aborted', null)
    this.#around.emit('execution-end', {
      ...this.#callFacts(),
      status: 'aborted',
      error,
      durationMs: this.#around.now() - started,
    })
  }

  /** Once: what a call ended with first is how it ended. */
  #report(state: SettledState, outcome: ReportedEnd | null): void {
    if (this.#end) return
    this.#end = { state, outcome }
    const answer = this.#answer
    const effect = this.#effect && { ...this.#effect, settlement: { state } }
    const details = {
      tool: this.#facts.call.tool,
      ...(answer?.recommendation === undefined ? {} : { recommendation: answer.recommendation }),
      ...(typeof answer?.risk_score === 'number' ? { risk_score_was: answer.risk_score } : {}),
      ...outcome?.details,
    }
    const isReported = outcome !== null && this.#around.options.reportOutcomes
    const report = isReported && answer?.request_id ? { ...outcome, request_id: answer.request_id, details } : null
    const { tool } = this.#facts.call
    if (effect || report)
      this.#around.reporter.report({ tool, evaluator: this.#facts.evaluator, effect, outcome: report, late: null })
    this.#reportLate(state, outcome)
  }

  /** The evaluator did not judge a call that ran: it is told of it when it is there again. */
  #reportLate(state: SettledState, outcome: ReportedEnd | null): void {
    const { options, reporter } = this.#around
    const isJudged = this.#facts.evaluator === options.evaluator && this.#answer?.request_id !== undefined
    if (isJudged || state === 'not_run' || !options.reportOutcomes || !takesEvents(options.evaluator)) return
    const late = toLateEvent(this.#facts, options, outcome, this.#around.now())
    if (late)
      reporter.report({ tool: this.#facts.call.tool, evaluator: options.evaluator, effect: null, outcome: null, late })
  }

  #refused(kind: RefusalKind, reason: string): Admission {
    return { admitted: false, refusal: this.#refuse(kind, reason) }
  }

  /** A call that did not run can never settle as anything else. */
  #refuse(kind: RefusalKind, reason: string): Refusal {
    const isAnswered = kind === 'denied' || kind === 'expired' || kind === 'cancelled' || kind === 'approval_void'
    this.#reportNotRun({ reason, ...(isAnswered ? { approval: kind } : {}) })
    return this.#refuseQuietly(kind, reason)
  }

  #reportNotRun(details: Record<string, string>): void {
    this.#report('not_run', { status: 'BLOCKED', details })
  }

  /** A refusal whose decision is not ours to report on: the first run of the same call does that. */
  #refuseQuietly(kind: RefusalKind, reason: string): Refusal {
    const refusal: Refusal = {
      kind,
      reason,
      requestId: this.#answer?.request_id ?? null,
      message: refusalMessage(this.#facts.call.tool, kind, this.#around.options.modelView, {
        answer: this.#answer,
        reason,
      }),
    }
    this.#around.emit('call-refuse', { ...this.#callFacts(), refusal, answer: this.#answer })
    return refusal
  }

  #throwIfAborted(): void {
    const signal = this.#signal
    if (!signal?.aborted) return
    this.#wasAborted = true
    this.#reportNotRun({ reason: 'the run was aborted before the tool began' })
    this.#withdrawQuestion()
    throw signal.reason
  }

  /** Nobody has to answer any more. An answer that has come already stays on record. */
  #withdrawQuestion(): void {
    const requestId = this.#approval?.request_id ?? (this.#answer?.requires_approval ? this.#answer.request_id : null)
    if (this.disposition !== 'await_approval' || !requestId) return
    this.#approvalLedger()
      .cancelApproval(requestId, { reason: 'the run was aborted' })
      .catch(() => undefined)
  }

  #approvalLedger(): Ledger {
    return this.#answer?.requires_approval ? this.#ledger : this.#around.options.memory
  }

  /** The evaluator's approval, or one of the guard's own where the guard alone wants the call held. */
  async #openApproval(): Promise<ApprovalItem> {
    const { call, digest, answer } = this.#facts
    const requestId = answer?.request_id ?? this.#facts.effectKey
    const isWithEvaluator = this.#ledger !== this.#around.options.memory
    if (isWithEvaluator && answer?.requires_approval && answer.request_id)
      return this.#ledger.getApproval(answer.request_id)
    return this.#around.options.memory.open({
      request_id: requestId,
      action: answer?.action ?? call.tool,
      actor: answer?.actor ?? this.#around.options.actor,
      tool: call.tool,
      value: answer?.value ?? null,
      risk_score: typeof answer?.risk_score === 'number' ? answer.risk_score : 0,
      reason: answer?.reason ?? 'held by the guard',
      arguments_digest: digest,
      expires_at: new Date(this.#around.now() + 86_400_000).toISOString(),
    })
  }

  #callFacts(): { tool: string; callId: string | null; runId: string; callKey: string } {
    const { call, run, effectKey } = this.#facts
    return { tool: call.tool, callId: call.callId ?? null, runId: run.id, callKey: effectKey }
  }
}
