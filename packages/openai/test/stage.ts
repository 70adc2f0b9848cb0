import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BighubClient, type EvaluateRequest, type GuardOptions } from '@bighub/core'
import { createScriptedEvaluator, type ScriptedAnswer, type ScriptedEvaluator } from '@bighub/core/testing'
import { createEngine, createEngineHost, type Engine } from '@bighub/engine'
import { createServer } from '@bighub/server'
import { onTestFinished } from 'vitest'
import * as z from 'zod'
import { createGuardedOpenAI, type GuardedOpenAI, type GuardedOpenAIOptions, type StreamEvent } from '../src/index.ts'
import type { ScriptedTurn } from './provider-script.ts'
import { type ProviderStub, startProvider } from './provider-stub.ts'

type Answers =
  | Readonly<Record<string, ScriptedAnswer>>
  | ((request: EvaluateRequest) => ScriptedAnswer | Promise<ScriptedAnswer>)

export interface StageOptions extends Partial<Omit<GuardedOpenAIOptions, 'guard'>> {
  readonly answers?: Answers
  readonly turns?: readonly ScriptedTurn[]
  readonly guard?: Partial<GuardOptions>
}

/** A loop with a tool `refund({ amount })`, a scripted evaluator and a provider by script behind it. */
export interface Stage {
  readonly agent: GuardedOpenAI
  readonly evaluator: ScriptedEvaluator
  readonly provider: ProviderStub
  /** Amounts that the tool was run with. */
  readonly ran: readonly number[]
  /** Bodies that the decision memory got. */
  readonly memory: readonly IngestedMemory[]
  /** Waits for the reports and says what was reported. */
  outcomes(): Promise<readonly string[]>
}

export interface IngestedMemory {
  readonly events: readonly Readonly<Record<string, unknown>>[]
  readonly [field: string]: unknown
}

/** One call of the tool. */
export const ONE_CALL: ScriptedTurn = { calls: [['call_1', 'refund', { amount: 5 }]] }
export const REQUEST = { model: 'gpt-test', input: 'Please pay it back.' }

/** Creates a {@link Stage}. No retries of evaluations, so that each is one request. */
export async function createStage(options: StageOptions = {}): Promise<Stage> {
  const { answers, turns = [ONE_CALL], guard = {}, ...rest } = options
  const memory: IngestedMemory[] = []
  const actions = { ingestMemory: async (body: IngestedMemory) => void memory.push(body) }
  const evaluator = Object.assign(createScriptedEvaluator(answers ? { answers } : {}), { actions })
  const provider = await startProvider(...turns)
  const agent = createGuardedOpenAI({
    guard: { evaluator, evaluation: { retries: 0 }, ...guard },
    client: provider.client,
    random: () => 0,
    ...rest,
  })
  return {
    agent,
    evaluator,
    provider,
    ran: addRefund(agent),
    memory,
    async outcomes() {
      await agent.flush()
      return evaluator.outcomes.map((each) => each.status)
    },
  }
}

/** Registers `refund` and returns the amounts it was run with. */
export function addRefund(agent: GuardedOpenAI): readonly number[] {
  const ran: number[] = []
  agent.registerTool(
    'refund',
    ({ amount }) => {
      ran.push(amount)
      return `refunded ${amount}`
    },
    { parameters: z.object({ amount: z.number() }), description: 'Pays money back.' },
  )
  return ran
}

/** A request to the decision layer, as it went over HTTP. */
export interface ServerRequest {
  readonly method: string
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  readonly idempotencyKey: string | null
}

/** A client of a real server in this process, and every request that it was sent. `failures` answers so many evaluations with 503. */
export async function openServer(failures = 0) {
  const host = createEngineHost({ file: temporaryFile(), webhooks: { isSending: false } })
  const server = createServer({ host })
  const made = await host.bootstrapAdminKey()
  const requests: ServerRequest[] = []
  let left = failures
  const client = new BighubClient({
    baseUrl: 'http://localhost:7171',
    apiKey: made?.key ?? '',
    maxRetries: 0,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const text = await request.clone().text()
      const path = new URL(request.url).pathname
      requests.push({
        method: request.method,
        path,
        body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
        idempotencyKey: request.headers.get('idempotency-key'),
      })
      if (path === '/actions/evaluate' && left-- > 0) return new Response('{}', { status: 503 })
      return server.fetch(request)
    },
  })
  onTestFinished(async () => {
    await client.close()
    await server.close()
    await host.close()
  })
  return { client, requests, evaluations: () => requests.filter(({ path }) => path === '/actions/evaluate') }
}

/** An engine that is closed when the test ends; any number may be opened over a file, as by several processes. */
export function openEngine(file: string): Engine {
  const engine = createEngine({ file })
  onTestFinished(() => engine.close())
  return engine
}

export function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bighub-openai-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'bighub.db')
}

/** All that a streamed run yields. */
export async function collect(stream: AsyncIterable<StreamEvent>): Promise<StreamEvent[]> {
  const events: StreamEvent[] = []
  for await (const event of stream) events.push(event)
  return events
}
