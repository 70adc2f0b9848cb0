import type { ExecutableTool, ModelOutput, ModelOutputInput } from './tool-shape.ts'

/** Most notes kept; the oldest goes first. A note lost this way is not shown again when an old history is replayed. */
const CAPACITY = 1000

/**
 * Notes for the model about results that ran with caution. They are not part of the result, which belongs to the application
 * as the tool returned it; the model reads them at the end of its own view of that result.
 */
export class CautionNotes {
  readonly #notes = new Map<string, string>()

  /** Keeps the note of a call until its result is turned into the model's view, again and again in each later step. */
  keep(toolCallId: string, note: string): void {
    this.#notes.set(toolCallId, note)
    if (this.#notes.size <= CAPACITY) return
    const oldest = this.#notes.keys().next()
    if (!oldest.done) this.#notes.delete(oldest.value)
  }

  /** The tool's `toModelOutput`, or the SDK's default, with the note at its end. */
  toModelOutputOf(tool: ExecutableTool): NonNullable<ExecutableTool['toModelOutput']> {
    return async (result) => {
      const output = tool.toModelOutput ? await tool.toModelOutput(result) : defaultModelOutput(result)
      const note = this.#notes.get(result.toolCallId)
      return note === undefined ? output : withNote(output, note)
    }
  }
}

/** What the SDK does for a tool without `toModelOutput`: text as text, everything else as JSON. */
function defaultModelOutput({ output }: ModelOutputInput): ModelOutput {
  if (typeof output === 'string') return { type: 'text', value: output }
  const text = JSON.stringify(output)
  return { type: 'json', value: text === undefined ? null : JSON.parse(text) }
}

/** Data become text, since a note cannot stand inside them; errors and kinds unknown here stay as they are. */
function withNote(output: ModelOutput, note: string): ModelOutput {
  if (output.type === 'text') return { ...output, value: `${String(output.value)}\n\n${note}` }
  if (output.type === 'json') return { ...output, type: 'text', value: `${JSON.stringify(output.value)}\n\n${note}` }
  if (output.type === 'content' && Array.isArray(output.value))
    return { ...output, value: [...(output.value as unknown[]), { type: 'text', text: note }] }
  return output
}
