import { type ApprovalItem, type BegunCall, canonicalJson, type Guard, InvalidInputError } from '@bighub/core'
import { runCall, withSession } from '../calls/handle-call.ts'
import type { EventLog, ToolExecutionEvent } from '../calls/tool-execution-event.ts'
import type { RunResult } from '../loop/run-result.ts'
import type { RegisteredTool, ToolRegistry } from '../tools/tool-registry.ts'
import type { HeldCalls } from './held-calls.ts'

/** A person's answer. */
export interface Approval {
  /** @defaultValue 'approved' */
  readonly resolution?: 'approved' | 'denied'
  /** Approve the call with these arguments instead; they are judged anew. */
  readonly edited?: Readonly<Record<string, unknown>>
  readonly comment?: string
  /** Who answered; your application vouches for it. @defaultValue 'application' */
  readonly resolvedBy?: string
}

export interface ResumeRequest extends Approval {
  readonly tool: string
  /** Has to be what was shown: an approval is good for exactly one call. @defaultValue what was shown */
  readonly arguments?: unknown
  /** Of the held call's decision. */
  readonly requestId: string
}

/** What a person's answer led to. */
export interface ResumeResult {
  readonly request_id: string
  readonly resolved: true
  /** Whether the tool ran. */
  readonly resumed: boolean
  /** The approval as it stands now. */
  readonly approval: ApprovalItem
  readonly tool_output?: unknown
  /** What the tool threw, or why it did not run although it was approved. */
  readonly error?: string
  readonly event?: ToolExecutionEvent
}

/** What `runWithApproval` adds to the result of a run. */
export type ApprovalLoop =
  | { readonly required: false; readonly resolved: false; readonly resumed: false }
  | {
      readonly required: true
      readonly resolved: false
      readonly resumed: false
      readonly request_id?: string
      readonly error?: 'missing_request_id'
    }
  | (ResumeResult & { readonly required: true })

/** Asks a person about a held call. Without an answer the call stays held. */
export type OnApprovalRequired = (request: {
  readonly request_id: string
  readonly event: ToolExecutionEvent
  readonly response: RunResult
}) => Approval | undefined | void | Promise<Approval | undefined | void>

export interface ResumeSurroundings {
  readonly guard: Guard
  readonly sessionId: string
  readonly tools: ToolRegistry
  readonly held: HeldCalls
  readonly log: EventLog
}

/**
 * Records a person's answer and, if it is yes, runs the call, in whatever process held it. The tool is looked up first, so that a
 * mistake in its name uses no approval up.
 *
 * @throws ConfigurationError if there is no such tool, InvalidInputError if the arguments are not those that were shown,
 * NotFoundError if there is no such approval; and whatever the ledger throws.
 */
export async function resumeCall(request: ResumeRequest, around: ResumeSurroundings): Promise<ResumeResult> {
  const { requestId, resolution = 'approved', comment, resolvedBy, edited } = request
  const tool = around.tools.get(request.tool)
  const { begun, callId } = await findCall(request, tool, around)
  const approval = await begun.resolveApproval({
    resolution,
    ...(edited === undefined ? {} : { arguments: edited }),
    ...(comment === undefined ? {} : { comment }),
    ...(resolvedBy === undefined ? {} : { resolvedBy }),
  })
  const shared = { request_id: requestId, resolved: true, approval } as const
  if (!isApproved(approval, resolution)) {
    // Nobody will run it, so its decision ends here; unless further people have to answer.
    if (approval.status !== 'pending') await begun.admit()
    return { ...shared, resumed: false }
  }
  const handled = await runCall({ tool: tool.name, callId, arguments: begun.arguments }, tool, begun, undefined)
  const event = around.log.add(handled)
  const error = handled.error === null ? {} : { error: handled.error }
  if (handled.status === 'blocked') return { ...shared, resumed: false, event, ...error }
  return { ...shared, resumed: true, tool_output: handled.output, event, ...error }
}

/** The call as it was held here, or from its record where another process held it. */
async function findCall(
  { requestId, arguments: args }: ResumeRequest,
  tool: RegisteredTool,
  { guard, held, sessionId }: ResumeSurroundings,
): Promise<{ readonly begun: BegunCall; readonly callId: string }> {
  const call = held.find(requestId)
  if (!call) {
    const given = {
      options: withSession(tool, sessionId),
      takesEdits: true,
      ...(args === undefined ? {} : { arguments: args }),
    }
    return { begun: await guard.resume(requestId, given), callId: requestId }
  }
  if (call.tool.name !== tool.name)
    throw new InvalidInputError('tool', `is ${call.tool.name} in the call that was shown`)
  if (args !== undefined && canonicalJson(args) !== canonicalJson(call.arguments))
    throw new InvalidInputError('arguments', 'are not those that were shown; an approval is good for exactly one call')
  return call
}

/** Evaluators of others answer in their own letters, and not all repeat what was resolved. */
function isApproved({ status, resolution, superseded_by }: ApprovalItem, asked: string): boolean {
  // Approved as it was changed: another approval stands in its place, and the call goes on with that.
  if (superseded_by) return true
  return status.toLowerCase() === 'approved' && (resolution ?? asked) === 'approved'
}
