/**
 * An account agent on the OpenAI Agents SDK. Reading runs, and so does closing the one account that the user named; closing
 * several interrupts the run until a person has answered each call, and closing a whole region is refused. While the person
 * thinks, the run is nothing but text.
 */
import assert from 'node:assert/strict'
import { createGuard } from '@bighub/core'
import { createEngine } from '@bighub/engine'
import { followRuns, guardTool } from '@bighub/openai-agents'
import { Agent, Runner, RunState } from '@openai/agents'
import * as z from 'zod'
import { createAccountModel, readResults } from './account-model.ts'

const open = new Set(Array.from({ length: 12 }, (_, index) => `C-${index + 1}`))

const engine = createEngine({ file: ':memory:' })
await engine.constraints.create({
  name: 'Careful closing',
  domain: 'accounts',
  require_approval_above: 1,
  max_value: 10,
})

const guard = createGuard({ evaluator: engine, actor: 'account-agent', domain: 'accounts' })
const tool = guardTool(guard, {
  find_accounts: { mutating: false },
  // How many accounts a call closes is the value that the constraint above is about.
  close_accounts: { mutating: true, value: ({ accounts }) => accounts.length },
})
const tools = [
  tool({
    name: 'find_accounts',
    description: 'Lists the open accounts of a region.',
    parameters: z.object({ region: z.string() }),
    execute: () => [...open].join(', '),
  }),
  tool({
    name: 'close_accounts',
    description: 'Closes accounts.',
    parameters: z.object({ accounts: z.array(z.string()) }),
    execute: ({ accounts }) => {
      for (const account of accounts) open.delete(account)
      return `closed ${accounts.join(', ')}`
    },
  }),
]
const agent = followRuns(new Agent({ name: 'Accounts', model: createAccountModel(), tools }))
const runner = new Runner({ tracingDisabled: true })

const paused = await runner.run(
  agent,
  'Close C-1, and what else nobody uses any more in the north, such as C-2 and C-3.',
)
console.log('Waiting for a person:')
for (const { name, arguments: args } of paused.interruptions) console.log(`  ${name} ${args}`)
assert.deepEqual(paused.interruptions.map(callIdOf), ['call_two', 'call_three'])
assert.equal(open.size, 11, 'only the single account was closed')

const stored = paused.state.toString()
const state = await RunState.fromString<undefined, typeof agent>(agent, stored)
for (const item of state.getInterruptions())
  if (callIdOf(item) === 'call_two') state.approve(item)
  else state.reject(item, { message: 'C-5 is still in use' })
const { history, finalOutput } = await runner.run(agent, state)

console.log('\nWhat the model read:')
const results = readResults(history)
for (const [callId, text] of Object.entries(results)) console.log(`  ${callId}: ${text.split('\n')[0]}`)
console.log(`\nIt says: ${finalOutput}\nStill open: ${[...open].join(', ')}`)

assert.deepEqual([...open], ['C-4', 'C-5', 'C-6', 'C-7', 'C-8', 'C-9', 'C-10', 'C-11', 'C-12'])
assert.match(results['call_one'] ?? '', /^closed C-1/)
assert.match(results['call_two'] ?? '', /^closed C-2, C-3/)
assert.equal(results['call_three'], 'C-5 is still in use')
assert.match(finalOutput ?? '', /"close_accounts" was not executed/)

await guard.close()
const { decisions, outcomes } = await engine.statistics()
assert.deepEqual([decisions, outcomes], [5, 5], 'every decision has its outcome')
await engine.close()

function callIdOf({ rawItem }: (typeof paused.interruptions)[number]): string | undefined {
  return 'callId' in rawItem ? rawItem.callId : undefined
}
