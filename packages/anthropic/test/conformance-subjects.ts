import Anthropic from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import type { AdapterRun, AdapterRunOptions, AdapterSubject } from '@bighub/core/testing'
import * as z from 'zod'
import { guardTools } from '../src/index.ts'
import { answerTo, type ProviderRequest, readResults } from './provider-script.ts'

/** What the adapter's conformance is checked on. */
export const subjects: readonly AdapterSubject[] = [
  {
    name: '@bighub/anthropic',
    framework: '@anthropic-ai/sdk',
    modes: ['toolRunner'],
    holds: 'wait',
    skips: {
      "malformed JSON: the framework's own words, and no storm of evaluations": 'models hand over parsed arguments',
      'the same answer sent twice runs the call once': 'the call waits in the process, nothing is resumed',
      'a held call is answered in another process, and runs there once':
        'the call waits in the process, nothing is resumed',
      'an approval that has expired runs nothing': 'the call waits in the process, and no longer than the approval',
    },
    run,
  },
]

async function run({ guard, wraps, execute, calls, signal }: AdapterRunOptions): Promise<AdapterRun> {
  const requests: ProviderRequest[] = []
  const client = new Anthropic({
    apiKey: 'sk-test',
    maxRetries: 0,
    fetch: async (input, init) => {
      requests.push((await new Request(input, init).json()) as ProviderRequest)
      return Response.json(answerTo(requests.length === 1 ? calls : undefined))
    },
  })
  const inputSchema = z.object({ amount: z.number() })
  const refund = betaZodTool({
    name: 'refund',
    description: 'Pays money back.',
    inputSchema,
    run: ({ amount }) => execute(amount),
  })
  let tools = [refund]
  if (guard) for (let wrap = 0; wrap < wraps; wrap++) tools = guardTools(guard)(tools)
  const messages = [{ role: 'user' as const, content: 'Please pay it back.' }]
  try {
    await client.beta.messages.toolRunner(
      { model: 'by-script', max_tokens: 100, messages, tools },
      signal ? { signal } : {},
    )
    const results = Object.entries(readResults(requests.at(-1)))
    return { read: Object.fromEntries(results.map(([id, { text }]) => [id, text])) }
  } catch (error) {
    return { read: {}, error }
  }
}
