import type { RunContext } from '@openai/agents'

/** What the SDK was told about the calls of a run. */
export interface SdkAnswers {
  readonly isEmpty: boolean
  /** Approved, rejected, or nothing yet. */
  of(call: { readonly toolName: string; readonly callId: string }): boolean | undefined
  /** Whether an answer names this very call, rather than all calls of its tool. */
  name(callId: string): boolean
}

/**
 * Reads the answers in a run's context. From the whole record, since the SDK's own question needs names that hooks do not know
 * (tools in a namespace), and an answer must never be taken for none.
 */
export function readAnswers(context: RunContext): SdkAnswers {
  const records = Object.entries(context.toJSON().approvals)
  return {
    isEmpty: records.length === 0,
    of: ({ toolName, callId }) => {
      if (records.some(([, { rejected }]) => isIn(rejected, callId))) return false
      if (records.some(([, { approved }]) => isIn(approved, callId))) return true
      const ofTool = records.filter(([name]) => name === toolName || name.endsWith(`.${toolName}`))
      if (ofTool.some(([, { rejected }]) => rejected === true)) return false
      return ofTool.some(([, { approved }]) => approved === true) ? true : undefined
    },
    name: (callId) => records.some(([, { approved, rejected }]) => isIn(approved, callId) || isIn(rejected, callId)),
  }
}

/** Whether a call is one of those named; `true` stands for all calls of a tool and names none. */
function isIn(ids: boolean | readonly string[], callId: string): boolean {
  return Array.isArray(ids) && ids.includes(callId)
}
