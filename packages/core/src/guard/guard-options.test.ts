import { describe, expect, it } from 'vitest'
import { createGuard } from '../node/index.ts'
import type { Evaluator } from '../protocol/index.ts'
import { createScriptedEvaluator } from '../testing/scripted-evaluator.ts'

const call = { tool: 'refund', arguments: {} }

describe('options of a guard', () => {
  it('waits between attempts as backoffMs says', async () => {
    const retries: number[] = []
    const evaluator = { ...createScriptedEvaluator(), evaluate: () => Promise.reject(new Error('away')) }
    const backoffMs = (retry: number): number => {
      retries.push(retry)
      return 0
    }
    const guard = createGuard({ evaluator, evaluation: { retries: 3, backoffMs } })
    expect((await guard.begin(call)).failure).toMatchObject({ kind: 'not_evaluated' })
    expect(retries).toEqual([0, 1, 2])
  })

  it('keeps an approval itself where the evaluator wants one and has no ledger', async () => {
    const evaluate = async () => ({
      request_id: 'act_1',
      recommendation: 'review_recommended',
      requires_approval: true,
    })
    const evaluator = { evaluate, reportOutcome: async () => ({}) } as unknown as Evaluator
    const guard = createGuard({ evaluator, approvals: { onRequest: () => ({ resolution: 'approved' }) } })
    expect(await guard.run(call, () => 'refunded')).toMatchObject({ status: 'executed', value: 'refunded' })
  })

  it('reports no outcome where that is switched off, and settles the effect all the same', async () => {
    const evaluator = createScriptedEvaluator()
    const guard = createGuard({ evaluator, reportOutcomes: false })
    await guard.run(call, () => 'refunded')
    await guard.flush()
    expect(evaluator.outcomes).toEqual([])
    expect(evaluator.settlements).toMatchObject([{ state: 'succeeded' }])
  })
})
