/**
 * A price agent, first in shadow mode and then enforced. In shadow everything runs and what would have happened is on record; margins of
 * the next day say which changes were good. Then the policy binds, and the changes that lost money are stopped, while the others run.
 */
import assert from 'node:assert/strict'
import { createGuard, type Guard, type GuardMode } from '@bighub/core'
import { createEngine } from '@bighub/engine'
import { type Proposal, proposals, wasGood } from './price-agent.ts'

const engine = createEngine({ file: ':memory:' })
const prices = new Map<string, number>()

/** How a week of price changes went. */
interface Week {
  /** Changes that ran, and those of them that lost money. */
  ran: number
  lost: number
  /** Changes that did not run, and those of them that would have been good. */
  stopped: number
  missed: number
  /** Changes that ran in shadow although the policy would have held or blocked them. */
  shadowed: number
}

async function playWeek(week: number, mode?: GuardMode): Promise<Week> {
  const seen: Week = { ran: 0, lost: 0, stopped: 0, missed: 0, shadowed: 0 }
  await using guard = createGuard({
    evaluator: engine,
    actor: 'price-agent',
    domain: 'pricing',
    ...(mode === undefined ? {} : { mode }),
    // The merchandiser has no time for single prices: what is held is not done.
    approvals: { onRequest: () => ({ resolution: 'denied', resolvedBy: 'mia', message: 'only what is sure' }) },
  })
  guard.on('evaluation-end', ({ resolved }) => {
    if (resolved.wouldBe === 'await_approval' || resolved.wouldBe === 'block') seen.shadowed++
  })
  for (const [index, proposal] of proposals(week).entries()) {
    const requestId = await setPrice(guard, proposal, `week-${week}/${index}`)
    const isGood = wasGood(proposal)
    if (requestId === null) {
      seen.stopped++
      if (isGood) seen.missed++
      continue
    }
    seen.ran++
    if (!isGood) seen.lost++
    // The next morning: what the change did to the margin. Only now is it known.
    await guard.flush()
    await engine.outcomes.report({ request_id: requestId, status: isGood ? 'SUCCESS' : 'ROLLBACK' })
  }
  return seen
}

/** Sets a price under the guard; answers with the decision's id, or null if it was not set. */
async function setPrice(guard: Guard, { product, price, reason }: Proposal, callId: string): Promise<string | null> {
  const begun = await guard.begin({
    tool: 'set_price',
    arguments: { product, price, reason },
    callId,
    // Each change is a run of its own: one bad morning says nothing about the next product.
    runId: callId,
    options: { target: product, mutating: true, reversibility: 0.8, outcome: () => null },
  })
  const result = await begun.run(() => prices.set(product, price).size)
  return result.status === 'executed' ? (begun.answer?.request_id ?? null) : null
}

const first = await playWeek(1, 'shadow')
console.log('in shadow:', first)
assert.equal(first.stopped, 0, 'in shadow everything runs')
assert(first.lost > 0, 'and some of it loses money')
assert(first.shadowed > 0, 'the record says what would have been held')
assert.deepEqual(await engine.approvals.list({ status: 'all' }), [], 'nobody was asked')

await engine.policy.update({ domains: { pricing: { enforcement_mode: 'enforced' } }, reason: 'a week in shadow' })
const second = await playWeek(2)
console.log('enforced: ', second)
assert(second.lost < first.lost / 4, 'most of what loses money does not run any more')
assert(second.ran >= 0.9 * (second.ran + second.missed), 'and the good changes still do')
assert.equal(second.shadowed, 0)

const [version] = await engine.policy.versions({ limit: 1 })
console.log(`policy version ${version?.version}: ${version?.reason}`)
assert((await engine.verifyLog()).valid)
await engine.close()
