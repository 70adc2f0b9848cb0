import { describe, expect, it } from 'vitest'
import type { Engine } from '../src/engine.ts'
import { openEngine } from './support/temporary.ts'

const REFUND = { action: 'refund', value: 20 }
const DRAWN = /drawn for a review to learn from/

/** Calls that a rule blocks; where a review was drawn, the reviewer finds that it would have ended badly. Returns how many were drawn. */
async function proposeBlocked(engine: Engine, count: number): Promise<number> {
  let drawn = 0
  for (let each = 0; each < count; each++) {
    const { request_id, result, warnings } = await engine.evaluate(REFUND)
    expect(result).toBe('blocked')
    if (!warnings.some((warning) => DRAWN.test(warning))) continue
    drawn++
    await engine.outcomes.report({ request_id, status: 'FAILURE' })
  }
  return drawn
}

async function riskAfterBlocked(share: number): Promise<{ readonly risk: number; readonly drawn: number }> {
  const engine = openEngine({ policy: { sampled_review: share } })
  await engine.constraints.create({ max_value: 10, action_on_match: 'block' })
  const drawn = await proposeBlocked(engine, 150)
  return { drawn, risk: (await engine.evaluate(REFUND)).risk_score }
}

describe('sampled reviews', () => {
  it('teach what calls are like that never run', async () => {
    const [without, withReviews] = [await riskAfterBlocked(0), await riskAfterBlocked(0.2)]
    expect(without.drawn).toBe(0)
    expect(without.risk).toBeLessThan(0.4)
    expect(withReviews.risk).toBeGreaterThan(0.8)
    // A fifth of 150, and some more of the first.
    expect(withReviews.drawn).toBeGreaterThan(20)
    expect(withReviews.drawn).toBeLessThan(60)
  })

  it('leave a call that runs alone', async () => {
    const engine = openEngine({ policy: { sampled_review: 0.5 } })
    const { result, warnings } = await engine.evaluate({ action: 'get_order' })
    expect(result).toBe('allowed')
    expect(warnings.filter((warning) => DRAWN.test(warning))).toEqual([])
  })
})
