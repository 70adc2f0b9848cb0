import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import OpenAI from 'openai'
import { onTestFinished } from 'vitest'

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

/** A server on loopback that speaks the provider's protocol, by script, and the real client for it. */
export interface ProviderStub {
  readonly client: OpenAI
  readonly requests: readonly SeenRequest[]
}

/** Starts a {@link ProviderStub} that ends with the test. After its script it says "done". */
export async function startProvider(...script: readonly ScriptedTurn[]): Promise<ProviderStub> {
  const requests: SeenRequest[] = []
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      requests.push({ path: request.url ?? '', body })
      const turn = script[requests.length - 1] ?? { text: 'done' }
      const id = `resp_${requests.length}`
      if (request.url === '/v1/responses') answer(response, body, turn, toResponse(id, turn), responseParts)
      else answer(response, body, turn, toCompletion(id, turn), completionParts)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { requests, client: new OpenAI({ apiKey: 'sk-test', baseURL: `http://127.0.0.1:${port}/v1` }) }
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

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
}

function answer<T extends object>(
  response: ServerResponse,
  body: Readonly<Record<string, unknown>>,
  turn: ScriptedTurn,
  whole: T,
  toParts: (whole: T) => readonly object[],
): void {
  if (turn.breaks === 'at once') {
    response.destroy()
    return
  }
  if (turn.status !== undefined) {
    response.writeHead(turn.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: { message: 'by script', type: 'scripted' } }))
    return
  }
  if (body['stream'] !== true) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(turn.answer ?? whole))
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const parts = toParts(whole)
  const sent = turn.breaks === 'midway' ? parts.slice(0, 2) : parts
  for (const part of sent)
    response.write(`event: ${String('type' in part && part.type)}\ndata: ${JSON.stringify(part)}\n\n`)
  // What was written has to arrive before the connection is cut.
  if (turn.breaks === 'midway') response.write('', () => response.destroy())
  else response.end('data: [DONE]\n\n')
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
