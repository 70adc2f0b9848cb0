import type { AgentInputItem } from '@openai/agents'
import { assistantMessage, functionCall, modelResponder, ScriptedModel } from '@openai/agents/testing'

/**
 * Stands where a real model stands, so that the story needs no key: it looks an account up, proposes to close three of them
 * at once, tries a whole region, then says what it was told.
 */
export function createAccountModel(): ScriptedModel {
  return new ScriptedModel([
    [functionCall('find_accounts', { region: 'north' }, { callId: 'call_find' })],
    [
      functionCall('close_accounts', { accounts: ['C-1'] }, { callId: 'call_one' }),
      functionCall('close_accounts', { accounts: ['C-2', 'C-3'] }, { callId: 'call_two' }),
      functionCall('close_accounts', { accounts: ['C-4', 'C-5', 'C-6'] }, { callId: 'call_three' }),
    ],
    [functionCall('close_accounts', { accounts: REGION }, { callId: 'call_region' })],
    modelResponder(({ request: { input } }) => {
      const results = typeof input === 'string' ? {} : readResults(input)
      return [assistantMessage(`I was told: ${results['call_region'] ?? 'nothing'}`)]
    }),
  ])
}

/** More accounts than anybody closes in one go. */
const REGION = Array.from({ length: 12 }, (_, index) => `C-${index + 1}`)

/** The text that a model reads as results of tools, by call id. */
export function readResults(items: readonly AgentInputItem[]): Record<string, string> {
  return Object.fromEntries(
    items.flatMap((item) => {
      if (item.type !== 'function_call_result') return []
      const { output } = item
      return [[item.callId, typeof output === 'object' && 'text' in output ? output.text : JSON.stringify(output)]]
    }),
  )
}
