import { type ContentBlock, ToolMessage } from '@langchain/core/messages'

/**
 * A tool's output with a note for the model at its end. The output itself is left as it is; where nothing in it can carry the
 * note (data for a program), it is returned unchanged.
 *
 * @param toolCallId - The call that the output answers; a command may hold messages of others.
 */
export function appendNote(output: unknown, note: string, toolCallId: string | undefined): unknown {
  if (typeof output === 'string') return appendToText(output, note)
  if (ToolMessage.isInstance(output)) return appendToMessage(output, note)
  if (isContentList(output)) return [...output, toBlock(note)]
  if (isCommand(output)) return appendToCommand(output, note, toolCallId)
  return output
}

/** A tool message with the note; everything else of it is kept. */
function appendToMessage(message: ToolMessage, note: string): ToolMessage {
  const { content, name, id, status, artifact, metadata } = message
  return new ToolMessage({
    content: typeof content === 'string' ? appendToText(content, note) : [...content, toBlock(note)],
    tool_call_id: message.tool_call_id,
    additional_kwargs: message.additional_kwargs,
    response_metadata: message.response_metadata,
    ...(name === undefined ? {} : { name }),
    ...(id === undefined ? {} : { id }),
    ...(status === undefined ? {} : { status }),
    ...(artifact === undefined ? {} : { artifact }),
    ...(metadata === undefined ? {} : { metadata }),
  })
}

/** The tool message of this call among those that a command writes to the state, wherever it stands there. */
function appendToCommand(command: CommandLike, note: string, toolCallId: string | undefined): CommandLike {
  const replace = (each: unknown): unknown =>
    ToolMessage.isInstance(each) && each.tool_call_id === toolCallId ? appendToMessage(each, note) : each
  const replaceAll = (value: unknown): unknown => (Array.isArray(value) ? value.map(replace) : replace(value))
  const { update } = command
  const noted = Array.isArray(update)
    ? update.map((entry: unknown) => (Array.isArray(entry) ? [entry[0], replaceAll(entry[1])] : entry))
    : Object.fromEntries(Object.entries(update ?? {}).map(([key, value]) => [key, replaceAll(value)]))
  const copy: CommandLike = Object.create(Object.getPrototypeOf(command), Object.getOwnPropertyDescriptors(command))
  return Object.assign(copy, update === undefined ? {} : { update: noted })
}

interface CommandLike {
  readonly lg_name: 'Command'
  readonly update?: object
}

/** LangGraph's own test for its commands; the class is not imported, since the package is not needed for anything else. */
function isCommand(value: unknown): value is CommandLike {
  return typeof value === 'object' && value !== null && (value as { lg_name?: unknown }).lg_name === 'Command'
}

function isContentList(value: unknown): value is object[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each) => each !== null && typeof each === 'object' && 'type' in each)
  )
}

function appendToText(text: string, note: string): string {
  return text === '' ? note : `${text}\n\n${note}`
}

function toBlock(note: string): ContentBlock.Text {
  return { type: 'text', text: note }
}
