import { guardTools } from '@bighub/vercel-ai'
import { generateText, isStepCount, type ModelMessage, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import * as z from 'zod'
import { argumentsOf, callIdOf, TOOL } from '../tortured-call.ts'
import type { Agent, Stage } from './stage.ts'

/** What the application keeps of a conversation. */
interface Conversation {
  readonly messages: readonly ModelMessage[]
  /** What the conversation waits for: the SDK's id of the question, and the guard's of the approval. */
  readonly asked: { readonly sdkId: string; readonly approvalId: string } | null
}

/** `generateText` with guarded tools, its history in a file. */
export function createVercelAiAgent(stage: Stage): Agent {
  const refund = tool({
    description: 'Pays money back.',
    inputSchema: z.object({ n: z.number(), amount: z.number() }),
    execute: (args) => stage.refund(args),
  })
  const tools = guardTools(stage.guard)({ [TOOL]: refund })

  return async (n) => {
    const stored = stage.load(n)
    // Written by this program.
    let conversation = (
      stored === null ? { messages: [{ role: 'user', content: `call ${n}` }], asked: null } : JSON.parse(stored)
    ) as Conversation
    for (;;) {
      conversation = conversation.asked ? await answer(n, conversation, conversation.asked) : conversation
      const { messages } = conversation
      const { content, responseMessages } = await generateText({
        model: oneCallModel(n),
        tools,
        messages: [...messages],
        stopWhen: isStepCount(3),
        maxRetries: 0,
      })
      const question = content.find((part) => part.type === 'tool-approval-request')
      const approvalId = stage.approvalIdOf(n)
      if (question && approvalId === undefined) throw new Error(`call ${n} was paused by somebody else than the guard`)
      const asked = question && approvalId !== undefined ? { sdkId: question.approvalId, approvalId } : null
      conversation = { messages: [...messages, ...responseMessages], asked }
      stage.save(n, JSON.stringify(conversation))
      if (!asked) return
    }
  }

  async function answer(
    n: number,
    { messages }: Conversation,
    { sdkId, approvalId }: NonNullable<Conversation['asked']>,
  ): Promise<Conversation> {
    const { status } = await stage.answerTo(n, approvalId)
    const part = { type: 'tool-approval-response' as const, approvalId: sdkId, approved: status !== 'denied' }
    const answered: Conversation = { messages: [...messages, { role: 'tool', content: [part] }], asked: null }
    stage.save(n, JSON.stringify(answered))
    return answered
  }
}

/** A model that makes one call and is done when it has an answer. */
function oneCallModel(n: number): MockLanguageModelV4 {
  return new MockLanguageModelV4({
    doGenerate: async ({ prompt }) => {
      const isAnswered = prompt.some(
        ({ role, content }) => role === 'tool' && content.some((part) => part.type === 'tool-result'),
      )
      const call = { toolCallId: callIdOf(n), toolName: TOOL, input: JSON.stringify(argumentsOf(n)) }
      return {
        content: isAnswered ? [{ type: 'text', text: 'done' }] : [{ type: 'tool-call', ...call }],
        finishReason: { unified: isAnswered ? 'stop' : 'tool-calls', raw: undefined },
        usage: {
          inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
          outputTokens: { total: 1, text: 1, reasoning: 0 },
        },
        warnings: [],
      }
    },
  })
}
