import type { ApprovalItem, BegunCall, GuardedCall } from '@bighub/core'
import type { HITLRequest } from 'langchain'

/** What a paused graph shows: the request that LangChain's review interfaces render, plus the approvals behind it. */
export interface ApprovalInterrupt extends HITLRequest {
  readonly bighub: {
    /** In the order of `actionRequests`. */
    readonly calls: readonly { readonly toolCallId: string; readonly approval: ApprovalItem }[]
  }
}

/** A call that waits for a person. It has an id, since an answer has to name it. */
export interface HeldCall {
  readonly callId: string
  readonly call: GuardedCall
  readonly begun: BegunCall
}

/** The interrupt for a batch of held calls. Arguments are shown as the tool would get them; masked ones are in the approval. */
export async function toApprovalInterrupt(batch: readonly HeldCall[]): Promise<ApprovalInterrupt> {
  const approvals = await Promise.all(batch.map((held) => held.begun.approval()))
  return {
    actionRequests: batch.map(({ call }, index) => ({
      name: call.tool,
      args: toRecord(call.arguments),
      description: describe(call.tool, approvals[index]),
    })),
    reviewConfigs: batch.map(({ call }) => ({ actionName: call.tool, allowedDecisions: ['approve', 'reject'] })),
    bighub: {
      calls: batch.flatMap(({ callId }, index) => {
        const approval = approvals[index]
        return approval ? [{ toolCallId: callId, approval }] : []
      }),
    },
  }
}

function describe(tool: string, approval: ApprovalItem | undefined): string {
  return `The tool "${tool}" waits for a person's approval${approval?.reason ? `: ${approval.reason}` : '.'}`
}

function toRecord(args: unknown): Record<string, unknown> {
  return typeof args === 'object' && args !== null && !Array.isArray(args) ? { ...args } : { input: args }
}
