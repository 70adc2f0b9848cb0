import autocannon from 'autocannon'
import type { Listening } from './target-kinds.ts'

/** One round of load. */
export interface Round {
  readonly requests: number
  /** Requests a second. */
  readonly rate: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly failed: number
}

/** Bodies that are sent in turn: refunds as a client without a guard sends them. */
const BODIES: readonly string[] = Array.from({ length: 500 }, (_, n) =>
  JSON.stringify({
    action: 'refund_order',
    actor: 'support-agent',
    value: 10 + ((n * 37) % 190),
    target: `A-${(n * 7919) % 5000}`,
    domain: 'payments',
    context: { method: n % 9 === 0 ? 'gift_card' : 'original', reason: 'the parcel came damaged' },
  }),
)

export interface LoadOptions {
  readonly seconds: number
  readonly connections: number
  /** Requests a second over all connections. @defaultValue as many as go */
  readonly rate?: number
}

/** Asks for evaluations over kept connections, each as soon as the last was answered. */
export async function load({ url, key }: Listening, { seconds, connections, rate }: LoadOptions): Promise<Round> {
  const result = await autocannon({
    url,
    duration: seconds,
    connections,
    ...(rate === undefined ? {} : { overallRate: rate }),
    requests: BODIES.map((body) => ({
      method: 'POST',
      path: '/actions/evaluate',
      headers: { 'content-type': 'application/json', 'x-api-key': key },
      body,
    })),
  })
  return {
    requests: result['2xx'],
    rate: result['2xx'] / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    failed: result.non2xx + result.errors + result.timeouts,
  }
}

/** Characters of one answer. */
export async function answerLength({ url, key }: Listening): Promise<number> {
  const response = await fetch(`${url}/actions/evaluate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: BODIES[0] ?? '',
  })
  if (!response.ok) throw new Error(`the server answered ${response.status}: ${await response.text()}`)
  return (await response.text()).length
}
