import { createGuard, type EvaluateRequest, type Guard, type GuardOptions } from '@bighub/core'
import { createScriptedEvaluator, type ScriptedAnswer, type ScriptedEvaluator } from '@bighub/core/testing'
import { type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
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

/** A tool `refund(amount)` that remembers the amounts it was run with. */
export function createRefundTool(name = 'refund') {
  const ran: number[] = []
  const refund = tool(
    async ({ amount }) => {
      ran.push(amount)
      return `refunded ${amount}`
    },
    { name, description: 'Pays money back.', schema: z.object({ amount: z.number() }) },
  )
  return { refund, ran }
}

/** The input of an agent or a graph: what the user says. */
export function say(text: string): { messages: BaseMessage[] } {
  return { messages: [new HumanMessage(text)] }
}

/** Text and status of each tool message, in order. */
export function toolResults(
  messages: readonly BaseMessage[],
): { id: string; text: string; status: string | undefined }[] {
  return messages.flatMap((message) =>
    ToolMessage.isInstance(message) ? [{ id: message.tool_call_id, text: message.text, status: message.status }] : [],
  )
}
