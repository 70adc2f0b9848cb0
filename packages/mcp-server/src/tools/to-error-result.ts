import { BighubError, type InvalidInputError } from '@bighub/core/protocol'
import type { CallToolResult } from '@modelcontextprotocol/server'

/** A call that failed, for whoever runs the server. */
export interface ToolFailure {
  readonly tool: string
  readonly code: string
  /** The one that the model was told. */
  readonly requestId: string
  readonly error: unknown
}

/**
 * What a model is told of a failure: what happened, code and request id, as JSON text. Never a stack, and of an error that nobody
 * threw on purpose not its words either.
 *
 * There is no structured content: clients check it against the form of a success.
 */
export function toErrorResult({ code, requestId, error }: ToolFailure): CallToolResult {
  const body = {
    code,
    message: BighubError.isInstance(error)
      ? error.message
      : 'the tool failed unexpectedly; whoever runs this server finds the reason in its log, under the request id',
    request_id: requestId,
    is_retryable: BighubError.isInstance(error) && error.isRetryable,
    ...(isInvalidInput(error) ? { field: error.field } : {}),
    ...answered(error),
  }
  return { isError: true, content: [{ type: 'text', text: JSON.stringify({ error: body }, null, 2) }] }
}

export function codeOf(error: unknown): string {
  return BighubError.isInstance(error) ? error.code : 'internal_error'
}

/** The id that a server gave the failed request; null if there was no server, or it gave none. */
export function requestIdOf(error: unknown): string | null {
  const id = BighubError.isInstance(error) && 'requestId' in error ? error.requestId : null
  return typeof id === 'string' ? id : null
}

function isInvalidInput(error: unknown): error is InvalidInputError {
  return BighubError.isInstance(error) && 'field' in error && typeof error.field === 'string'
}

/** Status and detail of errors that a server's answer led to (`ApiFailure` of the client, which this folder does not know). */
function answered(error: unknown): { readonly status?: number; readonly detail?: unknown } {
  if (!BighubError.isInstance(error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return {}
  return { status: error.statusCode, ...('detail' in error && error.detail !== null ? { detail: error.detail } : {}) }
}
