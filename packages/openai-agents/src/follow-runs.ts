import type { Agent, AgentInputItem, RunContext, Runner } from '@openai/agents'
import { recordDenials } from './hold/shown-calls.ts'
import { keepUserText } from './run-facts.ts'

/**
 * Lets the guard hear what the user says in the runs of an agent or a runner, so that it can tell the user's values from those
 * of tools, and has refused approvals on record when a run ends: the SDK calls no tool after a refusal.
 *
 * Following twice is harmless.
 *
 * @returns what was given, so that the call fits around `new Agent(…)` or `new Runner(…)`.
 */
// The events of an agent depend on its context and output types, and none of that matters here.
// oxlint-disable-next-line typescript/no-explicit-any
export function followRuns<Followed extends Agent<any, any> | Runner>(followed: Followed): Followed {
  if (isFollowed.has(followed)) return followed
  isFollowed.add(followed)
  // Both emit the context first, and the input of the turn third.
  const hooks = followed as Agent
  hooks.on('agent_start', (context: RunContext, _agent: unknown, input?: AgentInputItem[]) => {
    const userText = readUserText(input ?? [])
    if (userText.length > 0) keepUserText(context, userText)
  })
  hooks.on('agent_end', (context: RunContext) => void recordDenials(context).catch(() => undefined))
  return followed
}

const isFollowed = new WeakSet<object>()

/** The text of each message by the user, in order. */
export function readUserText(items: readonly AgentInputItem[]): string[] {
  return items.flatMap((item) => {
    if (!('role' in item) || item.role !== 'user') return []
    if (typeof item.content === 'string') return [item.content]
    return [item.content.flatMap((part) => (part.type === 'input_text' ? [part.text] : [])).join('\n')]
  })
}
