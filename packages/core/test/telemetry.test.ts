import { SpanStatusCode } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { describe, expect, it } from 'vitest'
import { createGuard } from '../src/node/index.ts'
import { instrumentGuard } from '../src/telemetry/index.ts'
import { createScriptedEvaluator } from '../src/testing/scripted-evaluator.ts'

function setUp() {
  const spans = new InMemorySpanExporter()
  const figures = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: figures })
  const evaluator = createScriptedEvaluator({
    answers: { refund: 'proceed', delete_account: 'do_not_proceed', pay: 'review_recommended' },
  })
  const guard = createGuard({
    evaluator,
    actor: 'support-agent',
    approvals: { onRequest: () => ({ resolution: 'denied' }) },
  })
  const stop = instrumentGuard(guard, {
    tracerProvider: new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }),
    meterProvider: new MeterProvider({ readers: [reader] }),
  })
  const call = (tool: string) => ({ tool, arguments: { note: 'secret words' }, callId: `${tool}_1`, runId: 'run_1' })
  return {
    guard,
    stop,
    call,
    spans: () => spans.getFinishedSpans(),
    async metrics() {
      await reader.forceFlush()
      const [last] = figures.getMetrics().toReversed()
      return new Map(
        (last?.scopeMetrics ?? []).flatMap(({ metrics }) =>
          metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints] as const),
        ),
      )
    },
  }
}

describe('an instrumented guard', () => {
  it('has one span a call, named and attributed as the conventions say', async () => {
    const { guard, call, spans } = setUp()
    await guard.run(call('refund'), () => 'refunded')
    expect(spans()).toMatchObject([
      {
        name: 'execute_tool refund',
        attributes: {
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': 'refund',
          'gen_ai.tool.call.id': 'refund_1',
          'gen_ai.agent.name': 'support-agent',
          'bighub.run.id': 'run_1',
          'bighub.disposition': 'execute',
          'bighub.recommendation': 'proceed',
          'bighub.decision.id': 'act_1',
          'bighub.execution.status': 'returned',
        },
      },
    ])
  })

  it('says of a refused call why it was refused, and of a held one how it was answered', async () => {
    const { guard, call, spans } = setUp()
    await guard.run(call('delete_account'), () => 'deleted')
    await guard.run(call('pay'), () => 'paid')
    const [blocked, denied] = spans()
    expect(blocked?.attributes).toMatchObject({ 'bighub.disposition': 'block', 'bighub.refusal.kind': 'blocked' })
    expect(denied?.attributes).toMatchObject({ 'bighub.refusal.kind': 'denied' })
    expect(denied?.events.map(({ name }) => name)).toEqual(['bighub.approval.requested', 'bighub.approval.ended'])
    expect(denied?.events[1]?.attributes).toMatchObject({ 'bighub.approval.status': 'denied' })
  })

  it('marks what failed by its kind, and tells no argument, text or result', async () => {
    const { guard, call, spans } = setUp()
    await expect(guard.run(call('refund'), () => Promise.reject(new TypeError('secret words')))).rejects.toThrow()
    const [span] = spans()
    expect(span).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': 'TypeError' } })
    expect(JSON.stringify([span?.name, span?.attributes, span?.events, span?.status])).not.toContain('secret')
  })

  it('tells calls without an id apart', async () => {
    const { guard, spans } = setUp()
    const call = { tool: 'refund', arguments: {}, runId: 'run_1' }
    await Promise.all([guard.run(call, () => 1), guard.run(call, () => Promise.reject(new Error('no'))).catch(() => 2)])
    const statuses = spans().map(({ attributes }) => attributes['bighub.execution.status'])
    expect(new Set(statuses)).toEqual(new Set(['returned', 'threw']))
    expect(statuses).toHaveLength(2)
  })

  it('counts and times evaluations, runs and refusals', async () => {
    const { guard, call, metrics } = setUp()
    await guard.run(call('refund'), () => 'refunded')
    await guard.run(call('delete_account'), () => 'deleted')
    await guard.flush()
    const found = await metrics()
    expect(found.get('bighub.evaluation.duration')).toHaveLength(2)
    expect(found.get('bighub.execution.duration')).toMatchObject([
      { attributes: { 'gen_ai.tool.name': 'refund' }, value: { count: 1 } },
    ])
    expect(found.get('bighub.refusals')).toMatchObject([
      { attributes: { 'gen_ai.tool.name': 'delete_account', 'bighub.refusal.kind': 'blocked' }, value: 1 },
    ])
    expect(found.get('bighub.reports.waiting')).toMatchObject([{ value: 0 }])
  })

  it('is told nothing any more once it is stopped', async () => {
    const { guard, call, spans, stop } = setUp()
    stop()
    await guard.run(call('refund'), () => 'refunded')
    expect(spans()).toEqual([])
  })
})
