import type { BegunCall } from '@bighub/core'
import type { Agent, RunContext } from '@openai/agents'

/** What to do when the SDK says that a call has ended, with the text it ended with. */
type OnEnd = (text: string) => void | Promise<void>

const waiting = new WeakMap<object, Map<string, readonly OnEnd[]>>()
const isHeard = new WeakSet<object>()
const started = new WeakSet<BegunCall>()

/** Notes that the tool of a call is about to run: how the call ends is the tool's from here on. */
export function markStarted(begun: BegunCall): void {
  started.add(begun)
}

/** Ends the decision about a call that the SDK will not run, whatever the guard said; nothing if its tool has started. */
export async function settleNotRun(begun: BegunCall, reason: string): Promise<void> {
  if (started.has(begun)) return
  begun.adoptSignal(AbortSignal.abort(new Error(reason)))
  await begun.admit().catch(() => undefined)
}

/**
 * Listens for the end of one call. The SDK announces it also where it calls neither the tool nor any further hook: another
 * guardrail refused, the arguments did not fit, the tool threw and the run fails.
 */
export function onCallEnd(agent: Agent, context: RunContext, callId: string, onEnd: OnEnd): void {
  const calls = waiting.get(context) ?? new Map<string, readonly OnEnd[]>()
  waiting.set(context, calls.set(callId, [...(calls.get(callId) ?? []), onEnd]))
  // One listener for all calls of an agent: emitters warn about many.
  if (isHeard.has(agent)) return
  isHeard.add(agent)
  agent.on('agent_tool_end', (ended, _tool, text, { toolCall }) => {
    const id = 'callId' in toolCall ? toolCall.callId : undefined
    const found = id === undefined ? undefined : waiting.get(ended)?.get(id)
    if (id === undefined || !found) return
    waiting.get(ended)?.delete(id)
    for (const each of found) void Promise.resolve(each(text)).catch(() => undefined)
  })
}
