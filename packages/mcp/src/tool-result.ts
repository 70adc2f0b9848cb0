import type { Refusal } from '@bighub/core'

/** A result of `tools/call`, as far as it is looked at. */
export interface ToolResult {
  readonly content?: unknown
  readonly isError?: boolean | undefined
  readonly [field: string]: unknown
}

/** A refusal in the protocol's own form: an error that the model reads. Output schemas do not apply to it. */
export function toRefusalResult({ message }: Pick<Refusal, 'message'>): ToolResult {
  return { isError: true, content: [{ type: 'text', text: message }] }
}

/** The result with a note for the model behind its content. Data in `structuredContent` stay as they are. */
export function withNote<Result extends ToolResult>(result: Result, note: string | null): Result {
  if (note === null) return result
  const content: readonly unknown[] = Array.isArray(result.content) ? result.content : []
  return { ...result, content: [...content, { type: 'text', text: note }] }
}
