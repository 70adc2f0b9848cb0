import { type ConformanceCase, refused } from '../conformance-case.ts'

const HOUR = 3_600_000

/** Evaluations, live connections, memory, figures. */
export const ACTION_CASES: readonly ConformanceCase[] = [
  {
    name: 'an action is judged, held, blocked, previewed, and judged in batches',
    async run({ actions, constraints }) {
      await constraints.create({
        name: 'refunds',
        domain: 'payments',
        require_approval_above: 100,
        max_value: 1000,
        max_per_day: 5,
      })
      const call = { action: 'refund', actor: 'support-agent', domain: 'payments', target: 'A-1' }
      await actions.evaluate({ ...call, value: 20, metadata: { channel: 'chat' } })
      await actions.evaluate({ ...call, value: 200, context: { trajectory_id: 'run-1' } })
      const blocked = await actions.evaluate({ ...call, value: 2000 })
      await actions.evaluate({ ...call, value: 20, dry_run: true })
      await actions.evaluateBatch({
        actions: [{ action: 'list_orders' }, { action: 'refund', value: 30 }, { action: 'refund', domain: 'mails' }],
        actor: 'batch-agent',
        domain: 'payments',
      })
      await actions.verifyValidation(blocked.validation_id ?? '')
      await actions.verifyValidation('val_nobody')
      await refused(actions.evaluate({ action: '' }))
      await refused(actions.evaluate({ action: 'refund', value: Number.POSITIVE_INFINITY }))
      await refused(actions.evaluateBatch({ actions: [{ action: 'refund' }, { action: '' }] }))
    },
  },
  {
    name: 'a live connection lives by its heartbeats',
    async run({ actions }, { advance }) {
      const { connection_id: id } = await actions.connect({ actor: 'agent', context: { region: 'eu' } })
      advance(60_000)
      await actions.heartbeat({ connection_id: id })
      const context = { connection_mode: 'live', require_live_connection: true, connection_id: id }
      await actions.evaluate({ action: 'list_orders', context })
      advance(121_000)
      await actions.evaluate({ action: 'list_orders', context })
      await refused(actions.heartbeat({ connection_id: id }))
      await actions.disconnect({ connection_id: id })
      await actions.disconnect({ connection_id: id })
    },
  },
  {
    name: 'memory takes events once, adds them up and suggests',
    async run({ actions, constraints }) {
      await constraints.create({ name: 'small refunds', domain: 'payments', max_value: 10 })
      const events = Array.from({ length: 30 }, (_, n) => ({
        event_id: `event-${n}`,
        tool: 'refund',
        domain: 'payments',
        status: n % 3 === 0 ? 'blocked' : n % 7 === 0 ? 'tool_error' : 'executed',
        ...(n % 3 === 0 ? { blocked_by: 'max_value' } : {}),
        risk_score: 0.2,
        arguments: { amount: n, api_key: 'sk-0123456789abcdef0123', mail: 'mara@lind.example' },
      }))
      await actions.ingestMemory({ events, source: 'adapter', actor: 'support-agent' })
      await actions.ingestMemory({ events: events.slice(0, 3), source: 'adapter' })
      await actions.memoryContext({ window_hours: 24, tool: 'refund', limit_recent: 2 })
      await actions.memoryContext({ domain: 'elsewhere' })
      await actions.refreshMemoryAggregates({ concurrent: true })
      await actions.memoryRecommendations({ min_events: 10, include_examples: false })
      await actions.memoryRecommendations()
      await refused(actions.memoryContext({ window_hours: 0 }))
    },
  },
  {
    name: 'the figures of the dashboard follow what happened',
    async run({ actions, constraints, outcomes }, { advance }) {
      await actions.status()
      await actions.dashboardSummary()
      await constraints.create({ name: 'cap', max_value: 100 })
      const ids: string[] = []
      for (const value of [5, 10, 500]) {
        const { request_id: id } = await actions.evaluate({ action: 'refund', value, domain: 'payments' })
        ids.push(id)
        advance(HOUR)
      }
      await outcomes.report({ request_id: ids[0] ?? '', status: 'SUCCESS' })
      await outcomes.report({ request_id: ids[1] ?? '', status: 'FAILURE' })
      await actions.dashboardSummary()
      await actions.observerStats()
      await actions.valueProtectedHistory({ days: 3 })
    },
  },
]
