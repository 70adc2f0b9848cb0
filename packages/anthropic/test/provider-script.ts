/** One call as the model writes it. */
export type Call = readonly [id: string, tool: string, input: unknown]

/** A result of a tool as the model reads it. */
export interface ReadResult {
  readonly isError: boolean
  readonly text: string
}

/** What is looked at in a request to the provider. */
export interface ProviderRequest {
  readonly messages: readonly { readonly content: string | readonly Block[] }[]
}

interface Block {
  readonly type: string
  readonly tool_use_id?: string
  readonly is_error?: boolean
  readonly content?: string | readonly { readonly type: string; readonly text?: string }[]
}

/** The model's answer: calls of tools, or else "done". */
export function answerTo(calls: readonly Call[] | undefined): object {
  const content = calls
    ? calls.map(([id, name, input]) => ({ type: 'tool_use', id, name, input }))
    : [{ type: 'text', text: 'done' }]
  const stop_reason = calls ? 'tool_use' : 'end_turn'
  const usage = { input_tokens: 1, output_tokens: 1 }
  return { id: 'msg_1', type: 'message', role: 'assistant', model: 'by-script', content, stop_reason, usage }
}

/** What the model read as results of tools in a request, by call id. */
export function readResults(request: ProviderRequest | undefined): Record<string, ReadResult> {
  const content = request?.messages.at(-1)?.content ?? []
  if (typeof content === 'string') return {}
  return Object.fromEntries(
    content.map(({ tool_use_id = '', is_error = false, content: body = '' }) => [
      tool_use_id,
      { isError: is_error, text: typeof body === 'string' ? body : body.map(({ text }) => text).join('\n') },
    ]),
  )
}
