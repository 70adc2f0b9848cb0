import type { ToolAnnotations, ToolOptions } from '@bighub/core'

/**
 * A tool as far as the guard needs it. Written down here rather than imported, so that the adapter's types stand for every
 * version of the SDK that behaves this way.
 */
export interface ExecutableTool {
  execute(this: unknown, input: unknown, options: CallOptions): unknown
  needsApproval?: boolean | ((input: unknown, options: CallOptions) => boolean | PromiseLike<boolean>)
  toModelOutput?: (result: ModelOutputInput) => ModelOutput | PromiseLike<ModelOutput>
  readonly metadata?: unknown
}

/** What the SDK hands to a tool beside its input; nothing at all when the tool is called by hand. */
export interface CallOptions {
  readonly toolCallId?: string
  readonly messages?: readonly Message[]
  readonly abortSignal?: AbortSignal
}

/** A message of the history, as far as the guard reads it. */
export interface Message {
  readonly role: string
  readonly content: unknown
}

export interface ModelOutputInput {
  readonly toolCallId: string
  readonly input: unknown
  readonly output: unknown
}

/** What the model reads of a result: text, data, or a list of parts. */
export interface ModelOutput {
  readonly type: string
  readonly value?: unknown
}

/** Whether a tool runs in this process. */
export function isExecutable(tool: unknown): tool is ExecutableTool {
  return typeof (tool as Partial<ExecutableTool> | null)?.execute === 'function'
}

/** The options with what the tool's author claims about it, where they do not say so themselves (MCP tools carry it along). */
export function withAnnotations(options: ToolOptions, tool: ExecutableTool): ToolOptions {
  const { annotations } = (tool.metadata ?? {}) as { annotations?: unknown }
  if (options.annotations || typeof annotations !== 'object' || annotations === null) return options
  const claims = annotations as Record<string, unknown>
  const hints = HINTS.filter((hint) => typeof claims[hint] === 'boolean').map((hint) => [hint, claims[hint]])
  return { ...options, annotations: Object.fromEntries(hints) as ToolAnnotations }
}

const HINTS = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const
