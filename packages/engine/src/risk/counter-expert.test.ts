import { describe, expect, it } from 'vitest'
import { COUNTER_CONTEXTS } from '../features/counter-contexts.ts'
import { logit } from '../math/log-odds.ts'
import { CounterExpert } from './counter-expert.ts'

const OFFSET = logit(0.2)
const contexts = Uint32Array.from(COUNTER_CONTEXTS, (_, index) => 1000 + index)
const fields = Uint32Array.of(7, 8)

function learn(expert: CounterExpert, label: 0 | 1, times = 1, importance = 1): void {
  for (let time = 0; time < times; time++)
    expert.learn(contexts, fields, { action: 1, offset: OFFSET, label, importance })
}

function score(expert: CounterExpert, trust = 1): Float64Array {
  const inputs = new Float64Array(COUNTER_CONTEXTS.length + 1)
  expert.score(contexts, fields, { action: 1, offset: OFFSET, trust, inputs, at: 0 })
  return inputs
}

describe('counters', () => {
  it('say nothing of what they have not seen', () => {
    expect([...score(new CounterExpert())]).toEqual(Array.from({ length: COUNTER_CONTEXTS.length + 1 }, () => 0))
  })

  it('say how far outcomes departed from what was expected, hand-worked', () => {
    const expert = new CounterExpert()
    learn(expert, 1)
    // The action expected 0.2 and saw one bad outcome: (1 + 0.6·0.2)/(1 + 0.6) = 0.7.
    const ofAction = Math.log(0.7 / 0.3) - Math.log(0.2 / 0.8)
    expect(score(expert)[0]).toBeCloseTo(ofAction, 5)
    expect(score(expert, 0.5)[0]).toBeCloseTo(ofAction / 2, 5)
    // Fields shrink with 8 outcomes and are summed over √2: (1 + 8·0.2)/9 = 0.28889.
    const ofField = Math.log(0.288889 / 0.711111) - Math.log(0.2 / 0.8)
    expect(score(expert).at(-1)).toBeCloseTo((2 * ofField) / Math.SQRT2, 4)
  })

  it('compare a child with what its parent believed before the outcome', () => {
    const expert = new CounterExpert()
    learn(expert, 1, 20)
    // The action is bad in general, so that an actor who is as bad adds less than the action itself.
    const actionActor = COUNTER_CONTEXTS.findIndex(({ name }) => name === 'action_actor')
    const inputs = score(expert)
    expect(inputs[actionActor]).toBeGreaterThan(0)
    expect(inputs[actionActor]).toBeLessThan(inputs[0] ?? 0)
    expect(expert.about(contexts[0] ?? 0)).toMatchObject({ count: 20, bad: 20 })
    expect(expert.about(contexts[0] ?? 0).expected).toBeCloseTo(0.2, 6)
  })

  it('forget slowly beyond 400 outcomes', () => {
    const expert = new CounterExpert()
    learn(expert, 0, 1000)
    expect(expert.countOf(contexts[0] ?? 0)).toBeLessThanOrEqual(400)
    expect(expert.countOf(contexts[0] ?? 0)).toBeGreaterThan(398)
  })

  it('exchange a label that was wrong, and take one back that was none', () => {
    const [corrected, right, taken] = [new CounterExpert(), new CounterExpert(), new CounterExpert()]
    learn(corrected, 0)
    corrected.correct(contexts, fields, 1, 0, 1)
    learn(right, 1)
    expect(score(corrected)[0]).toBeCloseTo(score(right)[0] ?? 0, 6)
    learn(taken, 1)
    taken.correct(contexts, fields, 1, 1, null)
    expect(score(taken)[0]).toBe(0)
  })
})
