import { InvalidInputError, type MemoryRecommendation, type PatchOperation } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import { createConstraintsApi } from '../../src/constraints/constraints-api.ts'
import { createMemoryApi } from '../../src/memory/memory-api.ts'
import { reportOutcome } from '../../src/outcomes/report-outcome.ts'
import { verifyLog, verifyState } from '../../src/verify.ts'
import { isInFile, openCore, type TestCore } from './write-core.ts'

const HOUR = 3_600_000
const by = { by: 'key:test' }

function open(test: TestCore = openCore()) {
  const memory = createMemoryApi(test.core)
  return {
    ...test,
    memory,
    constraints: createConstraintsApi(test.core, { purgeIdempotency: async () => 0 }),
    ingest: (...events: readonly Record<string, unknown>[]) => memory.ingestMemory({ events: [...events] }, by),
  }
}

const many = (count: number, event: (index: number) => Record<string, unknown>) =>
  Array.from({ length: count }, (_, index) => ({ event_id: `e-${index}`, ...event(index) }))

describe('decision memory', () => {
  it('takes an event once, however often and by however many it is told', async () => {
    const test = open()
    const other = open(openCore({ file: test.file, clock: test.clock }))
    const [a, b] = await Promise.all([
      test.ingest(
        { event_id: '1', tool: 'search' },
        { event_id: '2', tool: 'search' },
        { event_id: '2', tool: 'search' },
      ),
      other.ingest({ event_id: '2', tool: 'search' }, { event_id: '3', tool: 'search' }),
    ])
    expect(a.accepted + b.accepted).toBe(3)
    expect(await test.ingest({ event_id: '3' }, { tool: 'without an id' })).toEqual({
      accepted: 1,
      total_stored: 4,
      source: 'adapter',
    })
    expect(await verifyLog(test.core)).toMatchObject({ valid: true })
    expect(await verifyState(test.core)).toMatchObject({ equal: true })
  })

  it('masks secrets, card numbers and addresses before anything is written', async () => {
    const test = open()
    await test.ingest({
      event_id: '1',
      tool: 'pay',
      actor: 'agent@example.com',
      arguments: {
        password: 'hunter2-secret',
        nested: [{ apiKey: 'k-plain-text-key', note: 'write to jane.doe@example.org' }],
        email: 'whatever-it-is',
        'joe.bloggs@example.net': true,
        amount: 12,
        pin: null,
      },
      output: 'paid with 4111 1111 1111 1111 and sk-abcdefghijklmnop0123',
    })
    const [event] = (await test.memory.memoryContext({}, by)).recent_events
    expect(event).toMatchObject({
      actor: 'agent@example.com',
      arguments: {
        password: '[masked]',
        nested: [{ apiKey: '[masked]', note: 'write to [masked:email]' }],
        email: '[masked]',
        '[masked:email]': true,
        amount: 12,
        pin: null,
      },
      output: 'paid with [masked:card_number] and [masked:api_key]',
    })
    await test.core.close()
    for (const word of [
      'hunter2',
      'k-plain-text-key',
      'jane.doe',
      'joe.bloggs',
      'whatever-it-is',
      '4111 1111',
      'sk-abc',
    ])
      expect([word, isInFile(test.file, word)]).toEqual([word, false])
    expect(isInFile(test.file, 'agent@example.com')).toBe(true)
  })

  it('keeps what it is told not to mask', async () => {
    const test = open()
    await test.memory.ingestMemory({ redact: false, events: [{ arguments: { password: 'p' } }] }, by)
    expect((await test.memory.memoryContext({}, by)).recent_events[0]).toMatchObject({ arguments: { password: 'p' } })
  })

  it('counts what happened in a window, by any filter', async () => {
    const test = open()
    const at = (hours: number) => new Date(test.clock.now() - hours * HOUR).toISOString()
    await test.memory.ingestMemory(
      {
        source: 'langchain',
        domain: 'payments',
        actor: 'bot',
        events: [
          { event_id: '1', tool: 'pay', status: 'executed', timestamp: at(1), risk_score: 0.2 },
          {
            event_id: '2',
            tool: 'pay',
            status: 'blocked',
            timestamp: at(2),
            decision: { blocked_by: 'max_value', risk_score: 0.6 },
          },
          { event_id: '3', tool: 'search', status: 'tool_error', timestamp: at(3) },
          { event_id: '4', tool: 'pay', status: 'approval_required', timestamp: (test.clock.now() - 4 * HOUR) / 1000 },
          { event_id: '5', tool: 'pay', status: 'executed', timestamp: at(25) },
          { event_id: '6', tool: 'mail', status: 'executed', domain: 'support', actor: 'other', timestamp: at(-5) },
        ],
      },
      by,
    )
    const context = await test.memory.memoryContext({ limit_recent: 2 }, by)
    expect(context).toMatchObject({
      window_hours: 24,
      filters: {},
      total_events: 5,
      blocked_rate: 0.2,
      approval_rate: 0.2,
      tool_error_rate: 0.2,
      avg_risk_score: 0.4,
      top_tools: [
        { tool: 'pay', count: 3 },
        { tool: 'mail', count: 1 },
        { tool: 'search', count: 1 },
      ],
      top_block_reasons: [{ blocked_by: 'max_value', count: 1 }],
    })
    // Newest first; one that says it is still to come counts as now.
    expect(context.recent_events.map((event) => event['event_id'])).toEqual(['6', '1'])
    const total = async (query: object) => (await test.memory.memoryContext(query, by)).total_events
    expect(await total({ window_hours: 26 })).toBe(6)
    expect(await total({ tool: 'pay' })).toBe(3)
    expect(await total({ domain: 'support' })).toBe(1)
    expect(await total({ actor: 'bot', source: 'langchain' })).toBe(4)
    expect(await test.memory.memoryContext({ tool: 'none', source: '' }, by)).toMatchObject({
      filters: { tool: 'none' },
      total_events: 0,
      blocked_rate: null,
      avg_risk_score: null,
    })
    expect(await test.memory.refreshMemoryAggregates({ concurrent: true }, by)).toEqual({
      refreshed: true,
      mode: 'concurrent',
    })
    expect(await test.memory.refreshMemoryAggregates({}, by)).toEqual({ refreshed: true, mode: 'blocking' })
  })

  it('refuses a time that it cannot read, and takes nothing of the batch', async () => {
    const test = open()
    await expect(test.ingest({ event_id: '1' }, { event_id: '2', timestamp: 'yesterday' })).rejects.toThrow(
      InvalidInputError,
    )
    expect((await test.memory.memoryContext({}, by)).total_events).toBe(0)
  })
})

describe('what memory recommends', () => {
  /** Payments of 10, 20 …, and what became of them; those that were held were approved and ran. */
  async function pay(test: ReturnType<typeof open>, count: number, statusOf: (value: number) => string) {
    for (let index = 1; index <= count; index++) {
      const { request_id } = await test.evaluate({
        action: 'pay',
        actor: 'bot',
        domain: 'payments',
        value: index * 10,
      })
      await reportOutcome(test.core, { request_id, status: statusOf(index * 10) })
    }
  }

  /** The change is one that the rules take as it is. */
  async function apply(test: ReturnType<typeof open>, recommendation: MemoryRecommendation | undefined) {
    return test.constraints.applyPatch(recommendation?.target_rule_id ?? '', {
      patch: recommendation?.suggested_policy_patch.ops as PatchOperation[],
      preview: false,
    })
  }

  it('is nothing while there is too little to go on', async () => {
    const test = open()
    await test.ingest(...many(19, () => ({ tool: 'pay', status: 'tool_error' })))
    const answer = await test.memory.memoryRecommendations({}, by)
    expect(answer.recommendations).toEqual([])
    expect(answer.summary).toMatchObject({ total_events: 19, tool_error_rate: 1 })
  })

  it('is a higher limit where what lies just below it ends well; a person has to agree', async () => {
    const test = open()
    const rule = await test.constraints.create({ name: 'cap', domain: 'payments', max_value: 100 })
    await pay(test, 10, () => 'SUCCESS')
    await test.ingest(
      ...many(20, (index) => ({
        tool: 'pay',
        domain: 'payments',
        ...(index < 5
          ? { status: 'blocked', blocked_by: 'max_value', arguments: { value: 110 + index } }
          : { status: 'executed' }),
      })),
    )
    const { recommendations } = await test.memory.memoryRecommendations({ auto_apply: true }, by)
    expect(recommendations).toHaveLength(1)
    expect(recommendations[0]).toMatchObject({
      type: 'policy_tuning_max_value',
      tool: 'pay',
      scope: { domain: 'payments', tool: 'pay', actor: null },
      target_rule_id: rule.rule_id,
      apply_endpoint: `/rules/${rule.rule_id}/apply_patch`,
      suggested_policy_patch: { format: 'json_patch', ops: [{ op: 'replace', path: '/max_value', value: 114 }] },
      requires_human_review: true,
      is_safe_patch: false,
      applied: false,
      evidence: { events: 20, blocked: 5, outcomes: 5, good: 5 },
      rationale: '5 of 20 calls were blocked above 100; 5 of 5 calls with a known outcome just below it ended well',
    })
    // Wilson's lower end for 5 of 5: 5 / (5 + 1.96²).
    expect(recommendations[0]?.confidence).toBeCloseTo(5 / (5 + 1.959964 ** 2), 5)
    expect(recommendations[0]?.examples?.[0]).toMatchObject({ event_id: 'e-4', value: 114 })
    expect(await test.constraints.get(rule.rule_id)).toMatchObject({ max_value: 100, version: 1 })
    expect(await apply(test, recommendations[0])).toMatchObject({
      applied: true,
      after: { max_value: 114, version: 2 },
    })
  })

  it('is a lower limit where what lies above it ends badly, which may apply itself', async () => {
    const test = open()
    const rule = await test.constraints.create({ name: 'cap', domain: 'payments', max_value: 1000 })
    const other = await test.constraints.create({ name: 'everywhere', max_value: 5000 })
    await pay(test, 30, (value) => (value > 200 ? 'FRAUD' : 'SUCCESS'))
    const asked = await test.memory.memoryRecommendations({ include_examples: false }, by)
    expect(asked.recommendations).toHaveLength(1)
    const [recommendation] = asked.recommendations
    expect(recommendation).toMatchObject({
      type: 'policy_tuning_max_value',
      tool: null,
      target_rule_id: rule.rule_id,
      suggested_policy_patch: { ops: [{ op: 'replace', path: '/max_value', value: 200 }] },
      requires_human_review: false,
      is_safe_patch: true,
    })
    expect(recommendation?.confidence).toBeGreaterThan(0.5)
    expect(recommendation).not.toHaveProperty('examples')
    expect(await test.constraints.get(rule.rule_id)).toMatchObject({ max_value: 1000 })
    const applied = await test.memory.memoryRecommendations({ auto_apply: true }, by)
    expect(applied.recommendations[0]).toMatchObject({
      recommendation_id: recommendation?.recommendation_id,
      applied: true,
    })
    expect(applied.summary).toMatchObject({ applied: 1 })
    expect(await test.constraints.get(rule.rule_id)).toMatchObject({ max_value: 200, version: 2 })
    expect((await test.constraints.versions(rule.rule_id))[0]).toMatchObject({
      change_type: 'patched',
      changed_by: 'key:test',
    })
    expect(await test.constraints.get(other.rule_id)).toMatchObject({ max_value: 5000 })
    expect((await test.memory.memoryRecommendations({ auto_apply: true }, by)).recommendations).toEqual([])
  })

  it('is a person to ask above a value where some of what lies above it ends badly', async () => {
    const test = open()
    await pay(test, 40, (value) => (value > 200 && value % 20 === 0 ? 'FAILURE' : 'SUCCESS'))
    const { recommendations } = await test.memory.memoryRecommendations({ auto_apply: true }, by)
    expect(recommendations[0]).toMatchObject({
      type: 'policy_tuning_require_approval_above',
      target_rule_id: null,
      apply_endpoint: null,
      rule_selector: { domain: 'payments', status: 'active' },
      suggested_policy_patch: { ops: [{ op: 'add', path: '/require_approval_above' }] },
      is_safe_patch: true,
      applied: false,
    })
  })

  it('is fewer questions where people approve what they are asked', async () => {
    const test = open()
    const rule = await test.constraints.create({ name: 'ask', domain: 'payments', require_approval_above: 50 })
    await test.ingest(...many(20, () => ({ tool: 'pay', domain: 'payments', status: 'approval_required' })))
    const database = await test.core.projected()
    for (let index = 6; index <= 15; index++)
      await test.evaluate({ action: 'pay', actor: 'bot', domain: 'payments', value: index * 10 })
    await test.core.projected()
    await database.updateTable('decisions').set({ approval_status: 'approved' }).execute()
    const { recommendations } = await test.memory.memoryRecommendations({}, by)
    expect(recommendations).toMatchObject([
      {
        type: 'policy_tuning_require_approval_above',
        target_rule_id: rule.rule_id,
        // Twice the old limit at most.
        suggested_policy_patch: { ops: [{ op: 'replace', path: '/require_approval_above', value: 100 }] },
        requires_human_review: true,
        is_safe_patch: false,
        evidence: { held: 20, answered: 10, fine: 10 },
      },
    ])
  })

  it('is a cooldown for calls that repeat themselves', async () => {
    const test = open()
    const rule = await test.constraints.create({ name: 'mail', domain: 'support', max_per_day: 500 })
    const start = test.clock.now() - HOUR
    await test.ingest(
      ...many(20, (index) => ({
        tool: 'mail',
        domain: 'support',
        actor: 'bot',
        status: 'executed',
        arguments: { to: index < 10 ? 'one' : `another ${index}` },
        timestamp: start + index * 4000,
      })),
    )
    const { recommendations } = await test.memory.memoryRecommendations({ tool: 'mail' }, by)
    expect(recommendations).toMatchObject([
      {
        type: 'policy_tuning_cooldown',
        target_rule_id: rule.rule_id,
        suggested_policy_patch: { ops: [{ op: 'add', path: '/cooldown_seconds', value: 4 }] },
        is_safe_patch: true,
        requires_human_review: true,
        evidence: { events: 20, repeated: 9 },
      },
    ])
    expect(await apply(test, recommendations[0])).toMatchObject({ applied: true })
    expect((await test.memory.memoryRecommendations({}, by)).recommendations).toEqual([])
  })

  it('is a look at every call of a tool that fails, until somebody has seen to it', async () => {
    const test = open()
    const rule = await test.constraints.create({ name: 'search', domain: 'support' })
    await test.ingest(
      ...many(40, (index) => ({ tool: 'search', domain: 'support', status: index < 4 ? 'tool_error' : 'executed' })),
    )
    const ask = (request: Parameters<typeof test.memory.memoryRecommendations>[0]) =>
      test.memory.memoryRecommendations(request, by)
    expect((await ask({ min_tool_error_rate: 0.2 })).recommendations).toEqual([])
    expect((await ask({ scope: { tool: 'other' } })).recommendations).toEqual([])
    const { recommendations } = await ask({ scope: { tool: 'search' } })
    expect(recommendations).toMatchObject([
      {
        type: 'tool_error_pause',
        tool: 'search',
        target_rule_id: rule.rule_id,
        suggested_policy_patch: {
          ops: [
            { op: 'add', path: '/conditions', value: { tool: 'search' } },
            { op: 'add', path: '/action_on_match', value: 'review' },
          ],
        },
        is_safe_patch: true,
        requires_human_review: true,
      },
    ])
    expect(await apply(test, recommendations[0])).toMatchObject({ applied: true })
    const decided = await test.evaluate({
      action: 'search',
      actor: 'bot',
      domain: 'support',
      context: { call: { tool: 'search' } },
    })
    expect(decided).toMatchObject({ recommendation: 'review_recommended' })
    expect((await ask({})).recommendations).toEqual([])
  })
})
