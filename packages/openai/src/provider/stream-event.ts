import type { ToolExecutionEvent } from '../calls/tool-execution-event.ts'
import type { RunResult } from '../loop/run-result.ts'

interface OfResponse {
  readonly response_id: string | null
}

/** What the model writes, as it writes it. What the provider does not say is null. */
export type ModelEvent =
  | (OfResponse & { readonly type: 'llm_delta'; readonly delta: string })
  | (OfResponse & { readonly type: 'llm_text_done'; readonly text: string })
  | (OfResponse & { readonly type: 'output_item_added'; readonly item_type: string; readonly output_index: number })
  | (OfResponse & {
      readonly type: 'function_call_args_delta'
      readonly delta: string
      readonly call_id: string | null
      readonly output_index: number
    })
  | (OfResponse & {
      readonly type: 'function_call_args_done'
      readonly arguments: string
      readonly call_id: string | null
      readonly name: string | null
      readonly output_index: number
    })
  | (OfResponse & { readonly type: 'refusal_delta'; readonly delta: string })
  | (OfResponse & { readonly type: 'response_done' })
  | (OfResponse & { readonly type: 'response_failed'; readonly error: unknown })

/** What `runStream` yields: the model's words, each tool call after it was handled, and the result last. */
export type StreamEvent =
  | ModelEvent
  | { readonly type: 'execution_event'; readonly event: ToolExecutionEvent }
  | { readonly type: 'final_response'; readonly response: RunResult }
