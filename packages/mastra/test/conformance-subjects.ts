import type { AdapterRun, AdapterRunOptions, AdapterSubject } from '@bighub/core/testing'
import { Agent } from '@mastra/core/agent'
import { createTool } from '@mastra/core/tools'
import * as z from 'zod'
import { guardTools } from '../src/index.ts'
import { readResults, scriptedModel } from './scripted-model.ts'

/** What the adapter's conformance is checked on. */
export const subjects: readonly AdapterSubject[] = [
  {
    name: '@bighub/mastra',
    framework: '@mastra/core',
    modes: ['generate'],
    holds: 'wait',
    skips: {
      'the same answer sent twice runs the call once': 'the call waits in the process, nothing is resumed',
      'a held call is answered in another process, and runs there once':
        'the call waits in the process, nothing is resumed',
      'an approval that has expired runs nothing': 'the call waits in the process, and no longer than the approval',
    },
    run,
  },
]

async function run({ guard, wraps, execute, calls, signal }: AdapterRunOptions): Promise<AdapterRun> {
  const refund = createTool({
    id: 'refund',
    description: 'Pays money back.',
    inputSchema: z.object({ amount: z.number() }),
    execute: async ({ amount }) => execute(amount),
  })
  let tools = { refund }
  if (guard) for (let wrap = 0; wrap < wraps; wrap++) tools = guardTools(guard)(tools)
  const model = scriptedModel(calls)
  // Mastra's own declaration of the same interface lets both its methods return what only one does.
  const agent = new Agent({ id: 'shop', name: 'Shop', instructions: 'Be kind.', model: model as never, tools })
  try {
    await agent.generate('Please pay it back.', signal ? { abortSignal: signal } : {})
    const read = Object.entries(readResults(model))
    return {
      read: Object.fromEntries(
        read.map(([id, { value }]) => [id, typeof value === 'string' ? value : JSON.stringify(value)]),
      ),
    }
  } catch (error) {
    return { read: {}, error }
  }
}
