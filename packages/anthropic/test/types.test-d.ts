import type Anthropic from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import type { Guard } from '@bighub/core'
import * as z from 'zod'
import { guardTools } from '../src/index.ts'

declare const guard: Guard
declare const client: Anthropic

const refund = betaZodTool({
  name: 'refund',
  description: 'Pays money back.',
  inputSchema: z.object({ amount: z.number() }),
  run: ({ amount }) => amount.toFixed(2),
})

// The list fits where the tools did, and its members keep their types.
const [guarded] = guardTools(guard, { refund: { value: (args) => args.amount } })([refund])
export const runner = client.beta.messages.toolRunner({ model: 'm', max_tokens: 1, messages: [], tools: [guarded] })
export const run: (args: { amount: number }) => unknown = guarded.run

// @ts-expect-error -- options of a tool are checked, too.
guardTools(guard, { refund: { actoin: 'refund' } })
