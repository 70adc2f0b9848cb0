import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { createGuard, type GuardOptions } from '@bighub/core'
import { createScriptedEvaluator, type ScriptedEvaluatorOptions } from '@bighub/core/testing'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { guardTools } from '../src/index.ts'
import type { Call } from './provider-script.ts'
import { startProvider } from './provider-stub.ts'

const BLOCK = { recommendation: 'do_not_proceed', risk_score: 0.873, reason: 'rule "max-refund"' } as const

/** A run of the SDK's own tool runner, against the real client and a provider by script. */
async function play(
  calls: readonly Call[],
  options: {
    readonly answers?: ScriptedEvaluatorOptions['answers']
    readonly guard?: Partial<GuardOptions>
    readonly signal?: AbortSignal
    readonly onRun?: () => void
  } = {},
) {
  const evaluator = createScriptedEvaluator(options.answers ? { answers: options.answers } : {})
  const guard = createGuard({ evaluator, evaluation: { retries: 0 }, ...options.guard })
  const ran: number[] = []
  const refund = betaZodTool({
    name: 'refund',
    description: 'Pays money back.',
    inputSchema: z.object({ amount: z.number() }),
    run: async ({ amount }) => {
      ran.push(amount)
      options.onRun?.()
      if (amount === 3) throw new TypeError('the shop is closed')
      return amount === 7 ? [{ type: 'text', text: 'refunded 7' }] : `refunded ${amount}`
    },
  })
  const provider = await startProvider(calls)
  const tools = guardTools(guard)([refund, { type: 'web_search_20250305', name: 'web_search' }])
  const runner = provider.client.beta.messages.toolRunner(
    {
      model: 'by-script',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'Please pay it back.' }],
      tools,
    },
    options.signal ? { signal: options.signal } : {},
  )
  const end: unknown = await Promise.resolve(runner).then(
    ({ content }) => content,
    (error: unknown) => error,
  )
  await guard.flush()
  return {
    end,
    ran,
    guard,
    evaluator,
    tools,
    results: provider.results(),
    outcomes: evaluator.outcomes.map((each) => each.status),
  }
}

const refund = (id: string, amount: unknown): Call => [id, 'refund', { amount }]

describe('guarded tools in the tool runner', () => {
  it('run, note, refuse and report, each call by itself', async () => {
    const played = await play([refund('a', 5), refund('b', 6), refund('c', 9), refund('d', 3), refund('e', 7)], {
      answers: ({ value }) => (value === 9 ? BLOCK : value === 6 || value === 7 ? 'proceed_with_caution' : 'proceed'),
    })
    expect(played.end).toMatchObject([{ type: 'text', text: 'done' }])
    expect(new Set(played.ran)).toEqual(new Set([3, 5, 6, 7]))
    expect(played.results).toEqual({
      a: { isError: false, text: 'refunded 5' },
      b: { isError: false, text: expect.stringMatching(/^refunded 6\n\nNote: .*caution/s) },
      c: { isError: true, text: expect.stringContaining('"refund" was not executed') },
      d: { isError: true, text: 'Error: the shop is closed' },
      e: { isError: false, text: expect.stringMatching(/^refunded 7\nNote: .*caution/s) },
    })
    expect(played.results['c']?.text).not.toMatch(/0\.87|max-refund|\.ts/)
    expect(played.outcomes.toSorted()).toEqual(['BLOCKED', 'FAILURE', 'SUCCESS', 'SUCCESS', 'SUCCESS'])
    const ids = played.evaluator.requests.map((each) => each.context?.call?.call_id)
    expect(new Set(ids)).toEqual(new Set(['a', 'b', 'c', 'd', 'e']))
  })

  it('are not evaluated for what the runner refuses itself', async () => {
    const { evaluator, ran, results } = await play([refund('a', 'much'), ['b', 'no_such_tool', {}]])
    expect([evaluator.requests, ran]).toEqual([[], []])
    expect([results['a']?.isError, results['b']?.isError]).toEqual([true, true])
  })

  it('wait for a person, and run on a yes', async () => {
    const { ran, results, outcomes } = await play([refund('a', 5), refund('b', 6)], {
      answers: { refund: 'review_recommended' },
      guard: { approvals: { onRequest: ({ callId }) => ({ resolution: callId === 'a' ? 'approved' : 'denied' }) } },
    })
    expect(ran).toEqual([5])
    expect(results['b']).toEqual({ isError: true, text: expect.stringContaining('A person was asked and declined') })
    expect(outcomes.toSorted()).toEqual(['BLOCKED', 'SUCCESS'])
  })

  it.each(['closed', 'open'] as const)('follow fail mode %s when nobody can judge', async (failMode) => {
    const { ran } = await play([refund('a', 5)], {
      answers: () => Promise.reject(new Error('away')),
      guard: { failMode },
    })
    expect(ran).toEqual(failMode === 'open' ? [5] : [])
  })

  it('never begin once the run was aborted during the evaluation', async () => {
    const abort = new AbortController()
    const { ran, end } = await play([refund('a', 5)], {
      answers: async () => {
        abort.abort()
        return 'proceed' as const
      },
      signal: abort.signal,
    })
    expect(ran).toEqual([])
    expect(end).toBeInstanceOf(Error)
  })

  it('are guarded once, and say what is beyond them', async () => {
    const { guard, tools } = await play([])
    expect(guardTools(guard)(tools)).toEqual(tools)
    expect(guardTools(guard)(tools)[0]).toBe(tools[0])
    expect(guard.coverage()).toMatchObject({ guarded: ['refund'], unguarded: [{ tool: 'web_search' }] })
  })
})
