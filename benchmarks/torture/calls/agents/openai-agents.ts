import { followRuns, guardTool } from '@bighub/openai-agents'
import { Runner, RunState, Agent as SdkAgent, setTracingDisabled } from '@openai/agents'
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing'
import * as z from 'zod'
import { argumentsOf, callIdOf, runIdOf, TOOL } from '../tortured-call.ts'
import type { Agent, Stage } from './stage.ts'

/** What the application keeps of a paused run. */
interface PausedRun {
  readonly state: string
  readonly approvalId: string
}

/** A `Runner` with a guarded tool, paused runs in files. The run of the guard is named, so that every process means the same. */
export function createOpenaiAgentsAgent(stage: Stage): Agent {
  setTracingDisabled(true)
  const refund = guardTool(stage.guard)({
    name: TOOL,
    description: 'Pays money back.',
    parameters: z.object({ n: z.number(), amount: z.number() }),
    execute: (args) => stage.refund(args),
  })
  const runner = new Runner({ tracingDisabled: true })

  return (n) =>
    stage.guard.withRun({ id: runIdOf(n) }, async () => {
      const stored = stage.load(n)
      // Written by this program.
      let paused = stored === null ? null : (JSON.parse(stored) as PausedRun)
      for (;;) {
        const done = [assistantMessage('done')]
        const call = [functionCall(TOOL, { ...argumentsOf(n) }, { callId: callIdOf(n) })]
        const model = new ScriptedModel(paused ? [done] : [call, done])
        const agent = followRuns(new SdkAgent({ name: 'Shop', model, tools: [refund] }))
        const result = await runner.run(agent, paused ? await answered(n, agent, paused) : `call ${n}`)
        if (result.interruptions.length === 0) return
        const approvalId = stage.approvalIdOf(n)
        if (approvalId === undefined) throw new Error(`call ${n} was paused by somebody else than the guard`)
        paused = { state: result.state.toString(), approvalId }
        stage.save(n, JSON.stringify(paused))
      }
    })

  async function answered(n: number, agent: SdkAgent, { state: text, approvalId }: PausedRun) {
    const state = await RunState.fromString<undefined, SdkAgent>(agent, text)
    const { status } = await stage.answerTo(n, approvalId)
    for (const item of state.getInterruptions())
      if (status === 'denied') state.reject(item)
      else state.approve(item)
    return state
  }
}
