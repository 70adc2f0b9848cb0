import {
  type CallOutput,
  type Conversation,
  field,
  listField,
  type ModelApi,
  type ModelCall,
  nestedToolForm,
  type RunRequest,
  type Turn,
  textField,
} from './model-api.ts'
import type { OpenAIClient } from './openai-client.ts'
import type { ModelEvent } from './stream-event.ts'

/** The Chat Completions API, which many other providers speak too. */
export function createChatCompletionsApi({ completions }: NonNullable<OpenAIClient['chat']>): ModelApi {
  return {
    toolForm: nestedToolForm,
    converse: (request, tools) => new ChatConversation(request, tools.map(nestedToolForm)),
    create: (body, options) => completions.create(body, options),
  }
}

/** The provider keeps nothing: every request carries the whole conversation. */
class ChatConversation implements Conversation {
  readonly #base: Readonly<Record<string, unknown>>
  #messages: readonly unknown[]

  constructor({ model, input, instructions, temperature, extra = {} }: RunRequest, tools: readonly object[]) {
    const { messages: _, tools: more, stream: __, ...rest } = extra
    this.#base = {
      model,
      ...(temperature === undefined ? {} : { temperature }),
      ...rest,
      tools: [...tools, ...(Array.isArray(more) ? (more as unknown[]) : [])],
    }
    this.#messages = [
      ...(instructions ? [{ role: 'system', content: instructions }] : []),
      ...(typeof input === 'string' ? [{ role: 'user', content: input }] : input),
    ]
  }

  body(): object {
    return { ...this.#base, messages: this.#messages }
  }

  read(answer: unknown): Turn {
    const [choice] = listField(answer, 'choices')
    const message = field(choice, 'message')
    if (message === undefined) throw new Error('the answer cannot be used: it has no message')
    const content = field(message, 'content')
    return {
      responseId: textField(answer, 'id'),
      text: typeof content === 'string' ? content : '',
      output: [message],
      // A call of an answer that was cut off may be half a call.
      calls: field(choice, 'finish_reason') === 'length' ? [] : listField(message, 'tool_calls').flatMap(toCall),
    }
  }

  add(turn: Turn, outputs: readonly CallOutput[]): void {
    const [message] = turn.output
    this.#messages = [
      ...this.#messages,
      { role: 'assistant', content: field(message, 'content') ?? null, tool_calls: field(message, 'tool_calls') },
      ...outputs.map(({ callId, text }) => ({ role: 'tool', tool_call_id: callId, content: text })),
    ]
  }

  async *readStream(parts: AsyncIterable<unknown>): AsyncGenerator<ModelEvent, unknown, void> {
    let response_id: string | null = null
    let content = ''
    let finish_reason: string | null = null
    const calls = new Map<number, { id: string; name: string; arguments: string }>()
    for await (const part of parts) {
      response_id = textField(part, 'id') ?? response_id
      const [choice] = listField(part, 'choices')
      const change = field(choice, 'delta')
      const delta = textField(change, 'content')
      if (delta) {
        content += delta
        yield { type: 'llm_delta', delta, response_id }
      }
      const refusal = textField(change, 'refusal')
      if (refusal) yield { type: 'refusal_delta', delta: refusal, response_id }
      for (const piece of listField(change, 'tool_calls')) {
        const output_index = Number(field(piece, 'index') ?? 0)
        const known = calls.get(output_index)
        if (!known) yield { type: 'output_item_added', item_type: 'function_call', output_index, response_id }
        const call = known ?? { id: '', name: '', arguments: '' }
        const written = textField(field(piece, 'function'), 'arguments') ?? ''
        call.id ||= textField(piece, 'id') ?? ''
        call.name ||= textField(field(piece, 'function'), 'name') ?? ''
        call.arguments += written
        calls.set(output_index, call)
        if (written)
          yield { type: 'function_call_args_delta', delta: written, call_id: call.id, output_index, response_id }
      }
      finish_reason = textField(choice, 'finish_reason') ?? finish_reason
    }
    if (finish_reason === null) throw new Error('the stream ended before the answer was complete')
    if (content) yield { type: 'llm_text_done', text: content, response_id }
    for (const [output_index, { id, name, arguments: written }] of calls)
      yield { type: 'function_call_args_done', arguments: written, call_id: id, name, output_index, response_id }
    yield { type: 'response_done', response_id }
    const tool_calls = [...calls.values()].map(({ id, ...call }) => ({ id, type: 'function', function: call }))
    const message = { role: 'assistant', content: content || null, ...(tool_calls.length > 0 ? { tool_calls } : {}) }
    return { id: response_id, choices: [{ message, finish_reason }] }
  }
}

function toCall(call: unknown): ModelCall[] {
  const callId = textField(call, 'id')
  const name = textField(field(call, 'function'), 'name')
  if (callId === null || name === null) return []
  return [{ callId, name, arguments: field(field(call, 'function'), 'arguments') }]
}
