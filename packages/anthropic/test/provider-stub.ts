import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import { onTestFinished } from 'vitest'

/** One call as the model writes it. */
export type Call = readonly [id: string, tool: string, input: Record<string, unknown>]

/** A result of a tool as the model reads it. */
export interface ReadResult {
  readonly isError: boolean
  readonly text: string
}

/** A server on loopback that speaks the provider's protocol, by script, and the real client for it. */
export interface ProviderStub {
  readonly client: Anthropic
  /** What the model read in its last request, by call id. */
  results(): Readonly<Record<string, ReadResult>>
}

interface Block {
  readonly type: string
  readonly tool_use_id?: string
  readonly is_error?: boolean
  readonly content?: string | readonly { readonly type: string; readonly text?: string }[]
}

/** Starts a {@link ProviderStub} that ends with the test. After its script the model says "done". */
export async function startProvider(...script: readonly (readonly Call[])[]): Promise<ProviderStub> {
  const requests: { readonly messages: readonly { readonly content: string | readonly Block[] }[] }[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    request.on('end', () => {
      requests.push(JSON.parse(text) as (typeof requests)[number])
      const calls = script[requests.length - 1]
      const content = calls
        ? calls.map(([id, name, input]) => ({ type: 'tool_use', id, name, input }))
        : [{ type: 'text', text: 'done' }]
      const stop_reason = calls ? 'tool_use' : 'end_turn'
      const usage = { input_tokens: 1, output_tokens: 1 }
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify({
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          model: 'by-script',
          content,
          stop_reason,
          usage,
        }),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const client = new Anthropic({ apiKey: 'sk-test', baseURL: `http://127.0.0.1:${port}`, maxRetries: 0 })
  return { client, results: () => readResults(requests.at(-1)?.messages.at(-1)?.content ?? []) }
}

function readResults(content: string | readonly Block[]): Record<string, ReadResult> {
  if (typeof content === 'string') return {}
  return Object.fromEntries(
    content.map(({ tool_use_id = '', is_error = false, content: body = '' }) => [
      tool_use_id,
      { isError: is_error, text: typeof body === 'string' ? body : body.map(({ text }) => text).join('\n') },
    ]),
  )
}
