import type { Guard, ToolOptions } from '@bighub/core'
import type { FunctionTool } from '@openai/agents'

/** What the hooks of one tool have to know. */
export interface HookedTool {
  readonly guard: Guard
  readonly name: string
  readonly options: ToolOptions
}

/** A function tool of the SDK, whatever its context, parameters and result. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyFunctionTool = FunctionTool<any, any, any>
