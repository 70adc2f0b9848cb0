import type { Guard } from '@bighub/core'
import { Agent, type AgentConfig } from '@mastra/core/agent'
import { createTool } from '@mastra/core/tools'
import * as z from 'zod'
import { guardTools } from '../src/index.ts'

declare const guard: Guard
declare const model: AgentConfig['model']

const refund = createTool({
  id: 'refund',
  description: 'Pays money back.',
  inputSchema: z.object({ amount: z.number() }),
  execute: async ({ amount }) => amount.toFixed(2),
})

// The set fits where the tools did, and its members keep their types.
const tools = guardTools(guard, { refund: { value: (args) => args.amount } })({ refund })
export const agent = new Agent({ id: 'a', name: 'A', instructions: '', model, tools })
export const same: typeof refund = tools.refund

// @ts-expect-error -- options of a tool are checked, too.
guardTools(guard, { refund: { actoin: 'refund' } })
