import { createGuard, type EvaluateRequest, type Guard, type GuardOptions } from '@bighub/core'
import { createScriptedEvaluator, type ScriptedAnswer, type ScriptedEvaluator } from '@bighub/core/testing'
import { generateText, isStepCount, type LanguageModel, type ModelMessage, streamText, type ToolSet, tool } from 'ai'
import * as z from 'zod'

type Answers =
  | Readonly<Record<string, ScriptedAnswer>>
  | ((request: EvaluateRequest) => ScriptedAnswer | Promise<ScriptedAnswer>)

/** A guard with a scripted evaluator behind it. */
export interface Stage {
  readonly guard: Guard
  readonly evaluator: ScriptedEvaluator
  /** Waits for the reports and says what was reported: a status for each outcome, a state for each claim. */
  settled(): Promise<{ readonly outcomes: readonly string[]; readonly effects: readonly string[] }>
}

/** Creates a {@link Stage}. No retries, so that each evaluation is one request. */
export function createStage(answers: Answers = {}, options: Partial<GuardOptions> = {}): Stage {
  const evaluator = createScriptedEvaluator({ answers })
  const guard = createGuard({ evaluator, evaluation: { retries: 0 }, ...options })
  return {
    guard,
    evaluator,
    async settled() {
      await guard.flush()
      return {
        outcomes: evaluator.outcomes.map((each) => each.status),
        effects: evaluator.settlements.map((each) => each.state),
      }
    },
  }
}

/** A tool `refund({ amount })` that remembers the amounts it was run with. */
export function createRefundTool() {
  const ran: number[] = []
  const refund = tool({
    description: 'Pays money back.',
    inputSchema: z.object({ amount: z.number() }),
    execute: async ({ amount }) => {
      ran.push(amount)
      return `refunded ${amount}`
    },
  })
  return { refund, ran }
}

export type Mode = 'generateText' | 'streamText'
export const MODES: readonly Mode[] = ['generateText', 'streamText']

export interface Played {
  /** The content parts of all steps, in order. */
  readonly parts: readonly { readonly type: string; readonly [field: string]: unknown }[]
  /** The history to go on with: what went in and what came out. */
  readonly messages: ModelMessage[]
  readonly text: string
}

interface PlaySettings {
  readonly model: LanguageModel
  readonly tools: ToolSet
  readonly messages?: ModelMessage[]
  readonly abortSignal?: AbortSignal
  // The SDK infers a tool set into this option; the tests use it with several.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly toolApproval?: any
}

/** Runs an agent loop to its end, or to its pause, in either mode. */
export async function play(mode: Mode, settings: PlaySettings): Promise<Played> {
  const messages = settings.messages ?? [{ role: 'user', content: 'Please pay it back.' }]
  const options = { stopWhen: isStepCount(5), maxRetries: 0, ...settings, messages }
  const result = mode === 'generateText' ? await generateText(options) : streamText({ ...options, onError: () => {} })
  const steps = await result.steps
  const response = await result.responseMessages
  return {
    parts: steps.flatMap((step) => step.content as unknown as Played['parts']),
    messages: [...messages, ...response],
    text: await result.text,
  }
}

/** The approval requests that a pause left behind. */
export function askedFor(played: Played): { approvalId: string; toolCallId: string }[] {
  return played.parts.flatMap((part) => {
    if (part.type !== 'tool-approval-request') return []
    const { approvalId, toolCall } = part as unknown as { approvalId: string; toolCall: { toolCallId: string } }
    return [{ approvalId, toolCallId: toolCall.toolCallId }]
  })
}

/** The history with a person's answers at its end. */
export function answered(
  played: Played,
  answers: readonly { approvalId: string; approved: boolean; reason?: string }[],
): ModelMessage[] {
  const content = answers.map((answer) => ({ type: 'tool-approval-response' as const, ...answer }))
  return [...played.messages, { role: 'tool', content }]
}
