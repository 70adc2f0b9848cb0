import type { BegunCall } from '@bighub/core'
import type { Agent } from '@openai/agents'

const notes = new WeakMap<BegunCall, string>()

/** Keeps the note of a call until its output is shown to the model. */
export function keepNote(begun: BegunCall, note: string | null): void {
  if (note !== null) notes.set(begun, note)
}

/** The note of a call, if it ran with caution. */
export function noteOf(begun: BegunCall): string | undefined {
  return notes.get(begun)
}

/**
 * A tool's output with a note behind it, as text; undefined where a note has no place: images, files and lists of parts, and
 * outputs that end the run, since those answer the user.
 */
export function withNote(
  output: unknown,
  note: string,
  { agent, tool }: { agent: Pick<Agent, 'toolUseBehavior'>; tool: string },
): string | undefined {
  if (endsRun(agent.toolUseBehavior, tool)) return undefined
  if (typeof output === 'string') return `${output}\n\n${note}`
  if (isText(output)) return `${output.text}\n\n${note}`
  if (typeof output === 'object' && output !== null && (Array.isArray(output) || 'type' in output)) return undefined
  const text = JSON.stringify(output)
  return text === undefined ? note : `${text}\n\n${note}`
}

function isText(output: unknown): output is { readonly text: string } {
  const { type, text } = (output ?? {}) as { type?: unknown; text?: unknown }
  return type === 'text' && typeof text === 'string'
}

function endsRun(behavior: Agent['toolUseBehavior'], tool: string): boolean {
  if (typeof behavior === 'string') return behavior === 'stop_on_first_tool'
  return typeof behavior === 'object' && behavior.stopAtToolNames.includes(tool)
}
