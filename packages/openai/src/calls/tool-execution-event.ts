import { VERSION } from '../version.ts'
import { type Decision, type DecisionFacts, readDecision } from './decision-facts.ts'
import type { HandledCall } from './handle-call.ts'

/** How a tool call ended. */
export type ToolStatus = 'executed' | 'blocked' | 'approval_required' | 'tool_error'

/** One tool call and what became of it: for the application, the hook and the decision memory. It always has everything. */
export interface ToolExecutionEvent extends DecisionFacts {
  readonly event_id: string
  /** Of the run. */
  readonly trace_id: string
  /** Counts 0, 1, 2, … over the run. */
  readonly seq: number
  readonly schema_version: 1
  readonly source_version: string
  readonly tool: string
  readonly call_id: string
  readonly status: ToolStatus
  /** Of the decision; null where there is none. */
  readonly request_id: string | null
  readonly decision: Decision | null
  readonly arguments: unknown
  readonly output: unknown
  readonly error: string | null
}

export const SOURCE_VERSION: string = `bighub-openai@${VERSION}`

/** The events of one run, numbered as they come. */
export class EventLog {
  readonly traceId: string
  readonly #events: ToolExecutionEvent[] = []
  readonly #sourceVersion: string
  #seq: number

  /** @param after - The last event of the run that is gone on with. */
  constructor(sourceVersion: string, after?: ToolExecutionEvent) {
    this.#sourceVersion = sourceVersion
    this.traceId = after?.trace_id ?? crypto.randomUUID()
    this.#seq = after ? after.seq + 1 : 0
  }

  get events(): readonly ToolExecutionEvent[] {
    return this.#events
  }

  add(call: HandledCall): ToolExecutionEvent {
    const requestId = call.decision?.['request_id']
    const event: ToolExecutionEvent = {
      event_id: crypto.randomUUID(),
      trace_id: this.traceId,
      seq: this.#seq++,
      schema_version: 1,
      source_version: this.#sourceVersion,
      tool: call.tool,
      call_id: call.callId,
      status: call.status,
      request_id: typeof requestId === 'string' ? requestId : null,
      decision: call.decision,
      arguments: call.arguments,
      output: call.output,
      error: call.error,
      ...readDecision(call.decision),
    }
    this.#events.push(event)
    return event
  }
}
