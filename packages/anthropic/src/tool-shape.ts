/** A block of a tool's result; the kinds are the provider's affair. */
export interface ContentBlock {
  readonly type: string
  readonly text?: string
}

/** What the tool runner hands to a tool besides its arguments. */
export interface RunContext {
  readonly toolUse?: { readonly id: string }
  readonly toolUseBlock?: { readonly id: string }
  readonly signal?: AbortSignal | null | undefined
}

/** A tool that the tool runner runs, whatever it takes. */
export interface RunnableTool {
  // Bivariant, as the SDK's own tools are: one list holds tools with different arguments.
  run(args: unknown, context?: RunContext): string | readonly ContentBlock[] | Promise<string | readonly ContentBlock[]>
}

export function isRunnable(tool: object): tool is RunnableTool {
  return typeof (tool as Partial<RunnableTool>).run === 'function'
}
