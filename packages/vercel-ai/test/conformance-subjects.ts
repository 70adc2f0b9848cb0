import type { Guard } from '@bighub/core'
import type { AdapterRun, AdapterRunOptions, AdapterSubject } from '@bighub/core/testing'
import { type ModelMessage, type ToolSet, tool } from 'ai'
import * as z from 'zod'
import { guardTools, recordAnswers } from '../src/index.ts'
import { subject6 } from './conformance-subject-6.ts'
import { readResults, scriptedModel, toolCall } from './scripted-model.ts'
import { answered, askedFor, MODES, type Mode, play } from './stage.ts'

/** What the adapter's conformance is checked on. */
export const subjects: readonly AdapterSubject[] = [
  { name: '@bighub/vercel-ai', framework: 'ai', modes: MODES, holds: 'pause', skips: {}, run },
  subject6,
]

function run({ mode, guard, wraps, execute, calls, signal }: AdapterRunOptions): Promise<AdapterRun> {
  const turn = calls.map(([id, name, args]) => toolCall(id, name, args))
  return goOn([{ role: 'user', content: 'Please pay it back.' }], scriptedModel(turn), guard)

  async function goOn(
    messages: ModelMessage[],
    model: ReturnType<typeof scriptedModel>,
    current: Guard | null,
  ): Promise<AdapterRun> {
    try {
      const settings = { model, tools: toolsOf(current), messages, ...(signal ? { abortSignal: signal } : {}) }
      const played = await play(mode as Mode, settings)
      const asked = askedFor(played)
      const read = Object.fromEntries(Object.entries(readResults(model)).map(([id, { text }]) => [id, text]))
      if (asked.length === 0) return { read }
      return {
        read,
        resume: async (answers, other = current ?? undefined) => {
          const responses = asked.map(({ approvalId, toolCallId }) => ({
            approvalId,
            approved: answers[toolCallId] === 'approved',
          }))
          const history = answered(played, responses)
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
