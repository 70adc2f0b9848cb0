import { describe, expect, it } from 'vitest'
import { RISK_MODEL_CHECKS } from '../../test/contracts/risk-model-checks.ts'
import { facts } from '../../test/support/facts.ts'
import { createRiskModel } from './context-mixing-model.ts'
import type { Prediction, RiskModel } from './risk-model.ts'

describe('the context mixing model', () => {
  it.each(RISK_MODEL_CHECKS)('$name', ({ run }) => {
    expect(() => run(() => createRiskModel())).not.toThrow()
  })

  it('does not take one bad outcome for proof, and tells good calls from bad ones after a few', () => {
    const model = createRiskModel()
    const refund = (n: number, method: string): Prediction =>
      model.predict(facts({ target: `order-${n}`, value: 25 + (n % 7), arguments: { method } }))
    const live = (n: number): void => {
      const { recorded } = refund(n, METHODS[n % 2] ?? '')
      model.admit(recorded, { key: `act_${n}`, at: n * 1000 })
      model.learn(recorded, n % 2 === 0 ? 1 : 0, { key: `act_${n}`, at: n * 1000 + 500 })
    }
    const before = refund(100, 'gift card').probability
    live(0)
    const afterOne = refund(100, 'gift card').probability
    expect(afterOne).toBeGreaterThan(before)
    expect(afterOne).toBeLessThan(0.5)
    for (let n = 1; n < 20; n++) live(n)
    expect(refund(100, 'gift card').probability).toBeGreaterThan(refund(100, 'original').probability + 0.1)
  })

  it('learns sooner what a short argument means where arguments count as fields', () => {
    const [without = 0, withFields = 0] = [false, true].map((hasArgumentFields) => {
      const model = createRiskModel({ hasArgumentFields })
      const refund = (n: number, method: string): Prediction =>
        model.predict(
          facts({
            target: `order-${n}`,
            value: 25 + (n % 7),
            arguments: { order: `A-${n}`, amount: 25 + (n % 7), method },
          }),
        )
      for (let n = 0; n < 34; n++) {
        const isBad = (n * 7) % 11 < 5
        const { recorded } = refund(n, isBad ? 'gift_card' : 'original')
        model.admit(recorded, { key: `act_${n}`, at: n * 1000 })
        model.learn(recorded, isBad ? 1 : 0, { key: `act_${n}`, at: n * 1000 + 500 })
      }
      return refund(100, 'gift_card').probability - refund(100, 'original').probability
    })
    expect(withFields).toBeGreaterThan(1.5 * without)
    expect(without).toBeGreaterThan(0.1)
  })

  it('takes a call that was never run for no open decision', () => {
    const [withdrawn, never] = [createRiskModel(), createRiskModel()]
    for (const model of [withdrawn, never]) decide(model, 30)
    for (let n = 0; n < 10; n++) withdrawn.withdraw(`act_${n}`)
    expect(withdrawn.snapshot()).not.toEqual(never.snapshot())
    // Twice is once.
    const once = withdrawn.snapshot()
    withdrawn.withdraw('act_0')
    expect(withdrawn.snapshot()).toEqual(once)
  })

  it('explains an estimate by parts that add up to it', () => {
    const model = createRiskModel()
    decide(model, 60, (n) => (n % 3 === 0 ? 1 : 0))
    const { probability, contributions } = model.predict(callOf(7))
    const sum = contributions.reduce((total, { log_odds: part }) => total + part, 0)
    expect(1 / (1 + Math.exp(-sum))).toBeCloseTo(probability, 9)
    expect(new Set(contributions.map(({ group }) => group)).size).toBe(contributions.length)
    expect(contributions.find(({ group }) => group === 'action')?.text).toMatch(
      /of 60 earlier calls of this action|taken together/,
    )
  })
})

const METHODS = ['gift card', 'original']

function callOf(n: number) {
  return facts({ target: `order-${n % 5}`, value: n % 11, arguments: { amount: n % 4, note: `word${n % 3} again` } })
}

function decide(model: RiskModel, count: number, labelOf?: (n: number) => 0 | 1): void {
  for (let n = 0; n < count; n++) {
    const { recorded } = model.predict(callOf(n))
    model.admit(recorded, { key: `act_${n}`, at: n * 1000 })
    if (labelOf) model.learn(recorded, labelOf(n), { key: `act_${n}`, at: n * 1000 + 900 })
  }
}
