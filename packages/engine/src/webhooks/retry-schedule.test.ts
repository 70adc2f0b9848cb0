import { describe, expect, it } from 'vitest'
import { type RetrySettings, retryDelayMs } from './retry-schedule.ts'

/** Delays in seconds until there is no further attempt. */
function delays(settings: Partial<RetrySettings>): number[] {
  const list: number[] = []
  for (let attempts = 1; ; attempts++) {
    const delay = retryDelayMs(attempts, { max_retries: null, retry_delay_seconds: null, ...settings })
    if (delay === null) return list
    list.push(delay / 1000)
  }
}

describe('retries of a delivery', () => {
  it('follow the schedule of the protocol', () => {
    expect(delays({})).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 36_000])
  })

  it("follow the webhook's own number and delay, longer each time", () => {
    expect(delays({ max_retries: 3, retry_delay_seconds: 60 })).toEqual([60, 120, 180])
    expect(delays({ max_retries: 2 })).toEqual([5, 10])
    expect(delays({ max_retries: 0 })).toEqual([])
    expect(delays({ retry_delay_seconds: 1 })).toEqual([1, 2, 3, 4, 5, 6, 7])
  })
})
