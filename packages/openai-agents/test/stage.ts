import { createGuard, type EvaluateRequest, type Guard, type GuardOptions } from '@bighub/core'
import { createScriptedEvaluator, type ScriptedAnswer, type ScriptedEvaluator } from '@bighub/core/testing'
import { Agent, Runner, type RunState, setTracingDisabled, type Tool, tool } from '@openai/agents'
import type { ScriptedModel } from '@openai/agents/testing'
import * as z from 'zod'
import { guardTool, guardTools } from '../src/index.ts'

setTracingDisabled(true)

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

/** The two ways to guard a tool: at its creation, or one that exists already. */
export const SEAMS = ['guardTool', 'guardTools'] as const
export type Seam = (typeof SEAMS)[number]

type ToolFactory = typeof tool

/** The SDK's `tool()` as it is with a guard, at either seam. */
export function toolOf(seam: Seam, guard: Guard): ToolFactory {
  if (seam === 'guardTool') return guardTool(guard)
  return ((options: Parameters<ToolFactory>[0]) => guardTools(guard)([tool(options)])[0]) as ToolFactory
}

/** A tool `refund({ amount })` that remembers the amounts it was run with. */
export function createRefundTool(create: ToolFactory) {
  const ran: number[] = []
  const refund = create({
    name: 'refund',
    description: 'Pays money back.',
    parameters: z.object({ amount: z.number() }),
    execute: async ({ amount }) => {
      ran.push(amount)
      return `refunded ${amount}`
    },
  })
  return { refund, ran }
}

export type Mode = 'run' | 'stream'
export const MODES: readonly Mode[] = ['run', 'stream']
export const CASES = SEAMS.flatMap((seam) => MODES.map((mode) => ({ seam, mode })))

/** An agent with these tools. */
export function agentWith(model: ScriptedModel, ...tools: Tool[]): Agent {
  return new Agent({ name: 'Shop', model, tools })
}

/** Runs an agent to its end or its pause, in either mode. */
export async function play(
  mode: Mode,
  agent: Agent,
  input: string | RunState<undefined, Agent> = 'Please pay it back.',
  signal?: AbortSignal,
) {
  const runner = new Runner({ tracingDisabled: true })
  const options = signal ? { signal } : {}
  if (mode === 'run') return runner.run(agent, input, options)
  const streamed = await runner.run(agent, input, { ...options, stream: true })
  await streamed.completed
  return streamed
}

/** Ids of the calls that a paused run asks about. */
export function asked(result: { readonly interruptions: readonly { readonly rawItem: unknown }[] }): string[] {
  return result.interruptions.map(({ rawItem }) => (rawItem as { callId: string }).callId)
}
