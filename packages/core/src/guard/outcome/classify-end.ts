import { findOutcomeStatus, type OutcomeStatus } from '../../protocol/index.ts'
import type { CallEnd, MappedOutcome, ToolOptions } from '../tool-options.ts'

/** The part of an outcome report that says how a call ended. */
export interface ReportedEnd {
  readonly status: OutcomeStatus
  readonly correction_needed?: boolean
  readonly details?: Record<string, unknown>
}

/** What a call that ran leaves behind: the effect's state and the status to report (guard.md §2). */
export interface ClassifiedEnd {
  readonly state: 'succeeded' | 'failed'
  /** Null where it is not known yet what came of it. */
  readonly report: ReportedEnd | null
  /** The tool said that it failed. */
  readonly isError: boolean
}

/**
 * SUCCESS for a result, FAILURE for an exception or an `isError` result, unless the tool's own mapping says otherwise, or that
 * it is not known yet (null): then the effect is settled and the decision stays open until somebody tells. A
 * mapping that throws or answers nonsense is ignored, since the call has run and its outcome must be reported.
 */
export function classifyEnd(end: CallEnd<unknown>, tool: ToolOptions): ClassifiedEnd {
  const isError = end.status === 'threw' || isErrorResult(end.value)
  const mapped = readMapping(end, tool)
  if (mapped === null) return { state: isError ? 'failed' : 'succeeded', report: null, isError }
  if (mapped)
    return {
      state: findOutcomeStatus(mapped.status)?.category === 'negative' ? 'failed' : 'succeeded',
      report: { status: mapped.status, ...(mapped.details ? { details: { ...mapped.details } } : {}) },
      isError,
    }
  if (!isError) return { state: 'succeeded', report: { status: 'SUCCESS' }, isError }
  const text = end.status === 'threw' ? describeError(end.error) : describeErrorResult(end.value)
  return { state: 'failed', report: { status: 'FAILURE', correction_needed: true, details: { error: text } }, isError }
}

function readMapping(end: CallEnd<unknown>, tool: ToolOptions): MappedOutcome | null | undefined {
  try {
    const mapped = tool.outcome?.(end)
    if (mapped === null) return null
    const outcome = typeof mapped === 'string' ? { status: mapped } : mapped
    return outcome && findOutcomeStatus(outcome.status) ? outcome : undefined
  } catch {
    return undefined
  }
}

/** `isError: true` as MCP results carry it, `status: "error"` as LangChain's tool messages do. */
export function isErrorResult(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const record = value as { isError?: unknown; status?: unknown; tool_call_id?: unknown }
  return record.isError === true || (record.status === 'error' && typeof record.tool_call_id === 'string')
}

/** One line of what was thrown, also when it is no Error. */
export function describeError(error: unknown): string {
  if (error instanceof Error) return `${error.name}: ${error.message}`.slice(0, 500)
  return `thrown ${typeof error}: ${safeText(error)}`.slice(0, 500)
}

function describeErrorResult(value: unknown): string {
  return safeText((value as { content?: unknown }).content).slice(0, 500)
}

/** Text of anything, never throwing. */
export function safeText(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return (
      JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? each.toString() : each)) ?? String(value)
    )
  } catch {
    return Object.prototype.toString.call(value)
  }
}

/** What a result says, without its envelope: tool messages and MCP results carry it under `content`. */
export function observedText(value: unknown): string {
  if (typeof value !== 'object' || value === null || !('content' in value)) return safeText(value)
  const { content } = value
  if (!Array.isArray(content)) return safeText(content)
  return content.map((part: unknown) => safeText((part as { text?: unknown } | null)?.text ?? part)).join('\n')
}
