import { type DecisionApi, type IngestEvent, InvalidInputError, NotFoundError } from '@bighub/core/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIngestApi } from '../../src/ingest/ingest-api.ts'
import { createOutcomesApi } from '../../src/outcomes/outcomes-api.ts'
import { verifyLog, verifyState } from '../../src/verify.ts'
import { openCore, type TestCore } from './write-core.ts'

const refund = { action: 'refund', tool: 'payments.refund', value: 40, target: 'order-1' } as const
const DAY = 86_400_000

function open(test: TestCore = openCore()) {
  return { ...test, ingest: createIngestApi(test.core), outcomes: createOutcomesApi(test.core) }
}

async function decisionOf(test: TestCore, requestId: string | null) {
  const database = await test.core.projected()
  return database
    .selectFrom('decisions')
    .where('request_id', '=', requestId ?? '')
    .selectAll()
    .executeTakeFirst()
}

describe('ingestion', () => {
  it('records the outcome of a decision that it knows, found by any of its ids', async () => {
    const test = open()
    for (const name of ['request_id', 'case_id', 'validation_id'] as const) {
      const decided = await test.evaluate({ action: 'refund', actor: 'agent', value: 20 })
      const result = await test.ingest.event({
        event_type: 'OUTCOME_OBSERVED',
        [name]: decided[name],
        outcome: { status: 'success', revenue_impact: 12, ticket: 'T-1' },
      })
      expect(result).toMatchObject({
        accepted: true,
        lifecycle_status: 'reconciled',
        correlation: { matched: true, key_name: name, key_value: decided[name] },
      })
      expect(await test.outcomes.get(decided.request_id)).toMatchObject({
        outcome_id: result.outcome_id,
        status: 'SUCCESS',
        report_source: 'ingest',
        details: { ticket: 'T-1' },
        business_impact: { revenue_impact: 12 },
      })
    }
    expect((await test.core.state()).outcomes).toBe(3)
  })

  it('takes what a guard tells of a call for the decision that claimed it, though the guard never got its answer', async () => {
    const test = open()
    const call = { tool: 'payments.refund', effect_key: 'run/call/1' }
    const decided = await test.evaluate({ action: 'refund', value: 40, context: { call } })
    await test.ingest.event({
      event_type: 'ACTION_EXECUTED',
      event_id: 'guard:run/call/1',
      external_ref: 'run/call/1',
      adapter: 'guard',
      action: { ...refund },
      outcome: { status: 'SUCCESS' },
    })
    expect(await test.core.state()).toMatchObject({ decisions: 1, outcomes: 1 })
    expect(await test.outcomes.get(decided.request_id)).toMatchObject({ status: 'SUCCESS', report_source: 'ingest' })
  })

  it('makes a decision of elsewhere of an action that it does not know, whose outcome teaches', async () => {
    const test = open()
    const first = await test.ingest.event({
      event_type: 'ACTION_EXECUTED',
      external_ref: 'job-7',
      domain: 'payments',
      action: { ...refund },
      context: { risk_score: 0.2 },
    })
    expect(first).toMatchObject({
      lifecycle_status: 'awaiting_outcome',
      outcome_id: null,
      correlation: { matched: false },
    })
    const lifecycle = await test.ingest.lifecycle({ external_ref: 'job-7' })
    expect(await decisionOf(test, lifecycle.request_id)).toMatchObject({
      source: 'ingest',
      action: 'refund',
      tool: 'payments.refund',
      domain: 'payments',
      value: 40,
      risk: 0.2,
      result: 'allowed',
    })
    const learnedBefore = (await test.core.state()).calibration.report().sample_size
    const second = await test.ingest.event({ event_type: 'FRAUD_DETECTED', external_ref: 'job-7' })
    expect(second).toMatchObject({
      lifecycle_status: 'reconciled',
      correlation: { matched: true, key_name: 'external_ref' },
    })
    expect(await decisionOf(test, lifecycle.request_id)).toMatchObject({ outcome_status: 'FRAUD' })
    expect((await test.core.state()).calibration.report().sample_size).toBe(learnedBefore + 1)
    expect(await verifyState(test.core)).toMatchObject({ equal: true })
  })

  it('takes an event once, however often and by however many it is told', async () => {
    const test = open()
    const other = open(openCore({ file: test.file, clock: test.clock }))
    const event: IngestEvent = {
      event_id: 'e-1',
      event_type: 'ACTION_EXECUTED',
      external_ref: 'x',
      action: { ...refund },
    }
    const answers = await Promise.all([test.ingest.event(event), other.ingest.event(event), test.ingest.event(event)])
    expect(new Set(answers.map((answer) => answer.lifecycle_id)).size).toBe(1)
    expect(await test.ingest.stats()).toMatchObject({ total_events: 1, by_type: { ACTION_EXECUTED: 1 } })
    expect((await test.core.state()).decisions).toBe(1)
    const dated: IngestEvent = { event_type: 'CHURN_SIGNAL', external_ref: 'y', timestamp: '2026-06-30T00:00:00Z' }
    const [a, b] = [await test.ingest.event(dated), await test.ingest.event(dated)]
    expect(a.event_id).toBe(b.event_id)
    expect(await test.ingest.stats()).toMatchObject({ total_events: 2, by_adapter: { generic_webhook: 2 } })
  })

  it('lets events that share a key meet when two processes take them at once', async () => {
    const test = open()
    const other = open(openCore({ file: test.file, clock: test.clock }))
    await Promise.all([
      test.ingest.event({ event_id: 'a', event_type: 'ACTION_EXECUTED', external_ref: 'x', action: { ...refund } }),
      other.ingest.event({ event_id: 'b', event_type: 'ACTION_PROPOSED', external_ref: 'x', action: { ...refund } }),
    ])
    const lifecycle = await other.ingest.lifecycle({ external_ref: 'x' })
    expect(lifecycle.events).toHaveLength(2)
    expect((await test.core.state()).decisions).toBe(1)
  })

  it('gives a decision the outcome that another process takes at the same moment', async () => {
    const test = open()
    const other = open(openCore({ file: test.file, clock: test.clock }))
    await Promise.all([
      test.ingest.event({ event_type: 'FRAUD_DETECTED', external_ref: 'x' }),
      other.ingest.event({ event_type: 'ACTION_EXECUTED', external_ref: 'x', action: { ...refund } }),
    ])
    const { request_id, events } = await test.ingest.lifecycle({ external_ref: 'x' })
    expect(events).toHaveLength(2)
    expect(await decisionOf(test, request_id)).toMatchObject({ outcome_status: 'FRAUD' })
  })

  it.each([
    ['ROLLBACK_PERFORMED', 'ROLLBACK'],
    ['CORRECTION_APPLIED', 'CORRECTED'],
    ['PRICING_CORRECTION', 'CORRECTED'],
    ['ESCALATION_TRIGGERED', 'ESCALATED'],
    ['FRAUD_DETECTED', 'FRAUD'],
    ['CHURN_SIGNAL', 'CHURN'],
    ['TICKET_REOPENED', 'REOPENED'],
    ['REFUND_COMPLETED', 'SUCCESS'],
    ['ACTION_BLOCKED', 'BLOCKED'],
    ['HUMAN_REJECTION', 'BLOCKED'],
    ['HUMAN_OVERRIDE', 'OVERRIDDEN'],
    ['ACTION_PROPOSED', null],
    ['ACTION_EXECUTED', null],
    ['HUMAN_APPROVAL', null],
    ['OUTCOME_OBSERVED', null],
  ] as const)('reads %s as %s, and what it names itself over that', async (event_type, status) => {
    const test = open()
    const { request_id } = await test.evaluate({ action: 'refund', actor: 'agent' })
    await test.ingest.event({ event_type, request_id, execution: { executed: true, error: 'no' } })
    expect((await decisionOf(test, request_id))?.outcome_status).toBe(status)
    const named = await test.evaluate({ action: 'refund', actor: 'agent' })
    await test.ingest.event({ event_type, request_id: named.request_id, outcome: { status: 'INCIDENT' } })
    expect((await decisionOf(test, named.request_id))?.outcome_status).toBe('INCIDENT')
  })

  it("reads a domain's own words, and refuses those that nobody knows", async () => {
    const test = open()
    const outcomeOf = async (domain: string, status: string) => {
      const { request_id } = await test.evaluate({ action: 'charge', actor: 'agent', domain })
      await test.ingest.event({ event_type: 'OUTCOME_OBSERVED', request_id, domain, outcome: { status } })
      return (await decisionOf(test, request_id))?.outcome_status
    }
    expect(await outcomeOf('payments', 'Charged back')).toBe('FRAUD')
    expect(await outcomeOf('infrastructure_devops', 'outage')).toBe('INCIDENT')
    expect(await outcomeOf('anything', 'rolled-back')).toBe('ROLLBACK')
    await expect(outcomeOf('infrastructure_devops', 'charged back')).rejects.toThrow(/outcome\.status.*normalizer/)
    await expect(outcomeOf('payments', '__proto__')).rejects.toThrow(InvalidInputError)
    await expect(test.ingest.event({ event_type: 'ACTION_PROPOSED', adapter: 'telepathy' })).rejects.toThrow(
      /adapter: "telepathy" is not an adapter; use one of generic_webhook, guard/,
    )
    const { adapters, normalizers } = await test.ingest.adapters()
    expect(adapters.map((each) => each.name)).toEqual(['generic_webhook', 'guard'])
    expect(normalizers.map((each) => each.domain)).toContain('payments')
  })

  it('keeps the actions of a tenant apart that share its key', async () => {
    const test = open()
    for (const external_ref of ['job-1', 'job-2'])
      await test.ingest.event({ event_type: 'ACTION_EXECUTED', external_ref, tenant_ref: 't', action: { ...refund } })
    const { lifecycles, total } = await test.ingest.lifecycles()
    expect(total).toBe(2)
    expect(new Set(lifecycles.map((each) => each.external_ref))).toEqual(new Set(['job-1', 'job-2']))
  })

  it('refuses a wrong item of a batch and takes the others', async () => {
    const test = open()
    const { request_id } = await test.evaluate({ action: 'refund', actor: 'agent' })
    const answer = await test.ingest.batch({
      domain: 'payments',
      events: [
        { event_type: 'OUTCOME_OBSERVED', request_id, case_id: '', outcome: { status: 'settled' } },
        { event_type: 'SOMETHING_ELSE' },
        { event_type: 'OUTCOME_OBSERVED', request_id, outcome: { status: 'SUCCESS', revenue_impact: 'much' } },
      ],
    })
    expect(answer).toMatchObject({ accepted: 1, rejected: 2 })
    expect(answer.results[0]).toMatchObject({ accepted: true, lifecycle_status: 'reconciled' })
    expect(answer.results[1]).toMatchObject({ index: 1, error: { code: 'invalid_input' } })
    expect(answer.results[2]).toMatchObject({
      index: 2,
      error: { message: expect.stringContaining('outcome.revenue_impact') },
    })
  })

  it('reconciles by any key, with a bare outcome or an event around it', async () => {
    const test = open()
    await test.ingest.event({ event_type: 'ACTION_EXECUTED', entity_id: 'order-9', action: { ...refund } })
    const bare = { key_name: 'entity_id', key_value: 'order-9', outcome: { status: 'SUCCESS' } } as const
    const answer = await test.ingest.reconcile(bare)
    expect(answer).toMatchObject({ status: 'reconciled', key_name: 'entity_id', key_value: 'order-9', matched: true })
    const lifecycle = await test.ingest.lifecycle({ entity_id: 'order-9' })
    expect(lifecycle).toMatchObject({ status: 'reconciled', outcome: { status: 'SUCCESS' } })
    expect(await test.outcomes.get(lifecycle.request_id ?? '')).toMatchObject({ outcome_id: answer.outcome_id })
    test.clock.advance(1000)
    const envelope = { event_type: 'FRAUD_DETECTED', outcome: { status: 'FRAUD', description: 'stolen' } }
    await test.ingest.reconcile({ ...bare, outcome: envelope })
    expect(await test.outcomes.get(lifecycle.request_id ?? '')).toMatchObject({
      status: 'FRAUD',
      description: 'stolen',
    })
    await expect(test.ingest.reconcile({ ...bare, key_value: 'order-8' })).rejects.toThrow(NotFoundError)
    await expect(test.ingest.reconcile({ ...bare, outcome: { note: 'fine' } })).rejects.toThrow(/outcome\.status/)
    expect((await test.ingest.stats()).total_events).toBe(3)
  })

  it('lists what waits for an outcome, and what has waited too long', async () => {
    const test = open()
    const executed = (external_ref: string) =>
      test.ingest.event({ event_type: 'ACTION_EXECUTED', external_ref, action: { ...refund } })
    await executed('old')
    test.clock.advance(8 * DAY)
    await executed('new')
    await test.ingest.event({ event_type: 'ACTION_BLOCKED', external_ref: 'never', action: { ...refund } })
    const refs = ({ lifecycles }: Awaited<ReturnType<DecisionApi['ingest']['pending']>>) =>
      lifecycles.map((each) => each.external_ref)
    expect(refs(await test.ingest.pending())).toEqual(['new', 'old'])
    expect(refs(await test.ingest.stale())).toEqual(['old'])
    expect(refs(await test.ingest.stale({ stale_after_days: 9 }))).toEqual([])
    expect(refs(await test.ingest.lifecycles({ status_filter: 'stale' }))).toEqual(['old'])
    expect(refs(await test.ingest.lifecycles({ status_filter: 'awaiting_outcome' }))).toEqual(['new'])
    expect(refs(await test.ingest.lifecycles({ status_filter: 'closed' }))).toEqual(['never'])
    expect(await test.ingest.lifecycles({ limit: 1 })).toMatchObject({ total: 3, limit: 1 })
    expect(await test.ingest.lifecycle({ external_ref: 'old' })).toMatchObject({ status: 'stale', age_days: 8 })
    expect(await test.ingest.stats()).toEqual({
      total_events: 3,
      by_type: { ACTION_EXECUTED: 2, ACTION_BLOCKED: 1 },
      by_adapter: { generic_webhook: 3 },
      lifecycles: { total: 3, by_status: { stale: 1, awaiting_outcome: 1, closed: 1 } },
      reconciled_rate: 0,
    })
    await expect(test.ingest.lifecycle({})).rejects.toThrow(/give one of/)
    await expect(test.ingest.lifecycle({ external_ref: 'no' })).rejects.toThrow(NotFoundError)
  })

  it('does not let an older outcome that comes late replace a newer one', async () => {
    const test = open()
    const { request_id } = await test.evaluate({ action: 'refund', actor: 'agent' })
    const at = (timestamp: string, event_type: IngestEvent['event_type']) =>
      test.ingest.event({ event_type, request_id, timestamp })
    await at('2026-06-30T10:00:00Z', 'FRAUD_DETECTED')
    const late = await at('2026-06-29T10:00:00Z', 'REFUND_COMPLETED')
    expect(late).toMatchObject({ outcome_id: null, lifecycle_status: 'reconciled' })
    expect(await test.outcomes.get(request_id)).toMatchObject({ status: 'FRAUD' })
  })
})

describe('events in any order', () => {
  const events: readonly IngestEvent[] = [
    {
      event_id: '1',
      event_type: 'ACTION_PROPOSED',
      external_ref: 'job',
      action: { ...refund },
      timestamp: '2026-06-01T00:00:00Z',
    },
    {
      event_id: '2',
      event_type: 'ACTION_EXECUTED',
      external_ref: 'job',
      entity_id: 'order',
      action: { ...refund },
      timestamp: '2026-06-01T00:01:00Z',
    },
    {
      event_id: '3',
      event_type: 'OUTCOME_OBSERVED',
      entity_id: 'order',
      outcome: { status: 'SUCCESS' },
      timestamp: '2026-06-02T00:00:00Z',
    },
    { event_id: '4', event_type: 'TICKET_REOPENED', entity_id: 'order', timestamp: '2026-06-03T00:00:00Z' },
    {
      event_id: '5',
      event_type: 'FRAUD_DETECTED',
      external_ref: 'job',
      tenant_ref: 'shop',
      timestamp: '2026-06-03T00:00:00Z',
    },
  ]

  it('make the same lifecycle and leave the same outcome', { timeout: 30_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...events], { minLength: events.length }), async (order) => {
        const test = open(openCore({ file: ':memory:' }))
        for (const event of order) await test.ingest.event(event)
        const { lifecycles } = await test.ingest.lifecycles()
        expect(lifecycles).toHaveLength(1)
        const [lifecycle] = lifecycles
        expect(lifecycle).toMatchObject({
          lifecycle_id: (await test.ingest.lifecycle({ external_ref: 'job' })).lifecycle_id,
          status: 'reconciled',
          external_ref: 'job',
          entity_id: 'order',
          tenant_ref: 'shop',
          outcome: { status: 'FRAUD' },
          created_at: '2026-06-01T00:00:00.000Z',
          updated_at: '2026-06-03T00:00:00.000Z',
        })
        expect(lifecycle?.lifecycle_id).toBe('lc_55b4ba84d726ee8b3f38e3638')
        expect(lifecycle?.events.map((event) => event['event_id'])).toEqual(['1', '2', '3', '4', '5'])
        expect(await decisionOf(test, lifecycle?.request_id ?? null)).toMatchObject({ outcome_status: 'FRAUD' })
        expect((await test.core.state()).decisions).toBe(1)
        expect(await verifyLog(test.core)).toMatchObject({ valid: true })
        await test.core.close()
      }),
      { numRuns: 40 },
    )
  })
})
