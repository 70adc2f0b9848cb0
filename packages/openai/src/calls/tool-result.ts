import type { ModelView } from '@bighub/core'
import { type Decision, type DecisionFacts, readDecision } from './decision-facts.ts'
import type { HandledCall } from './handle-call.ts'
import type { ToolStatus } from './tool-execution-event.ts'

/** What the model reads of a tool call, as JSON text. All keys are there; null is what is unknown or not for the model. */
export interface ToolResult extends DecisionFacts {
  readonly status: ToolStatus
  readonly decision: Decision | null
  readonly output: unknown
  readonly error: string | null
  /** How to go on, where the call ran with caution. */
  readonly note?: string
}

/**
 * The text for the model. In view `full` it is the whole record; in `safe` what the call came to, in words that name neither
 * score nor rule.
 */
export function toModelText(call: HandledCall, view: ModelView): string {
  const facts = readDecision(call.decision)
  const own = call.note === null ? {} : { note: call.note }
  const full: ToolResult = {
    status: call.status,
    decision: call.decision,
    output: call.output,
    error: call.error,
    ...facts,
    ...own,
  }
  if (view === 'full') return JSON.stringify(full)
  return JSON.stringify({
    ...full,
    decision: null,
    error: call.messageForModel ?? call.error,
    risk_score: null,
    enforcement_mode: null,
    trajectory_health: null,
    risk_band: null,
    confidence_zone: null,
    regret_band: null,
    decision_packet: null,
  } satisfies ToolResult)
}
