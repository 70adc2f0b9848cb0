import type { Guard } from '@bighub/core'
import type { DynamicStructuredTool } from '@langchain/core/tools'
import { tool } from '@langchain/core/tools'
import { Command } from '@langchain/langgraph'
import { ToolNode } from '@langchain/langgraph/prebuilt'
import { createAgent } from 'langchain'
import * as z from 'zod'
import { type ApprovalResume, guardMiddleware, guardTools } from '../src/index.ts'
import { ScriptedModel } from './scripted-model.ts'

/** Checked by the compiler, never run. */
export async function whatInferencePromises(guard: Guard): Promise<void> {
  const search = tool(async ({ query }) => ({ hits: query.length }), {
    name: 'search',
    schema: z.object({ query: z.string() }),
  })
  const pay = tool(({ amount }) => amount > 0, { name: 'pay', schema: z.object({ amount: z.number() }) })

  // The types of the tools come through: names, inputs, outputs, and the place in the list.
  const guarded: [typeof search, typeof pay] = guardTools(guard)([search, pay])
  const name: 'search' = guarded[0].name
  const { hits }: { hits: number } = await guarded[0].invoke({ query: name })
  const paid: boolean = await guarded[1].invoke({ amount: hits })
  // @ts-expect-error -- wrong input
  await guarded[0].invoke({ query: 7 })
  // @ts-expect-error -- wrong output
  const wrong: string = await guarded[1].invoke({ amount: 1 })
  // @ts-expect-error -- wrong place
  const swapped: typeof pay = guarded[0]

  // A list whose length is not known stays one, and a fixed list stays as it was declared.
  const many: DynamicStructuredTool[] = guardTools(guard)([] as DynamicStructuredTool[])
  const fixed: readonly [typeof pay] = guardTools(guard)([pay] as const)
  const node = new ToolNode(guarded)
  // @ts-expect-error -- no tool
  guardTools(guard)(['search'])

  // Options: each by the name of its tool, with functions of the arguments.
  guardTools(guard, { pay: { value: (args: { amount: number }) => args.amount, failMode: 'open' } })
  // @ts-expect-error -- a value that is none
  guardTools(guard, { pay: { failMode: 'ajar' } })
  // @ts-expect-error -- a misspelt option
  guardTools(guard, { pay: { vale: 3 } })

  // The middleware changes nothing about its agent's types.
  const model = new ScriptedModel()
  const responseFormat = z.object({ answer: z.string() })
  const agent = createAgent({
    model,
    tools: guarded,
    middleware: [guardMiddleware(guard, { pay: {} })],
    responseFormat,
  })
  const plain = createAgent({ model, tools: guarded, responseFormat })
  const { structuredResponse, messages } = await agent.invoke({ messages: 'hi' })
  const answer: string = structuredResponse.answer
  const same: Awaited<ReturnType<typeof plain.invoke>>['messages'] = messages
  // @ts-expect-error -- a setting that is none
  guardMiddleware(guard, {}, { position: 'last' })

  // Answers to a pause.
  const resume: ApprovalResume = { decisions: { call_1: { type: 'approve', resolvedBy: 'ana' } } }
  await agent.invoke(new Command({ resume }))
  const list: ApprovalResume = { decisions: [{ type: 'reject', message: 'no' }] }
  // @ts-expect-error -- a bare value decides nothing
  const bare: ApprovalResume = true
  // @ts-expect-error -- a word of another protocol
  const other: ApprovalResume = { decisions: { call_1: { type: 'approved' } } }

  console.log(node, paid, wrong, swapped, many, fixed, answer, same, list, bare, other)
}
