import type { LanguageModelV4Content, LanguageModelV4StreamPart, LanguageModelV4ToolCall } from '@ai-sdk/provider'
import { convertArrayToReadableStream, MockLanguageModelV4 } from 'ai/test'

/** One turn of the model: text, or tool calls. */
export type Turn = string | readonly LanguageModelV4ToolCall[]

/** A tool call as the model writes it; arguments given as text go out as they are, well-formed or not. */
export function toolCall(toolCallId: string, toolName: string, input: unknown): LanguageModelV4ToolCall {
  return {
    type: 'tool-call',
    toolCallId,
    toolName,
    input: typeof input === 'string' ? input : JSON.stringify(input),
  }
}

/** A model that says its turns one after another, in generate and in stream mode; after the last one it says "done". */
export function scriptedModel(...turns: readonly Turn[]): MockLanguageModelV4 {
  let step = 0
  const next = (): { content: LanguageModelV4Content[]; reason: 'stop' | 'tool-calls' } => {
    const turn = turns[step++] ?? 'done'
    return typeof turn === 'string'
      ? { content: [{ type: 'text', text: turn }], reason: 'stop' }
      : { content: [...turn], reason: 'tool-calls' }
  }
  return new MockLanguageModelV4({
    doGenerate: async () => {
      const { content, reason } = next()
      return { content, finishReason: { unified: reason, raw: undefined }, usage: USAGE, warnings: [] }
    },
    doStream: async () => {
      const { content, reason } = next()
      const parts: LanguageModelV4StreamPart[] = content.flatMap((part): LanguageModelV4StreamPart[] =>
        part.type === 'text'
          ? [
              { type: 'text-start', id: 't' },
              { type: 'text-delta', id: 't', delta: part.text },
              { type: 'text-end', id: 't' },
            ]
          : part.type === 'tool-call'
            ? [part]
            : [],
      )
      const end: LanguageModelV4StreamPart = {
        type: 'finish',
        finishReason: { unified: reason, raw: undefined },
        usage: USAGE,
      }
      return { stream: convertArrayToReadableStream([{ type: 'stream-start', warnings: [] }, ...parts, end]) }
    },
  })
}

/** The text that the model read as results of tools, in the last request, by call id. */
export function readResults(model: MockLanguageModelV4): Record<string, { type: string; text: string }> {
  const request = [...model.doGenerateCalls, ...model.doStreamCalls].at(-1)
  const results = (request?.prompt ?? []).flatMap((message) =>
    message.role === 'tool' ? message.content.flatMap((part) => (part.type === 'tool-result' ? [part] : [])) : [],
  )
  return Object.fromEntries(
    results.map(({ toolCallId, output }) => {
      const value = 'value' in output ? output.value : 'reason' in output ? output.reason : undefined
      return [toolCallId, { type: output.type, text: typeof value === 'string' ? value : JSON.stringify(value) }]
    }),
  )
}

const USAGE = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
}
