import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createEngineHost } from '@bighub/engine'
import fc from 'fast-check'
import * as z from 'zod'
import { createServer, type Logger, type Server } from '../../src/index.ts'
import { type FuzzRequest, hostileRequests } from './hostile-requests.ts'
import { KNOWN_ID } from './schema-values.ts'

export interface FuzzOptions {
  readonly requests: number
  readonly seed: number
  /** Called every 1,000 requests. */
  readonly onProgress?: (done: number) => void
}

export interface FuzzReport {
  readonly requests: number
  readonly seed: number
  readonly seconds: number
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>
  /** Routes that were answered with 200 at least once, of all. */
  readonly routesDone: number
  readonly slowest: { readonly route: string; readonly ms: number }
  readonly faults: readonly string[]
}

/** Milliseconds after which a request counts as hanging. */
const HANG_MS = 15_000
/** Faults that are told one by one; a run ends with the last of them. */
const MOST_FAULTS = 20
/** Ids that are kept: the oldest give way, so that new things are worked on too. */
const MOST_IDS = 400
const CHUNK = 1000

const problemSchema = z.strictObject({
  detail: z.unknown(),
  request_id: z.string().min(1),
  error: z.strictObject({ code: z.string().min(1), message: z.string().min(1), request_id: z.string().min(1) }),
})
const fieldsSchema = z.array(
  z.strictObject({ loc: z.array(z.union([z.string(), z.int()])), msg: z.string().min(1), type: z.string().min(1) }),
)
const factsSchema = z.looseObject({ code: z.string().min(1), message: z.string().min(1) })

/** Sends requests derived from the route table to a real server and checks every answer. */
export async function fuzz({ requests, seed, onProgress }: FuzzOptions): Promise<FuzzReport> {
  const folder = mkdtempSync(join(tmpdir(), 'bighub-fuzz-'))
  const host = createEngineHost({
    file: join(folder, 'bighub.db'),
    // No name is looked up and nothing is sent: every webhook leads to an address that is refused.
    webhooks: { isSending: false, resolve: async () => [{ address: '10.0.0.1', family: 4 }] },
  })
  try {
    const made = await host.bootstrapAdminKey()
    const errors: unknown[] = []
    const logger: Logger = { log: (_, __, facts) => void (facts?.['error'] && errors.push(facts['error'])) }
    const server = createServer({ host, rateLimit: 'off', logger })
    const run = new FuzzRun({ server, key: made?.key ?? '', keyId: made?.key_id ?? '', errors })
    const started = performance.now()
    const arbitrary = hostileRequests()
    for (let done = 0; done < requests && run.faults.length < MOST_FAULTS; done += CHUNK) {
      const numRuns = Math.min(CHUNK, requests - done)
      for (const request of fc.sample(arbitrary, { seed: seed + done, numRuns })) await run.send(request)
      onProgress?.(done + numRuns)
    }
    return { seed, seconds: Math.round((performance.now() - started) / 100) / 10, ...run.report() }
  } finally {
    await host.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

class FuzzRun {
  readonly faults: string[] = []
  readonly #server: Server
  readonly #key: string
  readonly #keyId: string
  /** What the server logged of its failures. */
  readonly #errors: readonly unknown[]
  readonly #ids: string[] = []
  readonly #statuses = new Map<number, number>()
  readonly #done = new Set<string>()
  #slowest = { route: '', ms: 0 }
  #count = 0

  constructor(parts: { server: Server; key: string; keyId: string; errors: readonly unknown[] }) {
    this.#server = parts.server
    this.#key = parts.key
    this.#keyId = parts.keyId
    this.#errors = parts.errors
  }

  report(): Pick<FuzzReport, 'requests' | 'statuses' | 'routesDone' | 'slowest' | 'faults'> {
    return {
      requests: this.#count,
      statuses: Object.fromEntries([...this.#statuses].toSorted(([a], [b]) => a - b)),
      routesDone: this.#done.size,
      slowest: this.#slowest,
      faults: this.faults,
    }
  }

  async send(asked: FuzzRequest): Promise<void> {
    this.#count++
    const request = this.#toRequest(asked)
    const started = performance.now()
    const response = await Promise.race([this.#server.fetch(request), hang()])
    const ms = Math.round(performance.now() - started)
    if (ms > this.#slowest.ms) this.#slowest = { route: asked.name, ms }
    const fault = response ? await this.#faultOf(asked, response) : 'no answer'
    if (fault === null) return
    const { method, url, headers } = request
    this.faults.push(
      `${fault}\n  ${method} ${url.slice(0, 500)}\n  ${JSON.stringify(Object.fromEntries([...headers].filter(([name]) => name !== 'x-api-key')))}\n  ${this.#fill(asked.body ?? '').slice(0, 2000)}`,
    )
  }

  async #faultOf({ name, route }: FuzzRequest, response: Response): Promise<string | null> {
    const { status } = response
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1)
    const text = await response.text()
    const told = `${status} ${text.slice(0, 500)}`
    if (status >= 500) return `a failure of the server: ${told}\n  ${inspect(this.#errors.at(-1))}`
    if (response.headers.get('content-type') !== 'application/json; charset=utf-8') return `not JSON: ${told}`
    const body = JSON.parse(text) as unknown
    if (status !== 200) return problemFault(status, body) ?? null
    this.#done.add(name)
    this.#learnIds(body)
    const parsed = route.response.safeParse(body)
    return parsed.success ? null : `an answer that breaks its schema: ${z.prettifyError(parsed.error)}\n  ${told}`
  }

  #toRequest({ route, parameters, query, body, headers }: FuzzRequest): Request {
    let index = 0
    const path = route.path.replace(/\{\w+\}/g, () => encode(this.#fill(parameters[index++] ?? '')))
    const search = query.map(([name, text]) => `${encode(name)}=${encode(this.#fill(text))}`).join('&')
    return new Request(`http://localhost${path}${search === '' ? '' : `?${search}`}`, {
      method: route.verb,
      headers: { 'x-api-key': this.#key, 'content-type': 'application/json', ...headers },
      ...(body === null ? {} : { body: this.#fill(body) }),
    })
  }

  /** Puts known ids where a request leaves room for them. */
  #fill(text: string): string {
    const known = (index: string): string => this.#ids[Number(index) % this.#ids.length] ?? 'none'
    return text.replace(new RegExp(KNOWN_ID.source.slice(1, -1), 'g'), (_, index: string) => known(index))
  }

  #learnIds(value: unknown): void {
    if (typeof value !== 'object' || value === null) return
    for (const [name, each] of Object.entries(value)) {
      if (typeof each === 'object') this.#learnIds(each)
      // Without the key of its own the run would be over.
      else if (name.endsWith('_id') && typeof each === 'string' && each !== this.#keyId && !each.includes('"'))
        this.#ids.push(each)
    }
    if (this.#ids.length > MOST_IDS) this.#ids.splice(0, this.#ids.length - MOST_IDS)
  }
}

function problemFault(status: number, body: unknown): string | null {
  const parsed = problemSchema.safeParse(body)
  if (!parsed.success) return `an error without its envelope: ${status} ${JSON.stringify(body)}`
  const { detail, request_id, error } = parsed.data
  const form = status === 401 || status === 403 ? z.string().min(1) : status === 422 ? fieldsSchema : factsSchema
  const isWhole = form.safeParse(detail).success && request_id === error.request_id
  return isWhole ? null : `an error in the wrong form: ${status} ${JSON.stringify(body)}`
}

/** Percent-encoded, also what `encodeURIComponent` refuses, and dots that a URL would take for steps. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/^\.{1,2}$/, (dots) => `${dots}x`)
}

function hang(): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), HANG_MS).unref())
}
