import {
  type Attributes,
  type MeterProvider,
  metrics,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import type { Guard, GuardEvents } from '../guard/index.ts'

export interface InstrumentOptions {
  /** @defaultValue the global one */
  readonly tracerProvider?: TracerProvider
  /** @defaultValue the global one */
  readonly meterProvider?: MeterProvider
}

/** Name of the tracer and the meter. */
const SCOPE = '@bighub/core'
/** Calls whose end is still to come; the oldest is ended where more are open, since a framework may never take up a pause. */
const MAX_OPEN = 10_000

/**
 * Tells OpenTelemetry of a guard's calls: one span a guarded call, from its evaluation to its end, named and attributed as the semantic
 * conventions for generative AI have it (`execute_tool`, `gen_ai.tool.*`), ours under `bighub.*`; and metrics of evaluations, runs,
 * refusals and the outbox. No argument, text or result is told.
 *
 * The span begins in the context that the call is made in. What the tool does is not put below it: the tool runs in its own context.
 *
 * @returns a function that ends it.
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/#execute-tool-span
 */
export function instrumentGuard(guard: Guard, options: InstrumentOptions = {}): () => void {
  const tracer = (options.tracerProvider ?? trace.getTracerProvider()).getTracer(SCOPE)
  const meter = (options.meterProvider ?? metrics.getMeterProvider()).getMeter(SCOPE)
  const seconds = { unit: 's' } as const
  const evaluations = meter.createHistogram('bighub.evaluation.duration', seconds)
  const executions = meter.createHistogram('bighub.execution.duration', seconds)
  const refusals = meter.createCounter('bighub.refusals', { unit: '{call}' })
  const undelivered = meter.createCounter('bighub.reports.undelivered', { unit: '{report}' })
  const waiting = meter.createObservableGauge('bighub.reports.waiting', { unit: '{report}' })
  const observe = (result: { observe(value: number): void }): void => result.observe(guard.coverage().waitingReports)
  waiting.addCallback(observe)

  const open = new Map<string, Span>()
  const end = (callKey: string, finish: (span: Span) => void): void => {
    const span = open.get(callKey)
    if (!span) return
    open.delete(callKey)
    finish(span)
    span.end()
  }

  const stops = [
    guard.on('evaluation-start', (event) => {
      const span = tracer.startSpan(`execute_tool ${event.tool}`, {
        kind: SpanKind.INTERNAL,
        attributes: toolAttributes(event),
      })
      open.set(event.callKey, span)
      const oldest = open.size > MAX_OPEN ? open.keys().next() : undefined
      if (oldest && !oldest.done) end(oldest.value, (left) => left.addEvent('bighub.never_taken_up'))
    }),
    guard.on('evaluation-end', (event) => {
      const { answer, resolved, durationMs } = event
      const attributes = decisionAttributes(event)
      open.get(event.callKey)?.setAttributes(attributes)
      evaluations.record(durationMs / 1000, {
        'gen_ai.tool.name': event.tool,
        'bighub.disposition': resolved.disposition,
        ...(answer ? {} : { 'error.type': errorType(event.error) }),
      })
    }),
    guard.on('approval-request', ({ callKey, approval }) =>
      open.get(callKey)?.addEvent('bighub.approval.requested', { 'bighub.approval.id': approval.request_id }),
    ),
    guard.on('approval-answer', ({ callKey, approval }) =>
      open.get(callKey)?.addEvent('bighub.approval.ended', {
        'bighub.approval.id': approval.request_id,
        'bighub.approval.status': approval.status,
      }),
    ),
    guard.on('execution-start', ({ callKey }) => open.get(callKey)?.addEvent('bighub.execution.started')),
    guard.on('execution-end', (event) => {
      const failure = event.status === 'returned' ? {} : { 'error.type': errorType(event.error) }
      executions.record(event.durationMs / 1000, { 'gen_ai.tool.name': event.tool, ...failure })
      end(event.callKey, (span) => {
        span.setAttributes({ 'bighub.execution.status': event.status, ...failure })
        if (event.status !== 'returned') span.setStatus({ code: SpanStatusCode.ERROR })
      })
    }),
    guard.on('call-refuse', ({ callKey, tool, refusal }) => {
      refusals.add(1, { 'gen_ai.tool.name': tool, 'bighub.refusal.kind': refusal.kind })
      end(callKey, (span) => span.setAttribute('bighub.refusal.kind', refusal.kind))
    }),
    guard.on('report-fail', ({ tool }) => undelivered.add(1, { 'gen_ai.tool.name': tool })),
  ]
  return () => {
    for (const stop of stops) stop()
    waiting.removeCallback(observe)
    for (const callKey of open.keys()) end(callKey, () => undefined)
  }
}

function toolAttributes({ tool, callId, runId, request }: GuardEvents['evaluation-start']): Attributes {
  return {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': tool,
    ...(callId === null ? {} : { 'gen_ai.tool.call.id': callId }),
    ...(request.actor === undefined || request.actor === null ? {} : { 'gen_ai.agent.name': request.actor }),
    'bighub.run.id': runId,
  }
}

function decisionAttributes({ answer, error, resolved }: GuardEvents['evaluation-end']): Attributes {
  return {
    'bighub.disposition': resolved.disposition,
    'bighub.disposition.cause': resolved.cause,
    ...(answer?.request_id === undefined ? {} : { 'bighub.decision.id': answer.request_id }),
    ...(answer?.recommendation === undefined ? {} : { 'bighub.recommendation': answer.recommendation }),
    ...(typeof answer?.risk_score === 'number' ? { 'bighub.risk_score': answer.risk_score } : {}),
    ...(answer ? {} : { 'error.type': errorType(error) }),
  }
}

/** A word for the kind of an error, never its text: that may hold what the call was about. */
function errorType(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code
  if (typeof code === 'string') return code
  return error instanceof Error ? error.name : 'unknown'
}
