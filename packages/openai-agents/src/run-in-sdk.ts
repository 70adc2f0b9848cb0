import type { BegunCall, RunResult } from '@bighub/core'
import { type ToolInputGuardrailDefinition, type ToolOutputGuardrailDefinition } from '@openai/agents'
import { beginWritten, findCall } from './begin-call.ts'
import { markStarted, onCallEnd } from './call-end.ts'
import { keepNote } from './caution-notes.ts'
import { answer } from './guardrail-answer.ts'
import { readAnswers } from './hold/sdk-answers.ts'
import { wasShown } from './hold/shown-calls.ts'
import type { AnyFunctionTool, HookedTool } from './hooked-tool.ts'
import { readArguments } from './read-arguments.ts'

/** What the SDK lets the model read when a tool threw and has no words of its own for that; before 0.19 with the error behind it. */
const THREW = 'An error occurred while running the tool. Please try again.'
/** Thrown into a run of an agent used as a tool that paused: it goes on later. */
const PAUSED = Symbol('paused')

interface RunningCall {
  readonly end: PromiseWithResolvers<unknown>
  readonly result: Promise<RunResult<unknown>>
}

const running = new WeakMap<BegunCall, RunningCall>()

/**
 * Starts a call whose tool the SDK itself invokes: admits it, and keeps its run open until {@link endRun} sees the output. The last
 * input guardrail, so that no other one can refuse what has started.
 */
export function startRun(hooked: HookedTool, tool: AnyFunctionTool): ToolInputGuardrailDefinition {
  return {
    type: 'tool_input',
    name: 'bighub_start',
    run: async ({ context, agent, toolCall }) => {
      const { callId, arguments: written } = toolCall
      const input = readArguments(written)
      if (input === undefined) return answer.allow()
      const begun = await beginWritten(hooked, { context, callId, arguments: input }, written)
      // The SDK may run guardrails before it pauses, too (`preApprovalInputGuardrails`): nothing starts yet.
      const isAsking = wasShown(begun) && readAnswers(context).of({ toolName: toolCall.name, callId }) === undefined
      if (isAsking) return answer.allow()
      const started = await start(begun)
      if (started === 'started') {
        onCallEnd(agent, context, callId, (text) => endWithout(begun, text))
        return answer.allow()
      }
      // An agent as a tool comes back through here after each pause of its own.
      return isAgentTool(tool) && started.isRepeated ? answer.allow() : answer.rejectContent(started.text)
    },
  }
}

/** Ends a call with the output of its tool. The first output guardrail, so that it sees what the tool really returned. */
export function endRun(hooked: HookedTool, tool: AnyFunctionTool): ToolOutputGuardrailDefinition {
  return {
    type: 'tool_output',
    name: 'bighub_end',
    run: async ({ context, toolCall, output }) => {
      const begun = findCall(hooked, context, toolCall.callId, toolCall.arguments)
      const call = begun && running.get(begun)
      if (!begun || !call) return answer.allow()
      running.delete(begun)
      if (isAgentTool(tool) && output === '') call.end.reject(PAUSED)
      else if (typeof output === 'string' && output.startsWith(THREW)) call.end.reject(new Error(output))
      else call.end.resolve(output)
      const result = await call.result.catch(() => undefined)
      if (result?.status === 'executed') keepNote(begun, result.note)
      return answer.allow()
    },
  }
}

async function start(begun: BegunCall): Promise<'started' | { readonly text: string; readonly isRepeated: boolean }> {
  const admitted = Promise.withResolvers<'started'>()
  const end = Promise.withResolvers<unknown>()
  const run = (): Promise<unknown> => {
    markStarted(begun)
    admitted.resolve('started')
    return end.promise
  }
  const result = begun.run(run, (error) => error === PAUSED)
  const isOver = result.then(
    (over) =>
      over.status === 'refused'
        ? { text: over.refusal.message, isRepeated: false }
        : { text: toText(over.value), isRepeated: true },
    (error: unknown) => ({ text: error instanceof Error ? error.message : String(error), isRepeated: true }),
  )
  const outcome = await Promise.race([admitted.promise, isOver])
  if (outcome === 'started') running.set(begun, { end, result })
  return outcome
}

/**
 * The SDK says that the call is over, and no output was seen: the tool threw and nothing caught it, or it was stopped. Which of
 * them cannot be told, nor how far the tool came.
 */
async function endWithout(begun: BegunCall, text: string): Promise<void> {
  const call = running.get(begun)
  if (!call) return
  running.delete(begun)
  const error = new Error(text)
  begun.adoptSignal(AbortSignal.abort(error))
  call.end.reject(error)
  await call.result.catch(() => undefined)
}

/** Agents used as tools are the function tools that stream events. Their output is empty while a call inside them waits. */
export function isAgentTool(tool: AnyFunctionTool): boolean {
  return 'on' in tool && typeof tool.on === 'function'
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
