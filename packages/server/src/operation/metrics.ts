import type { EvaluateResponse } from '@bighub/core/protocol'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Answer } from '../http/answer.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Drain } from '../middleware/drain.ts'
import type { Endpoint } from '../routes/endpoint.ts'

/** Seconds; finest where evaluations should be, up to what clients wait for. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30]

/** What a Prometheus server reads. No label names an organisation, a key or anything that a client wrote. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #durations = new Histogram({
    name: 'bighub_http_request_duration_seconds',
    help: 'Time from a request to its answer.',
    labelNames: ['verb', 'route', 'status'] as const,
    buckets: BUCKETS,
    registers: [this.#registry],
  })
  readonly #evaluations = new Counter({
    name: 'bighub_evaluations_total',
    help: 'Recorded evaluations by their recommendation.',
    labelNames: ['recommendation'] as const,
    registers: [this.#registry],
  })

  constructor(drain: Drain) {
    const inFlight: Gauge = new Gauge({
      name: 'bighub_http_requests_in_flight',
      help: 'Requests that are not answered yet.',
      registers: [this.#registry],
      collect: () => inFlight.set(drain.inFlight),
    })
  }

  countAnswer({ request, path, startedAt }: Exchange, { status }: Pick<Answer, 'status'>): void {
    // Verbs and paths that lead nowhere are the client's words: as labels they would never end.
    const labels = path === null ? { verb: '', route: '' } : { verb: request.method, route: path }
    this.#durations.observe({ ...labels, status }, (performance.now() - startedAt) / 1000)
  }

  /** Counts the evaluations in a method's result, if it makes any. */
  countEvaluations({ name }: Endpoint, result: unknown): void {
    // What these two answer is said by the table.
    if (name === 'actions.evaluate') this.#countEvaluation(result as EvaluateResponse)
    else if (name === 'actions.evaluateBatch')
      for (const each of result as readonly EvaluateResponse[]) this.#countEvaluation(each)
  }

  #countEvaluation({ recommendation, dry_run }: EvaluateResponse): void {
    if (!dry_run) this.#evaluations.inc({ recommendation })
  }

  async answer(): Promise<Answer> {
    const body = await this.#registry.metrics()
    return { status: 200, body, headers: { 'content-type': this.#registry.contentType } }
  }
}
