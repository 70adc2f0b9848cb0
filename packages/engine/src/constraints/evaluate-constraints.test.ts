import type { Constraint } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import { facts, rule } from '../../test/support/facts.ts'
import { evaluateConstraints } from './evaluate-constraints.ts'
import { LocalClock } from './local-clock.ts'
import { countBlocked, countRun, NO_USAGE, type RuleUsage } from './rule-usage.ts'

const NOON = Date.parse('2026-07-01T12:00:00Z')
const UTC = new LocalClock('UTC')

interface Situation {
  readonly at?: number
  readonly usage?: RuleUsage
  readonly clock?: LocalClock
  readonly health?: 'healthy' | 'critical'
  readonly riskScore?: number
}

/** Effects and limits of a rule's matches, as `block max_value`. */
function matches(
  fields: Partial<Constraint>,
  about: Parameters<typeof facts>[0] = {},
  { at = NOON, usage = NO_USAGE, clock = UTC, health, riskScore = 0.3 }: Situation = {},
): string[] {
  return evaluateConstraints([rule(fields)], facts(about), {
    at,
    local: clock.at(at),
    riskScore,
    health: health ?? null,
    usage: () => usage,
  }).map((match) => `${match.effect} ${match.blocked_by}`)
}

function usedBefore(...calls: readonly [at: number, value: number | null][]): RuleUsage {
  return calls.reduce((usage, [at, value]) => countRun(usage, UTC.at(at), value, at), NO_USAGE)
}

describe('limits of a rule', () => {
  it.each([
    [{ max_value: 19.99 }, ['block max_value']],
    [{ max_value: 20 }, []],
    [{ min_value: 20.01 }, ['block min_value']],
    [{ min_value: 20 }, []],
    [{ require_approval_above: 19 }, ['review require_approval_above']],
    [{ require_approval_above: 20 }, []],
    [{ max_value: 0, require_approval_above: 0 }, ['block max_value', 'review require_approval_above']],
    [{ max_per_day: 0 }, ['block max_per_day']],
    [{ max_value: null, min_value: null, max_per_day: null }, []],
  ])('%j on a value of 20 gives %j', (fields, expected) => {
    expect(matches(fields)).toEqual(expected)
  })

  it('on values say nothing about a call without one', () => {
    expect(matches({ max_value: 0, min_value: 100, require_approval_above: 0 }, { value: null })).toEqual([])
  })

  it('on calls a day count those that ran today', () => {
    const usage = usedBefore([NOON - 3_600_000, 1], [NOON - 60_000, 1])
    expect(matches({ max_per_day: 2 }, {}, { usage })).toEqual(['block max_per_day'])
    expect(matches({ max_per_day: 3 }, {}, { usage })).toEqual([])
    expect(matches({ max_per_day: 2 }, {}, { usage, at: NOON + 12 * 3_600_000 })).toEqual([])
  })

  it('on calls an hour count those of the clock hour', () => {
    const usage = usedBefore([NOON - 1, 1], [NOON + 1, 1])
    expect(matches({ max_per_hour: 1 }, {}, { usage, at: NOON + 2 })).toEqual(['block max_per_hour'])
    expect(matches({ max_per_hour: 2 }, {}, { usage, at: NOON + 2 })).toEqual([])
  })

  it('let a cooldown pass to the millisecond', () => {
    const usage = usedBefore([NOON, 1])
    expect(matches({ cooldown_seconds: 10 }, {}, { usage, at: NOON + 9999 })).toEqual(['block cooldown'])
    expect(matches({ cooldown_seconds: 10 }, {}, { usage, at: NOON + 10_000 })).toEqual([])
    expect(matches({ cooldown_seconds: 10 })).toEqual([])
  })

  it.each([
    [9, 17, 8, false],
    [9, 17, 9, true],
    [9, 17, 16, true],
    [9, 17, 17, false],
    [22, 6, 22, true],
    [22, 6, 23, true],
    [22, 6, 0, true],
    [22, 6, 5, true],
    [22, 6, 6, false],
    [22, 6, 21, false],
    [7, 7, 3, true],
    [0, 0, 12, true],
    [23, 0, 23, true],
    [23, 0, 0, false],
  ])('allow hours %i to %i: at %i h it may run: %s', (start, end, hour, allowed) => {
    const at = Date.UTC(2026, 6, 1, hour, 59, 59)
    const found = matches({ allowed_hours_start: start, allowed_hours_end: end }, {}, { at })
    expect(found).toEqual(allowed ? [] : ['block allowed_hours'])
  })

  it('read the hour in the organisation’s time zone, daylight saving included', () => {
    const fields = { allowed_hours_start: 9, allowed_hours_end: 17 }
    const clock = new LocalClock('Europe/Berlin')
    expect(matches(fields, {}, { clock, at: Date.parse('2026-07-01T07:00:00Z') })).toEqual([])
    expect(matches(fields, {}, { clock, at: Date.parse('2026-01-01T07:00:00Z') })).toEqual(['block allowed_hours'])
  })
})

describe('the condition form', () => {
  const block = { action_on_match: 'block' } as const

  it.each([
    ['allow', 'allow condition'],
    ['warn', 'warn condition'],
    ['review', 'review condition'],
    ['block', 'block condition'],
  ] as const)('does what it says on a match: %s', (action_on_match, expected) => {
    expect(matches({ conditions: { value_gt: 10 }, action_on_match })).toEqual([expected])
    expect(matches({ conditions: { value_gt: 20 }, action_on_match })).toEqual([])
  })

  it.each([
    [{ action: 'refund', actor: 'support-agent', target: 'order-1', tool: 'refund', domain: 'payments' }, {}, {}],
    [{ hour: 12 }, {}, {}],
    [{ risk_score_gte: 0.3 }, {}, { riskScore: 0.3 }],
    [{ trajectory_health: 'critical' }, {}, { health: 'critical' }],
    [{ previous_action: 'lookup' }, { run: { previousActions: ['refund', 'lookup'] } }, {}],
    [{ provenance_in: ['tool', 'mixed'] }, { provenance: { to: 'user', iban: 'tool' } }, {}],
    [{ 'context.customer.tier': 'gold' }, { context: { customer: { tier: 'gold' } } }, {}],
  ] as const)('reads %j', (conditions, about, situation) => {
    expect(matches({ ...block, conditions }, about, situation)).toEqual(['block condition'])
  })

  it('adds this call to what its scope has spent', () => {
    const usage = usedBefore([NOON - 3_600_000, 50], [NOON - 60_000, -10], [NOON, null], [NOON, 30])
    expect(matches({ ...block, conditions: { spent_today_gt: 89 } }, {}, { usage })).toEqual(['block condition'])
    expect(matches({ ...block, conditions: { spent_today_gt: 90 } }, {}, { usage })).toEqual([])
    expect(matches({ ...block, conditions: { spent_hour_gte: 50 } }, {}, { usage })).toEqual(['block condition'])
    expect(matches({ ...block, conditions: { spent_hour_gt: 50 } }, {}, { usage })).toEqual([])
  })

  it('reads a context path by own properties only', () => {
    const about = { context: { list: [1] } }
    expect(matches({ ...block, conditions: { 'context.constructor_ne': null } }, about)).toEqual([])
    expect(matches({ ...block, conditions: { 'context.list.length_gt': 0 } }, about)).toEqual(['block condition'])
    expect(matches({ ...block, conditions: { 'context.__proto___ne': null } }, about)).toEqual([])
  })

  it('never reads an argument that is named like a field', () => {
    const about = { arguments: { action: 'noop', value: 1, domain: 'sandbox', actor: 'admin' } }
    expect(matches({ ...block, conditions: { action: 'refund', value: 20, domain: 'payments' } }, about)).toEqual([
      'block condition',
    ])
    expect(matches({ ...block, conditions: { actor: 'admin' } }, about)).toEqual([])
  })
})

describe('the scope of a rule', () => {
  const above = { max_value: 1 }

  it.each([
    [{ domain: 'payments' }, true],
    [{ domain: 'support' }, false],
    [{ domain: null }, true],
    [{ domain: '' }, true],
    [{ status: 'paused' }, false],
    [{ status: 'deleted' }, false],
  ] as const)('%j covers a payment: %s', (fields, covered) => {
    expect(matches({ ...above, ...fields })).toHaveLength(covered ? 1 : 0)
  })

  it('of one domain leaves calls without a domain alone', () => {
    expect(matches({ ...above, domain: 'payments' }, { domain: null })).toEqual([])
  })
})

describe('counters of a rule', () => {
  it('start anew with the local day and hour, and keep their totals', () => {
    const late = Date.parse('2026-07-01T21:59:59Z')
    const next = Date.parse('2026-07-01T22:00:00Z')
    const berlin = new LocalClock('Europe/Berlin')
    const before = countBlocked(countRun(NO_USAGE, berlin.at(late), 5, late), berlin.at(late))
    const after = countRun(before, berlin.at(next), 7, next)
    expect(before).toMatchObject({ countDay: 1, spentDay: 5, blockedDay: 1, countTotal: 1, blockedTotal: 1 })
    expect(after).toMatchObject({
      countDay: 1,
      spentDay: 7,
      spentHour: 7,
      blockedDay: 0,
      countTotal: 2,
      blockedTotal: 1,
    })
    expect(after.lastAt).toBe(next)
  })
})
