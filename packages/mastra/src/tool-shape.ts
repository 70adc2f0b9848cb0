/** What Mastra hands to a tool besides its input. */
export interface ToolContext {
  readonly agent?: {
    readonly toolCallId?: string
    readonly threadId?: string
    readonly messages?: readonly unknown[]
    readonly suspend?: Suspend
  }
  readonly suspend?: Suspend
  readonly abortSignal?: AbortSignal
}

export type Suspend = (...args: readonly unknown[]) => unknown

/** A tool with an implementation, whatever it takes. */
export interface ExecutableTool {
  readonly id?: string
  readonly inputSchema?: { readonly '~standard'?: { readonly validate: (value: unknown) => unknown } }
  readonly mcp?: { readonly annotations?: Readonly<Record<string, unknown>> }
  execute(input: unknown, context?: ToolContext): unknown
}

export function isExecutable(tool: unknown): tool is ExecutableTool {
  return typeof (tool as Partial<ExecutableTool> | null)?.execute === 'function'
}
