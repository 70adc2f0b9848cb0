import type { AgentInputItem } from '@openai/agents'
import { assistantMessage, functionCall, ScriptedModel } from '@openai/agents/testing'

/** One call as the model writes it; arguments given as text go out as they are, well-formed or not. */
export type Call = readonly [id: string, tool: string, args: Record<string, unknown> | string, namespace?: string]

/** A model that calls tools turn after turn, in either mode, and says "done" after the last one. */
export function scriptedModel(...turns: readonly (readonly Call[])[]): ScriptedModel {
  return new ScriptedModel([
    ...turns.map((calls) =>
      calls.map(([callId, name, args, namespace]) =>
        functionCall(name, args, { callId, ...(namespace ? { namespace } : {}) }),
      ),
    ),
    [assistantMessage('done')],
  ])
}

/** The text that the model read as results of tools, in the last request, by call id. */
export function readResults(model: ScriptedModel): Record<string, string> {
  const input = model.lastCall?.request.input ?? []
  const items: readonly AgentInputItem[] = typeof input === 'string' ? [] : input
  return Object.fromEntries(
    items.flatMap((item) => (item.type === 'function_call_result' ? [[item.callId, toText(item.output)]] : [])),
  )
}

function toText(output: unknown): string {
  if (typeof output === 'string') return output
  const { type, text } = output as { type?: unknown; text?: unknown }
  return type === 'text' && typeof text === 'string' ? text : JSON.stringify(output)
}
