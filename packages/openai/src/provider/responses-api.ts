import type { RegisteredTool } from '../tools/tool-registry.ts'
import {
  type CallOutput,
  type Conversation,
  field,
  listField,
  type ModelApi,
  type ModelCall,
  type RunRequest,
  type Turn,
  textField,
} from './model-api.ts'
import type { OpenAIClient } from './openai-client.ts'
import type { ModelEvent } from './stream-event.ts'

/** The Responses API. */
export function createResponsesApi(responses: NonNullable<OpenAIClient['responses']>): ModelApi {
  return {
    toolForm,
    converse: (request, tools) => new ResponsesConversation(request, tools.map(toolForm)),
    create: (body, options) => responses.create(body, options),
  }
}

function toolForm({ name, description, parameters, strict }: RegisteredTool) {
  return { type: 'function', name, description, parameters: parameters.jsonSchema, strict }
}

/**
 * Without a stored answer nothing can be referred to, so every request carries the whole conversation: what went in, what the
 * model wrote, what its calls came to. Where the provider keeps it (`store: true`, or a `conversation`), only the news are sent.
 */
class ResponsesConversation implements Conversation {
  readonly #base: Readonly<Record<string, unknown>>
  readonly #isKept: boolean
  #input: string | readonly unknown[]
  #previousId: string | null = null

  constructor({ model, input, instructions, temperature, extra = {} }: RunRequest, tools: readonly object[]) {
    const { input: _, tools: more, stream: __, ...rest } = extra
    this.#base = {
      model,
      ...(instructions ? { instructions } : {}),
      ...(temperature === undefined ? {} : { temperature }),
      store: false,
      ...rest,
      tools: [...tools, ...(Array.isArray(more) ? (more as unknown[]) : [])],
    }
    this.#isKept = rest['store'] === true || rest['conversation'] != null
    this.#input = input
  }

  body(): object {
    const base = { ...this.#base, input: this.#input }
    if (this.#previousId === null || this.#base['conversation'] != null) return base
    return { ...base, previous_response_id: this.#previousId }
  }

  read(answer: unknown): Turn {
    const output = listField(answer, 'output')
    const status = textField(answer, 'status')
    if (field(answer, 'output') === undefined || status === 'failed')
      throw new Error(`the answer cannot be used: ${describeFailure(answer)}`)
    return {
      responseId: textField(answer, 'id'),
      text: textField(answer, 'output_text') || output.flatMap(contentTexts).join(''),
      output,
      // A call of an answer that was cut off may be half a call.
      calls: status === 'incomplete' ? [] : output.flatMap(toCall),
    }
  }

  add(turn: Turn, outputs: readonly CallOutput[]): void {
    const results = outputs.map(({ callId, text }) => ({ type: 'function_call_output', call_id: callId, output: text }))
    if (this.#isKept) {
      this.#previousId = turn.responseId
      this.#input = results
      return
    }
    const before =
      typeof this.#input === 'string' ? [{ type: 'message', role: 'user', content: this.#input }] : this.#input
    this.#input = [...before, ...turn.output.filter(canBeSentAgain), ...results]
  }

  async *readStream(parts: AsyncIterable<unknown>): AsyncGenerator<ModelEvent, unknown, void> {
    let answer: unknown
    let response_id: string | null = null
    const items = new Map<unknown, unknown>()
    for await (const part of parts) {
      response_id = textField(field(part, 'response'), 'id') ?? response_id
      const type = textField(part, 'type')
      const output_index = Number(field(part, 'output_index') ?? 0)
      const delta = textField(part, 'delta') ?? ''
      const item = field(part, 'item') ?? items.get(output_index)
      const call_id = textField(item, 'call_id')
      if (type === 'response.output_text.delta') yield { type: 'llm_delta', delta, response_id }
      else if (type === 'response.output_text.done')
        yield { type: 'llm_text_done', text: textField(part, 'text') ?? '', response_id }
      else if (type === 'response.output_item.added') {
        items.set(output_index, item)
        yield { type: 'output_item_added', item_type: textField(item, 'type') ?? '', output_index, response_id }
      } else if (type === 'response.function_call_arguments.delta')
        yield { type: 'function_call_args_delta', delta, call_id, output_index, response_id }
      else if (type === 'response.function_call_arguments.done') {
        const name = textField(part, 'name') ?? textField(item, 'name')
        const written = textField(part, 'arguments') ?? ''
        yield { type: 'function_call_args_done', arguments: written, call_id, name, output_index, response_id }
      } else if (type === 'response.refusal.delta') yield { type: 'refusal_delta', delta, response_id }
      else if (type === 'response.failed') {
        answer = field(part, 'response')
        yield { type: 'response_failed', error: field(answer, 'error') ?? null, response_id }
      } else if (type === 'response.completed' || type === 'response.done' || type === 'response.incomplete') {
        answer = field(part, 'response')
        yield { type: 'response_done', response_id }
      }
    }
    if (answer === undefined) throw new Error('the stream ended before the answer was complete')
    return answer
  }
}

/** Reasoning that the provider did not store cannot be referred to: it can go back only with its encrypted content. */
function canBeSentAgain(item: unknown): boolean {
  return textField(item, 'type') !== 'reasoning' || textField(item, 'encrypted_content') !== null
}

function toCall(item: unknown): ModelCall[] {
  const callId = textField(item, 'call_id')
  const name = textField(item, 'name')
  if (textField(item, 'type') !== 'function_call' || callId === null || name === null) return []
  return [{ callId, name, arguments: field(item, 'arguments') }]
}

function contentTexts(item: unknown): string[] {
  return listField(item, 'content').flatMap((block) => textField(block, 'text') ?? [])
}

function describeFailure(answer: unknown): string {
  return textField(field(answer, 'error'), 'message') ?? textField(answer, 'status') ?? 'it has no output'
}
