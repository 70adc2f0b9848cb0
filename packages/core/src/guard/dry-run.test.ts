import { describe, expect, it } from 'vitest'
import { createGuard } from '../node/index.ts'
import { createScriptedEvaluator } from '../testing/scripted-evaluator.ts'

const call = { tool: 'refund', arguments: { order: 'A-17', amount: 12.5 } }

describe('a dry run of a call', () => {
  it('says what would happen, and leaves no approval, no claim and no outcome behind', async () => {
    const evaluator = createScriptedEvaluator({ answers: { refund: 'review_recommended' } })
    const guard = createGuard({ evaluator })
    const answer = { recommendation: 'review_recommended', human_review: true } as const
    const held = createGuard({ evaluator: createScriptedEvaluator({ answers: { refund: answer } }) })
    expect(await guard.dryRun(call)).toMatchObject({ failure: null, disposition: 'execute' })
    expect(await held.dryRun(call)).toMatchObject({ answer, disposition: 'await_approval' })
    await guard.flush()
    const [request] = evaluator.requests
    expect(request).toMatchObject({ action: 'refund', value: 12.5, dry_run: true })
    expect(request?.context?.call).not.toHaveProperty('effect_key')
    expect([...evaluator.outcomes, ...evaluator.settlements]).toEqual([])
    await expect(evaluator.getApproval('act_1')).rejects.toThrow('act_1')
  })

  it('takes nothing away from the next evaluation', async () => {
    const evaluator = createScriptedEvaluator()
    const guard = createGuard({ evaluator })
    guard.hear('Refund A-17.')
    await guard.dryRun(call)
    await guard.run(call, () => 'refunded')
    expect(evaluator.requests[1]?.context?.run).toMatchObject({ step: 0, user_text: 'Refund A-17.' })
  })

  it('follows the fail mode where the evaluator fails or the call cannot be read', async () => {
    const evaluator = { ...createScriptedEvaluator(), evaluate: () => Promise.reject(new Error('away')) }
    const guard = createGuard({ evaluator, evaluation: { retries: 0 } })
    const away = await guard.dryRun(call)
    expect(away).toMatchObject({ answer: null, disposition: 'block', cause: 'fail_closed' })
    expect(away.failure?.message).toContain('away')
    const broken = await guard.dryRun({ ...call, options: { value: () => Number.NaN } })
    expect(broken).toMatchObject({ answer: null, disposition: 'block', cause: 'fail_closed' })
  })
})
