import type { LocalTime } from './local-clock.ts'

/** What a rule's scope has let run, and what it stopped. Days and hours are local ones (policy `time_zone`). */
export interface RuleUsage {
  readonly day: number
  readonly hourIndex: number
  readonly countDay: number
  readonly countHour: number
  readonly spentDay: number
  readonly spentHour: number
  readonly blockedDay: number
  readonly countTotal: number
  readonly blockedTotal: number
  /** When a call of the scope ran last, in ms since the epoch. */
  readonly lastAt: number | null
}

export const NO_USAGE: RuleUsage = {
  day: 0,
  hourIndex: 0,
  countDay: 0,
  countHour: 0,
  spentDay: 0,
  spentHour: 0,
  blockedDay: 0,
  countTotal: 0,
  blockedTotal: 0,
  lastAt: null,
}

/** The counters as they stand at a moment: those of another day or hour are zero. */
export function usageAt(usage: RuleUsage, local: LocalTime): RuleUsage {
  const isToday = usage.day === local.day
  const isThisHour = usage.hourIndex === local.hourIndex
  return {
    ...usage,
    day: local.day,
    hourIndex: local.hourIndex,
    countDay: isToday ? usage.countDay : 0,
    spentDay: isToday ? usage.spentDay : 0,
    blockedDay: isToday ? usage.blockedDay : 0,
    countHour: isThisHour ? usage.countHour : 0,
    spentHour: isThisHour ? usage.spentHour : 0,
  }
}

/** One more call of the scope ran. */
export function countRun(usage: RuleUsage, local: LocalTime, value: number | null, at: number): RuleUsage {
  const now = usageAt(usage, local)
  return {
    ...now,
    countDay: now.countDay + 1,
    countHour: now.countHour + 1,
    spentDay: now.spentDay + (value ?? 0),
    spentHour: now.spentHour + (value ?? 0),
    countTotal: now.countTotal + 1,
    lastAt: at,
  }
}

/** The rule stopped one more call. */
export function countBlocked(usage: RuleUsage, local: LocalTime): RuleUsage {
  const now = usageAt(usage, local)
  return { ...now, blockedDay: now.blockedDay + 1, blockedTotal: now.blockedTotal + 1 }
}
