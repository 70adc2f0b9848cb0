/** One call as the model writes it; arguments given as text go out as they are, well-formed or not. */
export type Call = readonly [id: string, tool: string, args: Record<string, unknown> | string]

/** One answer of the provider. */
export interface ScriptedTurn {
  readonly calls?: readonly Call[]
  readonly text?: string
  /** A reasoning item before the rest; its encrypted content, or null where the provider gives none. */
  readonly reasoning?: string | null
  /** An HTTP status other than 200. */
  readonly status?: number
  /** The connection breaks: before the answer, or in the middle of a stream. */
  readonly breaks?: 'at once' | 'midway'
  /** An answer in full, instead of one made from the fields above. */
  readonly answer?: object
}

export interface SeenRequest {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
}

/** The provider's answer to a request, by script; after it the model says "done". */
export interface ScriptedAnswer {
  readonly status: number
  readonly contentType: string
  /** The body, in the pieces that are sent. */
  readonly pieces: readonly string[]
}

/** Words the answer to one request in the form of the API that was asked. @param number - Of the request, from 1. */
export function answerTo({ path, body }: SeenRequest, turn: ScriptedTurn | undefined, number: number): ScriptedAnswer {
  const { status = 200, answer, ...rest } = turn ?? { text: 'done' }
  const json = (value: object): ScriptedAnswer => ({
    status,
    contentType: 'application/json',
    pieces: [JSON.stringify(value)],
  })
  if (status !== 200) return json({ error: { message: 'by script', type: 'scripted' } })
  if (answer) return json(answer)
  const id = `resp_${number}`
  const isResponses = path === '/v1/responses'
  if (body['stream'] !== true) return json(isResponses ? toResponse(id, rest) : toCompletion(id, rest))
  const parts = isResponses ? responseParts(toResponse(id, rest)) : completionParts(toCompletion(id, rest))
  const events = parts.map((part) => `event: ${String('type' in part && part.type)}\ndata: ${JSON.stringify(part)}\n\n`)
  return { status, contentType: 'text/event-stream', pieces: [...events, 'data: [DONE]\n\n'] }
}

/** The results of tools that the model read in a request, by call id, in order. */
export function readOutputs(request: SeenRequest | undefined): Record<string, Record<string, unknown>> {
  const { input, messages } = request?.body ?? {}
  const items = (Array.isArray(input) ? input : Array.isArray(messages) ? messages : []) as Record<string, string>[]
  return Object.fromEntries(
    items.flatMap((item) => {
      if (item['type'] === 'function_call_output') return [[item['call_id'], JSON.parse(item['output'] ?? '')]]
      return item['role'] === 'tool' ? [[item['tool_call_id'], JSON.parse(item['content'] ?? '')]] : []
    }),
  )
}

type Item = Record<string, unknown> & { type: string }

function toResponse(id: string, { calls = [], text, reasoning }: ScriptedTurn) {
  const output: Item[] = [
    ...(reasoning === undefined
      ? []
      : [
          {
            type: 'reasoning',
            id: `rs_${id}`,
            summary: [],
            ...(reasoning === null ? {} : { encrypted_content: reasoning }),
          },
        ]),
    ...calls.map(([call_id, name, args]) => ({
      type: 'function_call',
      id: `fc_${call_id}`,
      call_id,
      name,
      arguments: toText(args),
      status: 'completed',
    })),
    ...(text === undefined
      ? []
      : [
          {
            type: 'message',
            id: `msg_${id}`,
            role: 'assistant',
            content: [{ type: 'output_text', text, annotations: [] }],
          },
        ]),
  ]
  return { id, object: 'response', status: 'completed', output }
}

function responseParts(response: ReturnType<typeof toResponse>): object[] {
  const pieces = response.output.flatMap((item, output_index): object[] => {
    const added = { type: 'response.output_item.added', output_index, item }
    if (item.type === 'function_call') {
      const written = String(item['arguments'])
      const place = { item_id: item['id'], output_index }
      return [
        added,
        ...halves(written).map((delta) => ({ type: 'response.function_call_arguments.delta', delta, ...place })),
        { type: 'response.function_call_arguments.done', arguments: written, ...place },
      ]
    }
    if (item.type !== 'message') return [added]
    const [{ text }] = item['content'] as [{ text: string }]
    const deltas = halves(text).map((delta) => ({ type: 'response.output_text.delta', delta, output_index }))
    return [added, ...deltas, { type: 'response.output_text.done', text, output_index }]
  })
  const created = { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } }
  return [created, ...pieces, { type: 'response.completed', response }].map((part, sequence_number) => ({
    ...part,
    sequence_number,
  }))
}

function toCompletion(id: string, { calls = [], text }: ScriptedTurn) {
  const tool_calls = calls.map(([call_id, name, args]) => ({
    id: call_id,
    type: 'function',
    function: { name, arguments: toText(args) },
  }))
  const message = { role: 'assistant', content: text ?? null, ...(calls.length > 0 ? { tool_calls } : {}) }
  const finish_reason = calls.length > 0 ? 'tool_calls' : 'stop'
  return { id, object: 'chat.completion', choices: [{ index: 0, message, finish_reason }] }
}

function completionParts({ id, choices: [choice] }: ReturnType<typeof toCompletion>): object[] {
  const chunk = (delta: object, finish_reason: string | null = null): object => ({
    id,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason }],
  })
  if (!choice) return []
  const { content, tool_calls = [] } = choice.message
  return [
    chunk({ role: 'assistant', content: '' }),
    ...halves(content ?? '').map((piece) => chunk({ content: piece })),
    ...tool_calls.flatMap(({ id: callId, function: { name, arguments: written } }, index) => [
      chunk({ tool_calls: [{ index, id: callId, type: 'function', function: { name, arguments: '' } }] }),
      ...halves(written).map((piece) => chunk({ tool_calls: [{ index, function: { arguments: piece } }] })),
    ]),
    chunk({}, choice.finish_reason),
  ]
}

function toText(args: Record<string, unknown> | string): string {
  return typeof args === 'string' ? args : JSON.stringify(args)
}

function halves(text: string): string[] {
  const middle = Math.ceil(text.length / 2)
  return [text.slice(0, middle), text.slice(middle)].filter((part) => part !== '')
}
