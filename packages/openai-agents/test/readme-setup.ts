// What the snippets of the README take for granted: a model by script, a shop, a run that paused.
import type { Agent, Runner } from '@openai/agents'
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing'

export const model = new ScriptedModel([
  [functionCall('refund', { order: 'A-1', amount: 20 }, { callId: 'call_1' })],
  [assistantMessage('Done.')],
])
export const shop = { refund: (order: string, amount: number): string => `refunded ${amount} of ${order}` }
export const approved = true
export declare const agent: Agent
export declare const runner: Runner
export declare const result: Awaited<ReturnType<typeof runOnce>>

/** Only its type is of interest. */
async function runOnce() {
  return runner.run(agent, 'Please settle the open returns.')
}
