import { describe, expect, it } from 'vitest'
import { type AgeUnit, DelayModel } from './delay-model.ts'

interface Fate {
  readonly label: 0 | 1
  /** Decisions until it is known; null: never. */
  readonly delay: number | null
}

/** Lives through decisions, one a second, each with its fate. */
function live(unit: AgeUnit, count: number, fateOf: (n: number) => Fate): DelayModel {
  const model = new DelayModel(unit)
  const due = new Map<number, { n: number; label: 0 | 1 }[]>()
  for (let now = 0; now < count; now++) {
    for (const { n, label } of due.get(now) ?? []) model.close(`act_${n}`, label, (now - 1) * 1000)
    model.admit(`act_${now}`, now * 1000)
    const { label, delay } = fateOf(now)
    if (delay === null) continue
    const when = now + 1 + delay
    due.set(when, [...(due.get(when) ?? []), { n: now, label }])
  }
  return model
}

/** A third is bad; good outcomes are known at once, bad ones `late` decisions later. */
function badIsLate(late: number): (n: number) => Fate {
  return (n) => (n % 3 === 0 ? { label: 1, delay: late } : { label: 0, delay: 0 })
}

describe('the base rate of decisions', () => {
  it('is a running mean where outcomes are prompt', () => {
    const model = live('decisions', 2000, badIsLate(0))
    expect(model.base).toBeCloseTo(1 / 3, 1)
    expect(model.openness).toBeLessThan(0.01)
  })

  it('counts one decision for as many as it stands for', () => {
    const model = new DelayModel('decisions')
    // Of nine held decisions the outcome of one is looked up, and is bad; of one that ran it is good.
    for (let n = 0; n < 3000; n++) {
      const key = `act_${n}`
      const isHeld = n % 10 !== 0
      model.admit(key, n * 1000, n % 10 === 1 ? 9 : 1)
      if (isHeld && n % 10 !== 1) model.withdraw(key)
      else model.close(key, isHeld ? 1 : 0, n * 1000)
    }
    expect(model.base).toBeCloseTo(0.9, 1)
    expect(model.openness).toBeLessThan(0.01)
  })

  it('learns the outcome of what was withdrawn, once', () => {
    const [late, prompt] = [new DelayModel('decisions'), new DelayModel('decisions')]
    for (let n = 0; n < 100; n++)
      for (const model of [late, prompt]) {
        model.admit(`act_${n}`, n * 1000)
        if (model === late) model.withdraw(`act_${n}`)
        model.close(`act_${n}`, 1, n * 1000)
        model.close(`act_${n}`, 1, n * 1000)
      }
    expect(late.snapshot()).toEqual(prompt.snapshot())
  })

  it('counts the decisions whose bad outcome is still to come', () => {
    const model = live('decisions', 3000, badIsLate(300))
    // 2000 good and 900 bad outcomes have arrived: a mean of what arrives says less.
    expect(model.base).toBeCloseTo(1 / 3, 1)
    expect(model.openness).toBeGreaterThan(0.1)
  })

  it('takes silence neither for success nor for failure', () => {
    const model = live('decisions', 6000, (n) =>
      n % 2 === 0 ? { label: 0, delay: null } : { label: n % 4 === 1 ? 1 : 0, delay: 2 },
    )
    // Half of what is ever known is bad; what never comes counts for nothing in the end.
    expect(model.base).toBeCloseTo(0.5, 1)
  })

  it('is the same by seconds as by decisions where there is one a second', () => {
    for (const fate of [badIsLate(0), badIsLate(40), badIsLate(500)]) {
      const [byDecisions, bySeconds] = [live('decisions', 1500, fate), live('seconds', 1500, fate)]
      expect(bySeconds.base).toBeCloseTo(byDecisions.base, 9)
      expect(bySeconds.openness).toBeCloseTo(byDecisions.openness, 9)
    }
  })

  it('does not move when clocks go back', () => {
    const model = new DelayModel('seconds')
    for (let n = 0; n < 60; n++) {
      model.admit(`act_${n}`, n % 2 === 0 ? 1e12 : 0)
      model.close(`act_${n}`, 0, 0)
    }
    expect(model.base).toBeLessThan(0.1)
  })

  it('lets calls that never ran be open no longer', () => {
    const [open, withdrawn] = [live('decisions', 2000, badIsLate(300)), live('decisions', 2000, badIsLate(300))]
    for (let n = 1500; n < 2000; n++) withdrawn.withdraw(`act_${n}`)
    for (const model of [open, withdrawn])
      for (let n = 2000; n < 2040; n++) {
        model.admit(`act_${n}`, 0)
        model.close(`act_${n}`, 0, 0)
      }
    expect(withdrawn.openness).toBeLessThan(open.openness / 4)
  })

  it('follows an outcome that is corrected', () => {
    const decide = (model: DelayModel, correct: boolean): number => {
      for (let n = 0; n < 100; n++) {
        model.admit(`act_${n}`, 0)
        model.close(`act_${n}`, 0, 0)
        if (correct && n % 2 === 0) model.correct(`act_${n}`, 0, 1)
      }
      return model.base
    }
    expect(decide(new DelayModel('decisions'), false)).toBeLessThan(0.05)
    expect(decide(new DelayModel('decisions'), true)).toBeCloseTo(0.5, 1)
  })

  it('goes on from a snapshot, also beyond what the ring holds', () => {
    const whole = live('decisions', 71_000, badIsLate(200))
    const restored = new DelayModel('decisions')
    restored.restore(structuredClone(whole.snapshot()))
    for (const model of [whole, restored])
      for (let n = 71_000; n < 71_100; n++) {
        model.admit(`act_${n}`, 0)
        model.close(`act_${n - 150}`, 1, 0)
      }
    expect(restored.snapshot()).toEqual(whole.snapshot())
    expect(() => new DelayModel('seconds').restore(whole.snapshot())).toThrow('ages in decisions')
  })
})
