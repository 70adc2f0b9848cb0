import type { Guard, ToolOptions } from '@bighub/core'

/** Shared by all adapters, so that a mark is seen across two copies of a package. */
const GUARDED: unique symbol = Symbol.for('bighub.guarded')

interface Mark {
  readonly guard: Guard
  readonly options: ToolOptions
}

/** The options that this guard guards a tool with; undefined if it does not. */
export function guardedOptions(guard: Guard, tool: unknown): ToolOptions | undefined {
  return readMarks(tool).find((mark) => mark.guard === guard)?.options
}

/** Marks a tool as guarded, in place; marks of other guards stay. */
export function markGuarded(guard: Guard, tool: object, options: ToolOptions): void {
  Object.defineProperty(tool, GUARDED, {
    value: [...readMarks(tool), { guard, options }],
    configurable: true,
    // Copies of the tool (`{ ...tool }`) keep its hooks, so they carry the mark.
    enumerable: true,
  })
}

function readMarks(tool: unknown): readonly Mark[] {
  return (tool as { readonly [GUARDED]?: readonly Mark[] } | null | undefined)?.[GUARDED] ?? []
}
