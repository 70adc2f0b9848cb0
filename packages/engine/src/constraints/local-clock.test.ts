import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LocalClock } from './local-clock.ts'

const HOUR = 3_600_000
const DAY = 86_400_000

function hourAt(zone: string, iso: string): number {
  return new LocalClock(zone).at(Date.parse(iso)).hour
}

describe('the local clock', () => {
  it.each([
    ['UTC', '2026-07-01T23:59:59.999Z', 23],
    ['Europe/Berlin', '2026-01-15T23:30:00Z', 0],
    ['Europe/Berlin', '2026-07-15T23:30:00Z', 1],
    ['America/New_York', '2026-01-15T03:00:00Z', 22],
    ['Asia/Kathmandu', '2026-01-15T18:15:00Z', 0],
    ['Asia/Kathmandu', '2026-01-15T18:14:59Z', 23],
    ['Pacific/Kiritimati', '2026-01-15T10:00:00Z', 0],
  ])('in %s reads %s as hour %i', (zone, iso, hour) => {
    expect(hourAt(zone, iso)).toBe(hour)
  })

  it('skips the hour that spring takes away', () => {
    // 29 March 2026, Berlin: 01:59:59 is followed by 03:00:00.
    expect(hourAt('Europe/Berlin', '2026-03-29T00:59:59Z')).toBe(1)
    expect(hourAt('Europe/Berlin', '2026-03-29T01:00:00Z')).toBe(3)
  })

  it('has the hour twice that autumn gives back, as one hour of one day', () => {
    const clock = new LocalClock('Europe/Berlin')
    const first = clock.at(Date.parse('2026-10-25T00:30:00Z'))
    const second = clock.at(Date.parse('2026-10-25T01:30:00Z'))
    expect([first.hour, second.hour]).toEqual([2, 2])
    expect(second).toEqual(first)
  })

  it('begins a day at the local midnight, also when it lasts 23 or 25 hours', () => {
    const clock = new LocalClock('Europe/Berlin')
    const dayOf = (iso: string): number => clock.at(Date.parse(iso)).day
    expect(dayOf('2026-03-28T23:00:00Z') - dayOf('2026-03-28T22:59:59Z')).toBe(1)
    expect(dayOf('2026-03-29T22:00:00Z') - dayOf('2026-03-29T21:59:59Z')).toBe(1)
    expect(dayOf('2026-10-25T23:00:00Z') - dayOf('2026-10-25T22:59:59Z')).toBe(1)
  })

  it('answers the same whatever it was asked before', () => {
    const zones = fc.constantFrom('Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC')
    const times = fc.array(fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2040, 0) }), {
      minLength: 1,
      maxLength: 5,
    })
    fc.assert(
      fc.property(zones, times, (zone, moments) => {
        const clock = new LocalClock(zone)
        for (const time of moments) {
          const local = clock.at(time)
          expect(local).toEqual(new LocalClock(zone).at(time))
          expect(local.hourIndex).toBe(local.day * 24 + local.hour)
          const wanted = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', hourCycle: 'h23' })
          expect(local.hour).toBe(Number(wanted.format(time)))
          expect(Math.abs(local.hourIndex * HOUR - time)).toBeLessThanOrEqual(DAY)
        }
      }),
      { numRuns: 60 },
    )
  })
})
