import {
  type Guard,
  type ToolAnnotations,
  type ToolOptions,
  type ToolOptionsByName,
  toolOptionsFor,
} from '@bighub/core'
import type { ClientTool, ServerTool } from '@langchain/core/tools'

/** A tool as LangChain's lists hold it: one that runs here, or a description of one that the model provider runs. */
export type AnyTool = ClientTool | ServerTool

/** Options given to `guardTools`, so that the middleware of the same guard judges the same call in the same way. */
const wrappedOptions = new WeakMap<Guard, Map<string, ToolOptions>>()

/** Remembers the options that a tool was wrapped with. */
export function rememberOptions(guard: Guard, tool: string, options: ToolOptions): void {
  const known = wrappedOptions.get(guard) ?? new Map<string, ToolOptions>()
  wrappedOptions.set(guard, known.set(tool, options))
}

/** The options of a tool by name: the ones given here, else the ones it was wrapped with. */
export function optionsOf(guard: Guard, tool: string, options: ToolOptionsByName): ToolOptions {
  if (Object.hasOwn(options, tool)) return toolOptionsFor(options, tool)
  return wrappedOptions.get(guard)?.get(tool) ?? {}
}

/** The options with what the tool's author claims about it, where they do not say so themselves (MCP tools carry it along). */
export function withAnnotations(options: ToolOptions, tool: AnyTool | undefined): ToolOptions {
  const { metadata } = (tool ?? {}) as { metadata?: { annotations?: unknown } }
  const annotations = metadata?.annotations
  if (options.annotations || typeof annotations !== 'object' || annotations === null) return options
  return { ...options, annotations: pickHints(annotations as Record<string, unknown>) }
}

/** The name a tool goes by; function definitions may have it one level down, provider tools may have a type only. */
export function nameOf(tool: AnyTool): string {
  const { name, type, function: definition } = tool as { name?: unknown; type?: unknown; function?: { name?: unknown } }
  if (typeof name === 'string') return name
  if (typeof definition?.name === 'string') return definition.name
  return typeof type === 'string' ? type : 'unnamed tool'
}

/** Whether the tool has an implementation that runs in this process. */
export function runsHere(tool: AnyTool): tool is ClientTool {
  return typeof (tool as { invoke?: unknown }).invoke === 'function'
}

const HINTS = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const

function pickHints(annotations: Record<string, unknown>): ToolAnnotations {
  return Object.fromEntries(
    HINTS.flatMap((hint) => (typeof annotations[hint] === 'boolean' ? [[hint, annotations[hint]]] : [])),
  )
}
