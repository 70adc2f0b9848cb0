/** Where a moment lies in an organisation's day. */
export interface LocalTime {
  /** 0–23. */
  readonly hour: number
  /** Days since the epoch, counted by local midnights. */
  readonly day: number
  /** Hours since the epoch, counted by local hours. */
  readonly hourIndex: number
}

const QUARTER_MS = 15 * 60_000
const DAY_MS = 86_400_000

/** Reads local time in an IANA time zone. Every zone's offset is a multiple of 15 minutes, so one look serves a quarter of an hour. */
export class LocalClock {
  readonly #format: Intl.DateTimeFormat | null
  #quarter = Number.NaN
  #offsetMs = 0

  constructor(timeZone: string) {
    this.#format =
      timeZone === 'UTC'
        ? null
        : new Intl.DateTimeFormat('en-US', {
            timeZone,
            hourCycle: 'h23',
            year: 'numeric',
            month: 'numeric',
            day: 'numeric',
            hour: 'numeric',
            minute: 'numeric',
            second: 'numeric',
          })
  }

  at(time: number): LocalTime {
    const local = time + this.#offset(time)
    const hourIndex = Math.floor(local / 3_600_000)
    const day = Math.floor(local / 86_400_000)
    return { hour: hourIndex - day * 24, day, hourIndex }
  }

  /** The moment at which the local day of a time began. */
  startOfDay(time: number): number {
    return this.#toTime(this.at(time).day * DAY_MS)
  }

  /** The moment at which the local month of a time began. */
  startOfMonth(time: number): number {
    const local = new Date(time + this.#offset(time))
    return this.#toTime(Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), 1))
  }

  /** The moment that local clocks show as this. The offset there may differ from the one before: clocks change at night. */
  #toTime(local: number): number {
    const guess = local - this.#offset(local)
    return local - this.#offset(guess)
  }

  #offset(time: number): number {
    if (!this.#format) return 0
    const quarter = Math.floor(time / QUARTER_MS)
    if (quarter !== this.#quarter) {
      this.#quarter = quarter
      const start = quarter * QUARTER_MS
      const parts = Object.fromEntries(this.#format.formatToParts(start).map((part) => [part.type, Number(part.value)]))
      const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts as Record<string, number>
      this.#offsetMs = Date.UTC(year, month - 1, day, hour, minute, second) - start
    }
    return this.#offsetMs
  }
}
