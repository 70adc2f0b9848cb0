import { describe, expect, it } from 'vitest'
import { CounterTable } from './counter-table.ts'

const CONTEXT = 12_345

function logit(p: number): number {
  return Math.log(p / (1 - p))
}

describe('a shrinkage counter', () => {
  it('says nothing before an outcome', () => {
    expect(new CounterTable().deviation(CONTEXT)).toEqual({ logOdds: 0, count: 0, bad: 0, expected: 0 })
  })

  it('is the shrunk departure from what the parent expected, hand-worked', () => {
    const table = new CounterTable()
    table.learn(CONTEXT, 1, 0.2)
    table.learn(CONTEXT, 1, 0.4)
    table.learn(CONTEXT, 0, 0.3)
    // b̄ = 0.9/3 = 0.3; (2 + 0.6·0.3)/(3 + 0.6) = 2.18/3.6.
    expect(table.deviation(CONTEXT)).toMatchObject({ count: 3, bad: 2 })
    expect(table.logOdds(CONTEXT)).toBeCloseTo(logit(2.18 / 3.6) - logit(0.3), 12)
  })

  it('does not depart when outcomes are as expected', () => {
    const table = new CounterTable()
    for (let n = 0; n < 10; n++) table.learn(CONTEXT, n < 5 ? 1 : 0, 0.5)
    expect(table.logOdds(CONTEXT)).toBeCloseTo(0, 12)
  })

  it('remembers 400 outcomes and lets older ones fade', () => {
    const table = new CounterTable()
    for (let n = 0; n < 400; n++) table.learn(CONTEXT, 0, 0.5)
    expect(table.deviation(CONTEXT).count).toBe(400)
    for (let n = 0; n < 1000; n++) table.learn(CONTEXT, 1, 0.5)
    const { count, bad } = table.deviation(CONTEXT)
    expect(count).toBeCloseTo(400, 6)
    // 400·(1 − (1 − 1/400)^1000) = 367.3 of them are the bad ones.
    expect(bad).toBeCloseTo(400 * (1 - (1 - 1 / 400) ** 1000), 6)
  })

  it('exchanges a corrected label and takes back one that is none', () => {
    const [table, wanted] = [new CounterTable(), new CounterTable()]
    table.learn(CONTEXT, 0, 0.3)
    table.learn(CONTEXT, 0, 0.3)
    table.correct(CONTEXT, 0, 1)
    wanted.learn(CONTEXT, 0, 0.3)
    wanted.learn(CONTEXT, 1, 0.3)
    expect(table.deviation(CONTEXT)).toEqual(wanted.deviation(CONTEXT))
    table.correct(CONTEXT, 1, null)
    table.correct(CONTEXT, 0, null)
    expect(table.deviation(CONTEXT).count).toBe(0)
    table.correct(CONTEXT, 1, null)
    expect(table.logOdds(CONTEXT)).toBe(0)
  })

  it('keeps only filled slots in a snapshot, and gives them back to the bit', () => {
    const [table, other] = [new CounterTable(), new CounterTable()]
    for (let n = 0; n < 1000; n++) table.learn(n * 7919, n % 3 === 0 ? 1 : 0, 0.123 + n / 5000)
    other.learn(5, 1, 0.5)
    const snapshot = structuredClone(table.snapshot()) as { places: Uint32Array }
    other.restore(snapshot)
    expect(snapshot.places.length).toBeLessThanOrEqual(1000)
    for (let n = 0; n < 1000; n++) expect(other.deviation(n * 7919)).toEqual(table.deviation(n * 7919))
    expect(other.deviation(5)).toEqual(table.deviation(5))
  })
})
