import { describe, expect, it } from 'vitest'
import { randomFrom } from '../math/random-from.ts'
import { BadRateKeeper } from './bad-rate-keeper.ts'

interface Replay {
  readonly keeper: BadRateKeeper
  readonly passed: number
  readonly bad: number
  /** Largest bad rate of any 1,000 calls in a row that passed. */
  readonly worst: number
}

/** Calls whose true risk is uniform on a log scale from 0.1 % to 90 %; `estimate` says what the model makes of it. */
function replay(rate: number, calls: number, estimate: (truth: number, call: number) => number, seed = 1): Replay {
  const random = randomFrom(seed)
  const keeper = new BadRateKeeper(rate)
  const passed: number[] = []
  let worst = 0
  let inWindow = 0
  for (let call = 0; call < calls; call++) {
    const truth = 0.001 * 900 ** random()
    const p = estimate(truth, call)
    const isUnasked = random() < keeper.view(p).share
    keeper.admit(p, isUnasked)
    if (!isUnasked) continue
    const label = random() < truth ? 1 : 0
    keeper.learn(p, label, null)
    passed.push(label)
    inWindow += label
    if (passed.length > 1000) inWindow -= passed.at(-1001) ?? 0
    if (passed.length >= 1000) worst = Math.max(worst, inWindow / 1000)
  }
  return { keeper, passed: passed.length, bad: passed.reduce((sum, label) => sum + label, 0), worst }
}

describe('a promised bad rate', () => {
  it.each([0.01, 0.02, 0.05, 0.1])('of %s is kept and used where estimates are right', (rate) => {
    const { passed, bad, worst } = replay(rate, 20_000, (truth) => truth)
    expect(bad / passed).toBeLessThanOrEqual(1.1 * rate)
    // Not by holding everything: at least half of what may go wrong does.
    expect(bad / passed).toBeGreaterThan(0.5 * rate)
    expect(worst).toBeLessThanOrEqual(Math.max(1.8 * rate, rate + 0.012))
  })

  it('is kept though the model sees only a third of the risk', () => {
    const { passed, bad } = replay(0.05, 40_000, (truth) => truth / 3)
    expect(bad / passed).toBeLessThanOrEqual(1.15 * 0.05)
  })

  it('lets more run where the model sees twice the risk', () => {
    const plain = replay(0.05, 20_000, (truth) => truth)
    const double = replay(0.05, 20_000, (truth) => Math.min(0.99, 2 * truth))
    expect(double.bad / double.passed).toBeLessThanOrEqual(1.1 * 0.05)
    expect(double.passed).toBeGreaterThan(0.85 * plain.passed)
  })

  it('is a limit for single estimates until 100 decisions are known', () => {
    const keeper = new BadRateKeeper(0.05)
    expect(keeper.view(0.05).share).toBe(1)
    expect(keeper.view(0.051).share).toBe(0)
  })

  it('lets calls at the border run in the share that still fits', () => {
    const keeper = new BadRateKeeper(0.1)
    // Half at 1 %, half at 30 %: 0.1 = (0.01 + x·0.3)/(1 + x), x = 0.45.
    for (let call = 0; call < 4000; call++) keeper.admit(call % 2 === 0 ? 0.01 : 0.3, false)
    expect(keeper.view(0.01).share).toBe(1)
    expect(keeper.view(0.3).share).toBeCloseTo(0.45, 2)
    expect(keeper.view(0.6).share).toBe(0)
  })

  it('is never relaxed while more goes wrong than was expected', () => {
    const { keeper } = replay(0.1, 5000, (truth) => truth)
    const random = randomFrom(9)
    for (let call = 0; call < 400 && !keeper.isDrifting; call++) keeper.learn(0.02, random() < 0.5 ? 1 : 0, null)
    expect(keeper.isDrifting).toBe(true)
    const before = keeper.view(0).threshold
    for (let call = 0; call < 150; call++) {
      keeper.learn(0.02, 0, null)
      expect(keeper.view(0).threshold).toBeLessThanOrEqual(before)
    }
    expect(keeper.isDrifting).toBe(true)
    for (let call = 0; call < 60; call++) keeper.learn(0.02, 0, null)
    expect(keeper.isDrifting).toBe(false)
  })

  it('says when it cannot be kept', () => {
    const { keeper } = replay(0.02, 8000, () => 0.004)
    // The true risks have a mean of 13 %, the model cannot tell them apart.
    expect(keeper.report(null)).toMatchObject({ status: 'cannot_be_kept', bad_rate: expect.closeTo(0.13, 1) })
  })

  it('says that it is kept, or that too little is known', () => {
    expect(replay(0.05, 5000, (truth) => truth).keeper.report('payments')).toMatchObject({
      domain: 'payments',
      status: 'kept',
      max_bad_rate: 0.05,
    })
    expect(new BadRateKeeper(0.05).report(null)).toMatchObject({ status: 'too_few_outcomes', bad_rate: null })
  })

  it('takes back what a corrected outcome said', () => {
    const a = new BadRateKeeper(0.05)
    const b = new BadRateKeeper(0.05)
    a.learn(0.02, 1, null)
    b.learn(0.02, 0, null)
    b.learn(0.02, 1, 0)
    const { with_outcome, bad, threshold } = a.report(null)
    expect(b.report(null)).toMatchObject({ with_outcome, bad, threshold: expect.closeTo(threshold, 6) })
  })

  it('goes on after a restart as if there had been none', () => {
    const { keeper } = replay(0.05, 3000, (truth) => truth)
    const other = BadRateKeeper.restore(structuredClone(keeper.snapshot()))
    for (let call = 0; call < 300; call++) {
      const p = (call % 50) / 60 + 0.001
      expect(other.view(p)).toEqual(keeper.view(p))
      for (const each of [keeper, other]) {
        each.admit(p, call % 3 > 0)
        if (call % 3 > 0) each.learn(p, call % 7 === 0 ? 1 : 0, null)
      }
    }
    expect(other.snapshot()).toEqual(keeper.snapshot())
  })
})
