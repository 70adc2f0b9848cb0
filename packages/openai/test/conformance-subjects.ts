import type { Guard } from '@bighub/core'
import type { AdapterRun, AdapterRunOptions, AdapterSubject } from '@bighub/core/testing'
import OpenAI from 'openai'
import * as z from 'zod'
import { createGuardedOpenAI, type GuardedOpenAI, type RunResult } from '../src/index.ts'
import { answerTo, readOutputs, type SeenRequest } from './provider-script.ts'

const OWN_LOOP =
  'the loop is the package’s own, there is none without a guard; statements 13 and 15 of its tests say the rest'

/** What the adapter's conformance is checked on. */
export const subjects: readonly AdapterSubject[] = (['responses', 'chat_completions'] as const).map((api) => ({
  name: `@bighub/openai: ${api}`,
  framework: 'openai',
  modes: ['run', 'runStream'],
  holds: 'pause',
  skips: {
    'a tool that throws looks to the model as without a guard; FAILURE is reported once': OWN_LOOP,
    "arguments that do not fit the schema: the framework's own words, and no storm of evaluations": OWN_LOOP,
    "an unknown tool: the framework's own words, and no storm of evaluations": OWN_LOOP,
    "malformed JSON: the framework's own words, and no storm of evaluations": OWN_LOOP,
    'a tool that is wrapped twice is judged and reported once': 'tools are registered with the loop, not wrapped',
  },
  run: (options) => run(api, options),
}))

async function run(api: 'responses' | 'chat_completions', options: AdapterRunOptions): Promise<AdapterRun> {
  const { mode, guard, execute, calls, signal } = options
  if (!guard) throw new Error('there is no loop without a guard')
  const requests: SeenRequest[] = []
  const client = new OpenAI({
    apiKey: 'sk-test',
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const seen = { path: new URL(request.url).pathname, body: (await request.json()) as Record<string, unknown> }
      requests.push(seen)
      const turn = requests.length === 1 ? { calls } : undefined
      const { status, contentType, pieces } = answerTo(seen, turn, requests.length)
      return new Response(pieces.join(''), { status, headers: { 'content-type': contentType } })
    },
  })
  const agentOf = (current: Guard): GuardedOpenAI =>
    createGuardedOpenAI({ guard: current, client, api }).registerTool('refund', ({ amount }) => execute(amount), {
      parameters: z.object({ amount: z.number() }),
    })
  const agent = agentOf(guard)
  const request = { model: 'by-script', input: 'Please pay it back.', ...(signal ? { signal } : {}) }
  try {
    const { execution } = await (mode === 'run' ? agent.run(request) : lastOf(agent.runStream(request)))
    const read = Object.fromEntries(
      Object.entries(readOutputs(requests.at(-1))).map(([id, record]) => [id, wordsOf(record)]),
    )
    const held = execution.events.filter(({ status }) => status === 'approval_required')
    if (held.length === 0) return { read }
    return {
      read,
      resume: async (answers, other) => {
        const current = other ? agentOf(other) : agent
        for (const { call_id, request_id, tool } of held)
          await current.resumeAfterApproval({
            tool,
            requestId: request_id ?? '',
            resolution: answers[call_id] ?? 'denied',
          })
        return { read }
      },
    }
  } catch (error) {
    return { read: {}, error }
  }
}

async function lastOf(stream: ReturnType<ReturnType<typeof createGuardedOpenAI>['runStream']>): Promise<RunResult> {
  for await (const event of stream) if (event.type === 'final_response') return event.response
  throw new Error('the stream ended without a result')
}

/** What the model reads of a record, as text. */
function wordsOf({ output, error, note }: Readonly<Record<string, unknown>>): string {
  return [output, error, note].filter((each) => typeof each === 'string').join('\n')
}
