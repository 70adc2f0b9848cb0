import type { Guard } from '@bighub/core'
import type { AdapterRun, AdapterRunOptions, AdapterSubject } from '@bighub/core/testing'
import { generateText, type ModelMessage, stepCountIs, streamText, type ToolSet, tool } from 'ai-6'
import { convertArrayToReadableStream, MockLanguageModelV3 } from 'ai-6/test'
import * as z from 'zod'
import { guardTools, recordAnswers } from '../src/index.ts'

/** The adapter on AI SDK 6, whose loop, models and messages are like those of 7 but not the same. */
export const subject6: AdapterSubject = {
  name: '@bighub/vercel-ai',
  framework: 'ai-6',
  modes: ['generateText', 'streamText'],
  holds: 'pause',
  skips: {},
  run,
}

interface Part {
  readonly type: string
  readonly approvalId?: string
  readonly toolCall?: { readonly toolCallId: string }
}

function run({ mode, guard, wraps, execute, calls, signal }: AdapterRunOptions): Promise<AdapterRun> {
  return goOn([{ role: 'user', content: 'Please pay it back.' }], scriptedModel(calls), guard)

  async function goOn(
    messages: ModelMessage[],
    model: MockLanguageModelV3,
    current: Guard | null,
  ): Promise<AdapterRun> {
    const around = signal ? { abortSignal: signal } : {}
    const settings = { model, tools: toolsOf(current), messages, stopWhen: stepCountIs(5), maxRetries: 0, ...around }
    try {
      const result =
        mode === 'generateText' ? await generateText(settings) : streamText({ ...settings, onError: () => {} })
      const parts = (await result.steps).flatMap(({ content }) => content as readonly Part[])
      const response = await result.response
      const asked = parts.filter(({ type }) => type === 'tool-approval-request')
      const read = readResults(model)
      if (asked.length === 0) return { read }
      return {
        read,
        resume: async (answers, other = current ?? undefined) => {
          const content = asked.map(({ approvalId = '', toolCall }) => ({
            type: 'tool-approval-response' as const,
            approvalId,
            approved: answers[toolCall?.toolCallId ?? ''] === 'approved',
          }))
          const history: ModelMessage[] = [...messages, ...response.messages, { role: 'tool', content }]
          if (other) await recordAnswers(other, history)
          return goOn(history, scriptedModel(), other ?? null)
        },
      }
    } catch (error) {
      return { read: {}, error }
    }
  }

  function toolsOf(current: Guard | null): ToolSet {
    let tools: ToolSet = {
      refund: tool({ inputSchema: z.object({ amount: z.number() }), execute: ({ amount }) => execute(amount) }),
    }
    if (current) for (let wrap = 0; wrap < wraps; wrap++) tools = guardTools(current)(tools)
    return tools
  }
}

type StreamOf<T> = T extends ReadableStream<infer Part> ? Part : never
type StreamPart = StreamOf<Awaited<ReturnType<MockLanguageModelV3['doStream']>>['stream']>

/** A model that makes these calls in its first answer, in either mode, and says "done" after it. */
function scriptedModel(calls: AdapterRunOptions['calls'] = []): MockLanguageModelV3 {
  const first = calls.map(([toolCallId, toolName, args]) => ({
    type: 'tool-call' as const,
    toolCallId,
    toolName,
    input: typeof args === 'string' ? args : JSON.stringify(args),
  }))
  let isOver = calls.length === 0
  const next = () => {
    const content = isOver ? [{ type: 'text' as const, text: 'done' }] : first
    const finishReason = { unified: isOver ? ('stop' as const) : ('tool-calls' as const), raw: undefined }
    isOver = true
    return { content, finishReason }
  }
  return new MockLanguageModelV3({
    doGenerate: async () => ({ ...next(), usage: USAGE, warnings: [] }),
    doStream: async () => {
      const { content, finishReason } = next()
      const parts = content.flatMap((part): StreamPart[] =>
        part.type === 'text'
          ? [
              { type: 'text-start', id: 't' },
              { type: 'text-delta', id: 't', delta: part.text },
              { type: 'text-end', id: 't' },
            ]
          : [part],
      )
      const end = { type: 'finish' as const, finishReason, usage: USAGE }
      return {
        stream: convertArrayToReadableStream<StreamPart>([{ type: 'stream-start', warnings: [] }, ...parts, end]),
      }
    },
  })
}

function readResults(model: MockLanguageModelV3): Record<string, string> {
  const request = [...model.doGenerateCalls, ...model.doStreamCalls].at(-1)
  const results = (request?.prompt ?? []).flatMap((message) =>
    message.role === 'tool' ? message.content.flatMap((part) => (part.type === 'tool-result' ? [part] : [])) : [],
  )
  return Object.fromEntries(
    results.map(({ toolCallId, output }) => {
      const value = 'value' in output ? output.value : 'reason' in output ? output.reason : undefined
      return [toolCallId, typeof value === 'string' ? value : JSON.stringify(value)]
    }),
  )
}

const USAGE = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
}
