import { describe, expect, it } from 'vitest'
import { SeverityBook } from './severity-book.ts'

describe('the severity book', () => {
  it('takes a bad outcome for an ordinary stake until it knows better', () => {
    const book = new SeverityBook()
    expect(book.mean('refund')).toBe(1)
    expect(book.samples('refund')).toEqual([])
    book.record('refund', 0.4, null)
    book.record('refund', 0.6, null)
    // (0.4 + 0.6 + 10)/(2 + 10).
    expect(book.mean('refund')).toBeCloseTo(11 / 12, 12)
    expect(book.samples('refund')).toEqual([0.4, 0.6])
    expect(book.mean('payout')).toBe(1)
  })

  it('keeps the newest 64 samples', () => {
    const book = new SeverityBook()
    for (let n = 1; n <= 100; n++) book.record('refund', n / 100, null)
    expect([...book.samples('refund')].toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 64 }, (_, n) => (n + 37) / 100),
    )
  })

  it('forgets what a correction takes back, in the mean and in the samples', () => {
    const book = new SeverityBook()
    book.record('refund', 0.6, null)
    book.record('refund', 1, null)
    book.record('refund', 0.5, 1)
    expect(book.mean('refund')).toBeCloseTo(11.1 / 12, 12)
    expect(book.samples('refund')).toEqual([0.6, 0.5])
    book.record('refund', null, 0.5)
    expect(book.samples('refund')).toEqual([0.6])
  })

  it('takes back nothing that it does not know', () => {
    const book = new SeverityBook()
    for (let n = 0; n < 20; n++) book.record('refund', null, 0.6)
    expect(book.mean('refund')).toBe(1)
  })

  it('comes back from a snapshot and shares nothing with it', () => {
    const [book, other] = [new SeverityBook(), new SeverityBook()]
    for (let n = 0; n < 70; n++) book.record('refund', n / 100, null)
    const snapshot = book.snapshot()
    const before = structuredClone(snapshot)
    other.restore(snapshot)
    book.record('refund', 0.9, null)
    other.record('refund', 0.9, null)
    expect(other.snapshot()).toEqual(book.snapshot())
    expect(snapshot).toEqual(before)
  })
})
