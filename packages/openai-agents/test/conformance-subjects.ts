import type { AdapterRun, AdapterRunOptions, AdapterSubject } from '@bighub/core/testing'
import { type Agent, Runner, RunState, tool } from '@openai/agents'
import * as z from 'zod'
import { followRuns, guardTools } from '../src/index.ts'
import { readResults, scriptedModel } from './scripted-model.ts'
import { agentWith, MODES, SEAMS, type Seam, toolOf } from './stage.ts'

/** What the adapter's conformance is checked on. */
export const subjects: readonly AdapterSubject[] = SEAMS.map((seam) => ({
  name: `@bighub/openai-agents: ${seam}`,
  framework: '@openai/agents',
  modes: MODES,
  holds: 'pause',
  skips: {
    "malformed JSON: the framework's own words, and no storm of evaluations":
      'the SDK interrupts the run for every tool whose approval depends on the call (README)',
  },
  run: (options) => run(seam, options),
}))

async function run(seam: Seam, options: AdapterRunOptions): Promise<AdapterRun> {
  const { mode, guard, wraps, execute, calls, signal } = options
  const runner = followRuns(new Runner({ tracingDisabled: true }))
  const model = scriptedModel(calls)
  // A stored state does not say which run it is of; the application does, by the chat's id.
  const id = crypto.randomUUID()
  return step(guard, agentOf(guard, model), model, 'Please pay it back.')

  async function step(
    current: AdapterRunOptions['guard'],
    agent: Agent,
    model: ReturnType<typeof scriptedModel>,
    input: string | RunState<undefined, Agent>,
  ): Promise<AdapterRun> {
    try {
      const result = await (current ? current.withRun({ id }, () => play(agent, input)) : play(agent, input))
      // The record of a refusal follows the end of a run.
      await new Promise((resolve) => setImmediate(resolve))
      const read = model.lastCall ? readResults(model) : {}
      if (result.interruptions.length === 0) return { read }
      const stored = result.state.toString()
      return {
        read,
        resume: async (answers, other) => {
          const next = scriptedModel()
          if (!other) agent.model = next
          const again = other ? agentOf(other, next) : agent
          const state = await RunState.fromString<undefined, Agent>(again, stored)
          for (const item of state.getInterruptions()) {
            const answer = answers[(item.rawItem as { callId: string }).callId]
            if (answer === 'approved') state.approve(item)
            else if (answer === 'denied') state.reject(item)
          }
          return step(other ?? current, again, next, state)
        },
      }
    } catch (error) {
      return { read: {}, error }
    }
  }

  function agentOf(current: AdapterRunOptions['guard'], model: ReturnType<typeof scriptedModel>): Agent {
    const create = current ? toolOf(seam, current) : tool
    const refund = create({
      name: 'refund',
      description: 'Pays money back.',
      parameters: z.object({ amount: z.number() }),
      execute: ({ amount }) => execute(amount),
    })
    return agentWith(model, ...(current && wraps > 1 ? guardTools(current)([refund]) : [refund]))
  }

  async function play(agent: Agent, input: string | RunState<undefined, Agent>) {
    const around = signal ? { signal } : {}
    if (mode === 'run') return runner.run(agent, input, around)
    const streamed = await runner.run(agent, input, { ...around, stream: true })
    await streamed.completed
    return streamed
  }
}
