import type { BegunCall, Guard, Refusal, RunResult } from '@bighub/core'
import type { HeldCalls } from '../approvals/held-calls.ts'
import type { ModelCall } from '../provider/model-api.ts'
import { readArguments } from '../tools/read-arguments.ts'
import type { RegisteredTool, ToolRegistry } from '../tools/tool-registry.ts'
import type { CallIds } from './call-ids.ts'
import { type Decision, failModeDecision, readTrajectoryId } from './decision-facts.ts'
import { toJsonValue } from './json-value.ts'
import type { ToolStatus } from './tool-execution-event.ts'

/** What became of one tool call. */
export interface HandledCall {
  readonly tool: string
  readonly callId: string
  readonly arguments: unknown
  readonly status: ToolStatus
  readonly decision: Decision | null
  readonly output: unknown
  readonly error: string | null
  /** What the model reads in place of the error where it must not know why. */
  readonly messageForModel: string | null
  readonly note: string | null
}

/** What a call needs around it. */
export interface CallSurroundings {
  readonly guard: Guard
  readonly tools: ToolRegistry
  readonly held: HeldCalls
  readonly callIds: CallIds
  readonly trajectory: Trajectory
  readonly sessionId: string
  readonly userText: readonly string[]
  readonly signal: AbortSignal | undefined
}

/** The trajectory that the evaluator put the last call into; null while it is the one that the guard named. */
export interface Trajectory {
  id: string | null
}

/**
 * Handles one tool call: reads it, has it judged, runs it, holds it or refuses it.
 *
 * @throws the signal's reason if the run was aborted. Nothing else: what fails is part of the record.
 */
export async function handleCall(call: ModelCall, around: CallSurroundings): Promise<HandledCall> {
  const facts = { tool: call.name, callId: call.callId, arguments: call.arguments ?? {} }
  const tool = around.tools.find(call.name)
  if (!tool) return failed(facts, 'blocked', `there is no tool ${JSON.stringify(call.name.slice(0, 100))}`)
  let args: unknown
  try {
    args = await tool.parameters.check(readArguments(call.arguments))
  } catch (error) {
    return failed(facts, 'tool_error', messageOf(error))
  }
  const begun = await beginCall(tool, { callId: call.callId, args }, around)
  const known = { ...facts, arguments: args }
  const isHeld = begun.disposition === 'await_approval' && around.guard.options.approvals.onRequest === null
  if (isHeld) return hold(known, tool, begun, around)
  return runCall(known, tool, begun, around.signal)
}

/** Runs a begun call, as far as it may run, and says what it came to. */
export async function runCall(
  given: Pick<HandledCall, 'tool' | 'callId' | 'arguments'>,
  tool: RegisteredTool,
  begun: BegunCall,
  signal: AbortSignal | undefined,
): Promise<HandledCall> {
  let result: RunResult<unknown>
  const context = { callId: given.callId, signal }
  try {
    result = await begun.run((args) => tool.execute(args, context))
  } catch (error) {
    if (signal?.aborted) throw error
    return { ...failed(runWith(), 'tool_error', messageOf(error)), decision: decisionOf(begun) }
  }
  const facts = runWith()
  if (result.status === 'refused') return refused(facts, begun, result.refusal)
  return {
    ...facts,
    status: 'executed',
    decision: decisionOf(begun),
    output: toJsonValue(result.value),
    error: null,
    messageForModel: null,
    note: result.note,
  }

  /** A reviewer may have changed the arguments while the call waited. */
  function runWith(): typeof given {
    return { ...given, arguments: begun.arguments }
  }
}

/** Begins a call in the run that the evaluator knows, or the one around this code, or the session's own. */
async function beginCall(
  tool: RegisteredTool,
  call: { readonly callId: string; readonly args: unknown },
  { guard, callIds, trajectory, sessionId, userText, signal }: CallSurroundings,
): Promise<BegunCall> {
  const begun = await guard.begin({
    tool: tool.name,
    arguments: call.args,
    callId: callIds.unique(call.callId),
    runId: trajectory.id ?? undefined,
    conversation: sessionId,
    signal,
    userText,
    takesEdits: true,
    options: withSession(tool, sessionId),
  })
  const answered = readTrajectoryId(begun.answer)
  if (answered !== null && answered !== begun.runId) trajectory.id = answered
  return begun
}

/** The tool's options, with the session among its metadata. */
export function withSession({ options }: RegisteredTool, sessionId: string): RegisteredTool['options'] {
  const { metadata } = options
  const read = typeof metadata === 'function' ? metadata : () => metadata
  return { ...options, metadata: (args: unknown) => ({ ...read(args), session_id: sessionId }) }
}

async function hold(
  facts: Pick<HandledCall, 'tool' | 'callId' | 'arguments'>,
  tool: RegisteredTool,
  begun: BegunCall,
  around: CallSurroundings,
): Promise<HandledCall> {
  try {
    const approval = await begun.approval()
    // Answered already, elsewhere or before: nobody has to be asked.
    if (approval.status !== 'pending') return await runCall(facts, tool, begun, around.signal)
    around.held.keep(approval.request_id, { begun, tool, callId: facts.callId, arguments: facts.arguments })
  } catch (error) {
    if (around.signal?.aborted) throw error
    return { ...failed(facts, 'blocked', `nobody could be asked: ${messageOf(error)}`), decision: decisionOf(begun) }
  }
  return {
    ...facts,
    status: 'approval_required',
    decision: decisionOf(begun),
    output: null,
    error: null,
    messageForModel: `The tool "${facts.tool}" was not executed. A person has to approve this call first and is being asked. Do not repeat it.`,
    note: null,
  }
}

function refused(
  facts: Pick<HandledCall, 'tool' | 'callId' | 'arguments'>,
  begun: BegunCall,
  refusal: Refusal,
): HandledCall {
  // The decision itself says why, except where something else than the decision kept the call from running.
  const isOfDecision = refusal.kind === 'blocked' || refusal.kind === 'not_evaluated'
  return {
    ...facts,
    status: 'blocked',
    decision: decisionOf(begun),
    output: null,
    error: isOfDecision ? null : refusal.reason,
    messageForModel: refusal.message,
    note: null,
  }
}

function failed(
  facts: Pick<HandledCall, 'tool' | 'callId' | 'arguments'>,
  status: 'blocked' | 'tool_error',
  error: string,
): HandledCall {
  return { ...facts, status, decision: null, output: null, error, messageForModel: null, note: null }
}

function decisionOf({ answer, failure, disposition }: BegunCall): Decision {
  return answer ?? failModeDecision(disposition !== 'block', failure?.reason ?? 'no evaluation could be had')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
