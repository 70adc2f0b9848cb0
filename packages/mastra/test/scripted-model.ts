import { MockLanguageModelV4 } from 'ai/test'

/** One call as the model writes it. */
export type Call = readonly [id: string, tool: string, input: unknown]

/** A result of a tool as the model reads it. */
export interface ReadResult {
  readonly type: string
  readonly value: unknown
}

const USAGE = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
}

/** A model that calls tools turn after turn and says "done" after the last one. */
export function scriptedModel(...turns: readonly (readonly Call[])[]): MockLanguageModelV4 {
  const answers = [
    ...turns.map((calls) => ({
      content: calls.map(([toolCallId, toolName, input]) => ({
        type: 'tool-call' as const,
        toolCallId,
        toolName,
        input: typeof input === 'string' ? input : JSON.stringify(input),
      })),
      finishReason: { unified: 'tool-calls' as const, raw: undefined },
      usage: USAGE,
      warnings: [],
    })),
    {
      content: [{ type: 'text' as const, text: 'done' }],
      finishReason: { unified: 'stop' as const, raw: undefined },
      usage: USAGE,
      warnings: [],
    },
  ]
  return new MockLanguageModelV4({ doGenerate: answers })
}

/** What the model read as results of tools in its last request, by call id. */
export function readResults(model: MockLanguageModelV4): Record<string, ReadResult> {
  const messages = model.doGenerateCalls.at(-1)?.prompt ?? []
  return Object.fromEntries(
    messages.flatMap((message) =>
      message.role === 'tool'
        ? message.content.flatMap((part) =>
            part.type === 'tool-result' ? [[part.toolCallId, part.output as ReadResult] as const] : [],
          )
        : [],
    ),
  )
}
