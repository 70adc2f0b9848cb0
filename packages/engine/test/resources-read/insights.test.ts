import { ROUTES } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import type { Engine } from '../../src/engine.ts'
import { openEngine, TestClock, temporaryFile } from '../support/temporary.ts'

interface Told {
  readonly action: string
  readonly actor?: string
  readonly domain?: string
  readonly value?: number
}

async function tellMany(
  engine: Engine,
  n: number,
  bad: number,
  { action, actor = 'agent', domain = 'shop', value }: Told,
) {
  for (let index = 0; index < n; index++) {
    const { case_id } = await engine.cases.create({
      domain,
      action: { tool: 'api', action, ...(value === undefined ? {} : { value }) },
      verdict: { verdict: 'ALLOWED', risk_score: 0.2 },
      actor_type: actor,
    })
    await engine.cases.reportOutcome(case_id, { status: index < bad ? 'FAILURE' : 'SUCCESS' })
  }
}

/** Forty deletions, of which thirty went wrong, among two hundred other calls, of which ten did. */
async function shop(engine: Engine): Promise<void> {
  await tellMany(engine, 40, 30, { action: 'delete_user' })
  await tellMany(engine, 100, 5, { action: 'list_users', actor: 'reader' })
  await tellMany(engine, 100, 5, { action: 'get_user', domain: 'support', value: 5 })
}

describe('insights', () => {
  it('find what goes wrong more often, the worst first', async () => {
    const engine = openEngine({ file: temporaryFile() })
    await shop(engine)
    const { patterns, total } = ROUTES.insights.patterns.response.parse(await engine.insights.patterns())
    expect(total).toBe(patterns.length)
    expect(patterns[0]).toMatchObject({
      pattern_type: 'action',
      action: 'delete_user',
      severity: 'critical',
      support: 40,
      negative_rate: 0.75,
      parent_rate: 0.05,
    })
    expect(await engine.insights.patterns()).toEqual({ patterns, total })
    const fewer = await engine.insights.patterns({ pattern_type: 'action', min_severity: 'high' })
    expect(fewer.patterns.map(({ action }) => action)).toEqual(['delete_user'])
    expect(await engine.insights.patterns({ domain: 'nowhere' })).toEqual({ patterns: [], total: 0 })
  })

  it('are the same on every machine', async () => {
    const [a, b] = [openEngine({ now: new TestClock().now }), openEngine({ now: new TestClock().now })]
    await shop(a)
    await shop(b)
    expect(await a.insights.patterns()).toEqual(await b.insights.patterns())
  })

  it('advise what the figures say', async () => {
    const engine = openEngine()
    await shop(engine)
    const advice = ROUTES.insights.advise.response.parse(
      await engine.insights.advise({ tool: 'api', action: 'delete_user', domain: 'shop', actor_type: 'agent' }),
    )
    expect(advice).toMatchObject({
      tool: 'api',
      action: 'delete_user',
      domain: 'shop',
      risk_level: 'critical',
      confidence: 40 / 43,
    })
    expect(advice.advisories[0]).toMatchObject({
      severity: 'critical',
      pattern_type: 'action',
      message: '30 of 40 outcomes of action delete_user were bad (75 %), against 5 % otherwise',
      suggestion: 'stop it, or let a person approve each one: 75 % end badly here, 5 % elsewhere',
      evidence: { cases: 40, negative_rate: 0.75 },
    })
    expect(await engine.insights.advise({ tool: 'new', action: 'new', domain: 'new' })).toEqual({
      advisories: [],
      risk_level: null,
      confidence: 0,
      tool: 'new',
      action: 'new',
      domain: 'new',
    })
  })

  it('are worked out again when somebody asks, or when much more is known', async () => {
    const clock = new TestClock()
    const engine = openEngine({ now: clock.now })
    expect(await engine.insights.patterns()).toEqual({ patterns: [], total: 0 })
    await shop(engine)
    const first = ROUTES.insights.learn.response.parse(await engine.insights.learn())
    const { total } = await engine.insights.patterns()
    expect(first).toEqual({
      learned: true,
      cases_analyzed: 240,
      patterns_discovered: total,
      patterns_updated: 0,
      ran_at: '2026-07-01T12:00:00.000Z',
    })
    expect(await engine.insights.learn()).toMatchObject({ patterns_discovered: 0, patterns_updated: total })
    const support = async () => (await engine.insights.patterns()).patterns[0]?.support
    await tellMany(engine, 20, 20, { action: 'delete_user' })
    expect(await support()).toBe(40)
    await tellMany(engine, 10, 10, { action: 'delete_user' })
    expect(await support()).toBe(70)
  })

  it('look at where arguments came from, and at the local hour', async () => {
    const clock = new TestClock('2026-07-01T22:30:00Z')
    const engine = openEngine({ now: clock.now, policy: { time_zone: 'Europe/Berlin' } })
    const decide = async (from: 'user' | 'tool', status: string) => {
      const call = { tool: 'mail', provenance: { to: from } }
      const { request_id } = await engine.evaluate({ action: 'send_mail', context: { call } })
      await engine.outcomes.report({ request_id, status })
    }
    for (let n = 0; n < 25; n++) await decide('tool', 'INCIDENT')
    clock.advance(10 * 3_600_000)
    for (let n = 0; n < 50; n++) await decide('user', 'SUCCESS')
    const { patterns } = await engine.insights.patterns()
    const riskier = patterns.filter(({ negative_rate }) => negative_rate === 1).map(({ pattern_type }) => pattern_type)
    expect(riskier).toContain('provenance')
    expect(riskier).toContain('hour')
    expect(patterns.map(({ description }) => description)).toContain(
      '25 of 25 outcomes of hour 00 were bad (100 %), against 0 % otherwise',
    )
    const byHour = async () => {
      const { advisories } = await engine.insights.advise({ tool: 'mail', action: 'send_mail', domain: '' })
      return advisories.filter(({ pattern_type }) => pattern_type === 'hour').map(({ suggestion }) => suggestion)
    }
    expect(await byHour()).toEqual(['needs less supervision than the rest: 0 % end badly here, 100 % elsewhere'])
    clock.advance(14 * 3_600_000)
    expect(await byHour()).toEqual(['stop it, or let a person approve each one: 100 % end badly here, 0 % elsewhere'])
  })

  it('leave out outcomes that say nothing', async () => {
    const engine = openEngine()
    await shop(engine)
    const { case_id } = await engine.cases.create({ domain: 'shop', action: { action: 'delete_user' }, verdict: {} })
    await engine.cases.reportOutcome(case_id, { status: 'NO_EFFECT' })
    expect(await engine.insights.learn()).toMatchObject({ cases_analyzed: 240 })
  })
})

describe('a profile', () => {
  it('says what is known of an action, a tool, a domain', async () => {
    const engine = openEngine()
    await shop(engine)
    await engine.cases.create({
      domain: 'support',
      action: { tool: 'api', action: 'get_user', value: 107 },
      verdict: { risk_score: 0.402 },
    })
    const profile = ROUTES.insights.profile.response.parse(
      await engine.insights.profile({ action: 'get_user', domain: 'support' }),
    )
    expect(profile).toMatchObject({
      tool: null,
      action: 'get_user',
      domain: 'support',
      total_cases: 101,
      with_outcomes: 100,
      success_rate: 0.95,
      negative_rate: 0.05,
      avg_risk_score: expect.closeTo((100 * 0.2 + 0.402) / 101, 9),
      avg_value: expect.closeTo(607 / 101, 9),
      common_outcomes: { SUCCESS: 95, FAILURE: 5 },
    })
    expect(profile.patterns.length).toBeGreaterThan(0)
    for (const pattern of profile.patterns) expect([null, 'get_user']).toContain(pattern.action)
    expect(await engine.insights.profile({ tool: 'none' })).toMatchObject({
      total_cases: 0,
      success_rate: null,
      avg_risk_score: null,
      avg_value: null,
      common_outcomes: {},
      patterns: [],
    })
    expect((await engine.insights.profile()).total_cases).toBe(241)
  })
})
