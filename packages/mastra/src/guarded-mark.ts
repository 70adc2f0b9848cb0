import type { Guard } from '@bighub/core'

/** Shared by all adapters, so that a mark is seen across two copies of a package. */
const GUARDED: unique symbol = Symbol.for('bighub.guarded')

/** Whether this guard guards a tool already. */
export function isGuarded(guard: Guard, tool: object): boolean {
  return guardsOf(tool).includes(guard)
}

/** Marks a tool as guarded, in place; marks of other guards stay. Copies of the tool carry the mark. */
export function markGuarded(guard: Guard, tool: object): void {
  Object.defineProperty(tool, GUARDED, { value: [...guardsOf(tool), guard], configurable: true, enumerable: true })
}

function guardsOf(tool: object): readonly Guard[] {
  return (tool as { readonly [GUARDED]?: readonly Guard[] })[GUARDED] ?? []
}
