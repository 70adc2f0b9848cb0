import type { ApprovalLoop } from '../approvals/approval-loop.ts'
import type { ToolExecutionEvent } from '../calls/tool-execution-event.ts'
import type { Turn } from '../provider/model-api.ts'

interface LlmResponse {
  readonly response_id: string | null
  readonly output_text: string
  /** The last answer's items, in the provider's form. */
  readonly output: readonly unknown[]
}

/** What a run came to. */
export interface RunResult extends LlmResponse {
  /** The model's last answer. */
  readonly llm_response: LlmResponse
  readonly execution: {
    /** The tool calls of all rounds, in order. */
    readonly events: readonly ToolExecutionEvent[]
    readonly last: ToolExecutionEvent | null
  }
  /** Of `runWithApproval`. */
  readonly approval_loop?: ApprovalLoop
}

export function toRunResult(turn: Turn, events: readonly ToolExecutionEvent[]): RunResult {
  const response = { response_id: turn.responseId, output_text: turn.text, output: turn.output }
  return { ...response, llm_response: response, execution: { events: [...events], last: events.at(-1) ?? null } }
}
