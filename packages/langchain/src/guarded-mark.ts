import type { Guard } from '@bighub/core'

/** Shared by all adapters, so that a mark is seen across two copies of a package. */
const GUARDED: unique symbol = Symbol.for('bighub.guarded')

interface MarkedTool {
  readonly [GUARDED]?: readonly Guard[]
}

interface MarkedCall {
  readonly [GUARDED]?: readonly { readonly guard: Guard; readonly tool: string }[]
}

/** Whether a tool object judges its calls with this guard already. */
export function isGuardedBy(guard: Guard, tool: object): boolean {
  return (tool as MarkedTool)[GUARDED]?.includes(guard) ?? false
}

/** Marks a tool as guarded, in place; marks of other guards stay. */
export function markGuarded(guard: Guard, tool: object): void {
  const guards = [...((tool as MarkedTool)[GUARDED] ?? []), guard]
  Object.defineProperty(tool, GUARDED, { value: guards, configurable: true })
}

/**
 * Whether a call of this tool was judged by this guard further out, so that judging it again would be one too many. The mark
 * is a symbol on the tool call: nothing a model writes can set it.
 */
export function isJudgedBy(guard: Guard, tool: string, toolCall: object | undefined): boolean {
  const call: MarkedCall | undefined = toolCall
  const marks = call?.[GUARDED] ?? []
  return marks.some((mark) => mark.guard === guard && mark.tool === tool)
}

/** A copy of a tool call that says it was judged. */
export function markJudged<Call extends { readonly name: string }>(guard: Guard, toolCall: Call): Call {
  const marks = (toolCall as MarkedCall)[GUARDED] ?? []
  return { ...toolCall, [GUARDED]: [...marks, { guard, tool: toolCall.name }] }
}
