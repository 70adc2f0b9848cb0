import type { EvaluatorAnswer, Guard } from '@bighub/core'
import {
  type ApprovalLoop,
  type OnApprovalRequired,
  type ResumeRequest,
  type ResumeResult,
  resumeCall,
} from './approvals/approval-loop.ts'
import { HeldCalls } from './approvals/held-calls.ts'
import { CallIds } from './calls/call-ids.ts'
import { failModeDecision } from './calls/decision-facts.ts'
import { withSession } from './calls/handle-call.ts'
import { EventLog } from './calls/tool-execution-event.ts'
import {
  type GuardedOpenAIOptions,
  type ResolvedOptions,
  resolveGuard,
  resolveOptions,
} from './guarded-openai-options.ts'
import { type LoopSurroundings, runLoop } from './loop/run-loop.ts'
import type { RunResult } from './loop/run-result.ts'
import { MemorySender } from './memory/memory-sender.ts'
import { type NestedToolForm, nestedToolForm, type RunRequest } from './provider/model-api.ts'
import { ProviderBreaker } from './provider/provider-breaker.ts'
import type { StreamEvent } from './provider/stream-event.ts'
import { readArguments } from './tools/read-arguments.ts'
import { type OpenAIToolOptions, type ToolCallContext, ToolRegistry } from './tools/tool-registry.ts'

/**
 * A tool loop on the OpenAI SDK with a guard in it: the model proposes calls, each is judged, then run, held for a person or
 * refused, and the model goes on with what came of it.
 *
 * @throws ConfigurationError naming the option whose value cannot work.
 */
export function createGuardedOpenAI(options: GuardedOpenAIOptions): GuardedOpenAI {
  return new GuardedOpenAI(options)
}

const RESOLVED_ACTION = {
  execute: 'execute',
  execute_with_caution: 'execute',
  await_approval: 'approval_required',
  block: 'blocked',
} as const

/** See {@link createGuardedOpenAI}. */
export class GuardedOpenAI {
  readonly guard: Guard
  readonly options: ResolvedOptions
  readonly #isOwnGuard: boolean
  readonly #loop: LoopSurroundings

  constructor(options: GuardedOpenAIOptions) {
    this.options = resolveOptions(options)
    const { guard, isOwn } = resolveGuard(options.guard, this.options.random)
    this.guard = guard
    this.#isOwnGuard = isOwn
    const { breakerFailures: failures, breakerResetMs: resetMs } = this.options.provider
    this.#loop = {
      guard,
      options: this.options,
      api: this.options.api,
      sessionId: this.options.sessionId,
      breaker: new ProviderBreaker({ failures, resetMs, now: this.options.now }),
      memory: new MemorySender(guard, this.options.memory),
      tools: new ToolRegistry(),
      held: new HeldCalls(),
      callIds: new CallIds(),
      trajectory: { id: null },
    }
  }

  /**
   * Registers a tool; one of the same name is replaced.
   *
   * @param execute - Runs the real tool, with the arguments as the schema leaves them.
   * @throws ConfigurationError naming what cannot work.
   */
  registerTool<Args = Readonly<Record<string, unknown>>>(
    name: string,
    execute: (args: Args, context: ToolCallContext) => unknown,
    options: OpenAIToolOptions<NoInfer<Args>> & { readonly parameters?: OpenAIToolOptions<Args>['parameters'] } = {},
  ): this {
    // The schema, if there is one, has made the arguments what the function takes; without one they are the caller's claim.
    this.#loop.tools.add(name, execute as (args: unknown, context: ToolCallContext) => unknown, options)
    this.guard.cover(name)
    return this
  }

  /** The tools as the model is told of them, in the nested form of Chat Completions. */
  listTools(): readonly NestedToolForm[] {
    return this.#loop.tools.list().map(nestedToolForm)
  }

  /**
   * Asks what would happen to a call, and runs, stores and claims nothing.
   *
   * @throws ConfigurationError if there is no such tool.
   */
  async checkTool(
    name: string,
    args: Readonly<Record<string, unknown>>,
  ): Promise<Partial<EvaluatorAnswer> & { readonly _resolved_action: 'execute' | 'blocked' | 'approval_required' }> {
    const tool = this.#loop.tools.get(name)
    const { answer, failure, disposition } = await this.guard.dryRun({
      tool: name,
      arguments: await tool.parameters.check(readArguments(args)),
      runId: this.#loop.trajectory.id ?? undefined,
      conversation: this.options.sessionId,
      options: withSession(tool, this.options.sessionId),
    })
    const decision = answer ?? failModeDecision(disposition !== 'block', failure?.message ?? '')
    return { ...decision, _resolved_action: RESOLVED_ACTION[disposition] }
  }

  /**
   * Runs the loop to the model's last answer.
   *
   * @throws ConfigurationError without tools; ProviderResponseError if the provider fails or the rounds are used up, with the
   * events so far; the signal's reason. Never for a failing evaluator: that is the fail mode's.
   */
  async run(request: RunRequest): Promise<RunResult> {
    const loop = runLoop(request, this.#loop, false)
    let step = await loop.next()
    while (!step.done) step = await loop.next()
    return step.value
  }

  /** Like {@link run}, yielding what the model writes and what tools do as it comes; the last item is the result. */
  async *runStream(request: RunRequest): AsyncGenerator<StreamEvent, void, void> {
    yield { type: 'final_response', response: yield* runLoop(request, this.#loop, true) }
  }

  /** Like {@link run}; then, if a call was held, a person is asked about the last one and it runs or ends. */
  async runWithApproval(request: RunRequest, onApprovalRequired?: OnApprovalRequired): Promise<RunResult> {
    const response = await this.run(request)
    const loop = await this.#resolveHeld(response, request.model, onApprovalRequired)
    const event = 'event' in loop ? loop.event : undefined
    const events = event ? [...response.execution.events, event] : response.execution.events
    return { ...response, execution: { events, last: events.at(-1) ?? null }, approval_loop: loop }
  }

  /**
   * Records a person's answer to a held call and, if it is yes, runs the call, in whatever process held it. What the tool throws is in the result.
   *
   * @throws ConfigurationError if there is no such tool, InvalidInputError for other arguments than were shown, NotFoundError if
   * there is no such approval; and whatever the ledger throws.
   */
  resumeAfterApproval(request: ResumeRequest): Promise<ResumeResult> {
    return this.#resume(request, null, new EventLog(this.options.memory.sourceVersion))
  }

  /** Waits until outcomes and memory events are delivered. */
  async flush(): Promise<void> {
    await Promise.all([this.guard.flush(), this.#loop.memory.flush()])
  }

  /** Delivers what waits. Closes the guard if it was made here; a guard, an evaluator or a client handed in stays open. */
  async close(): Promise<void> {
    await this.flush()
    if (this.#isOwnGuard) await this.guard.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #resolveHeld(
    response: RunResult,
    model: string,
    onApprovalRequired: OnApprovalRequired | undefined,
  ): Promise<ApprovalLoop> {
    const { events } = response.execution
    const event = events.findLast(({ status }) => status === 'approval_required')
    if (!event) return { required: false, resolved: false, resumed: false }
    const { request_id } = event
    if (request_id === null) return { required: true, resolved: false, resumed: false, error: 'missing_request_id' }
    const answer = await onApprovalRequired?.({ request_id, event, response })
    if (!answer) return { required: true, resolved: false, resumed: false, request_id }
    const log = new EventLog(this.options.memory.sourceVersion, events.at(-1))
    return {
      required: true,
      ...(await this.#resume({ tool: event.tool, requestId: request_id, ...answer }, model, log)),
    }
  }

  async #resume(request: ResumeRequest, model: string | null, log: EventLog): Promise<ResumeResult> {
    const { guard, sessionId, tools, held } = this.#loop
    const result = await resumeCall(request, { guard, sessionId, tools, held, log })
    if (result.event) await this.#loop.memory.send([result.event], { traceId: log.traceId, model })
    return result
  }
}
