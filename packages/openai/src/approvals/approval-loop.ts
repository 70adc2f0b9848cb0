import { type ApprovalItem, canonicalJson, InvalidInputError, NotFoundError } from '@bighub/core'
import { runCall } from '../calls/handle-call.ts'
import type { EventLog, ToolExecutionEvent } from '../calls/tool-execution-event.ts'
import type { RunResult } from '../loop/run-result.ts'
import type { ToolRegistry } from '../tools/tool-registry.ts'
import type { HeldCalls } from './held-calls.ts'

/** A person's answer. */
export interface Approval {
  /** @defaultValue 'approved' */
  readonly resolution?: 'approved' | 'denied'
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
  readonly tools: ToolRegistry
  readonly held: HeldCalls
  readonly log: EventLog
}

/**
 * Records a person's answer and, if it is yes, runs the call. The tool is looked up first, so that a mistake in its name uses no
 * approval up.
 *
 * @throws ConfigurationError if there is no such tool, InvalidInputError if the arguments are not those that were shown,
 * NotFoundError if this process holds no such call; and whatever the ledger throws.
 */
export async function resumeCall(request: ResumeRequest, around: ResumeSurroundings): Promise<ResumeResult> {
  const { requestId, resolution = 'approved', comment, resolvedBy } = request
  const tool = around.tools.get(request.tool)
  const call = around.held.find(requestId)
  if (!call || call.tool.name !== tool.name)
    throw new NotFoundError('approval', requestId, `no call of ${tool.name} is held here for the decision ${requestId}`)
  if (request.arguments !== undefined && canonicalJson(request.arguments) !== canonicalJson(call.arguments))
    throw new InvalidInputError('arguments', 'are not those that were shown; an approval is good for exactly one call')
  const approval = await call.begun.resolveApproval({
    resolution,
    ...(comment === undefined ? {} : { comment }),
    ...(resolvedBy === undefined ? {} : { resolvedBy }),
  })
  const facts = { tool: tool.name, callId: call.callId, arguments: call.arguments }
  const shared = { request_id: requestId, resolved: true, approval } as const
  if (!isApproved(approval, resolution)) {
    // Nobody will run it, so its decision ends here.
    await call.begun.admit()
    return { ...shared, resumed: false }
  }
  const handled = await runCall(facts, tool, call.begun, undefined)
  const event = around.log.add(handled)
  const error = handled.error === null ? {} : { error: handled.error }
  if (handled.status === 'blocked') return { ...shared, resumed: false, event, ...error }
  return { ...shared, resumed: true, tool_output: handled.output, event, ...error }
}

/** Evaluators of others answer in their own letters, and not all repeat what was resolved. */
function isApproved({ status, resolution }: ApprovalItem, asked: string): boolean {
  return status.toLowerCase() === 'approved' && (resolution ?? asked) === 'approved'
}
