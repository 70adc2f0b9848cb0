import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createGuard, type GuardOptions } from '@bighub/core'
import { createScriptedEvaluator, type ScriptedEvaluatorOptions } from '@bighub/core/testing'
import { Client, InMemoryTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js'
import type { Transport } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { onTestFinished } from 'vitest'
import { GuardedPipe, type GuardedPipeOptions, openUpstream } from '../src/proxy/index.ts'
import { createShopServer } from './__fixtures__/shop-2.ts'

/** What a test sees of a tool call's result. */
export interface CallResult {
  readonly isError?: boolean | undefined
  readonly content: readonly { readonly type: string; readonly text?: string }[]
}

/** The part of both official clients that tests use. */
export interface TestClient {
  listTools(): Promise<{ readonly tools: readonly { readonly name: string }[] }>
  callTool(
    request: { readonly name: string; readonly arguments?: Record<string, unknown> },
    options?: { readonly signal?: AbortSignal },
  ): Promise<CallResult>
  readResource(request: { readonly uri: string }): Promise<{ readonly contents: readonly unknown[] }>
  close(): Promise<void>
}

/** Which line of the SDK the server is of, which the client, and which generation of the protocol they speak. */
export const PAIRS = [
  { server: 1, client: 1, generation: 2025 },
  { server: 1, client: 2, generation: 2025 },
  { server: 2, client: 1, generation: 2025 },
  { server: 2, client: 2, generation: 2025 },
  { server: 2, client: 2, generation: 2026 },
] as const
export type Pair = (typeof PAIRS)[number]

export interface Stage extends ReturnType<typeof createStage> {
  readonly client: TestClient
  readonly pipe: GuardedPipe
}

export interface StageOptions {
  readonly answers?: ScriptedEvaluatorOptions['answers']
  readonly guard?: Partial<GuardOptions>
  readonly pipe?: Partial<GuardedPipeOptions>
  readonly isInProcess?: boolean
}

/** A guard with a scripted evaluator, and the file that the servers' tools write to. */
export function createStage({ answers, guard: options }: StageOptions) {
  const folder = mkdtempSync(join(tmpdir(), 'bighub-mcp-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const evaluator = createScriptedEvaluator(answers ? { answers } : {})
  const guard = createGuard({ evaluator, evaluation: { retries: 0 }, ...options })
  const file = join(folder, 'ran.txt')
  return {
    evaluator,
    guard,
    file,
    /** What the servers' tools did. */
    ran: (): string[] => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []),
    /** Waits for the reports and says what was reported: a status for each outcome, a state for each claim. */
    async settled() {
      await guard.flush()
      return {
        outcomes: evaluator.outcomes.map((each) => each.status),
        effects: evaluator.settlements.map((each) => each.state),
      }
    },
  }
}

/** The command of a server that is a child process. */
export function commandOf(server: 1 | 2, file: string): string[] {
  return [process.execPath, fileURLToPath(new URL(`./__fixtures__/server-${server}.ts`, import.meta.url)), file]
}

/** A client, a pipe with a guard in it, and a server that is a child process or, where that is all the same, is in this one. */
export async function openStage(pair: Pair, options: StageOptions = {}): Promise<Stage> {
  const stage = createStage(options)
  const [near, far] = InMemoryTransport.createLinkedPair()
  const upstream = options.isInProcess
    ? startShop(stage.file)
    : openUpstream({ command: commandOf(pair.server, stage.file) })
  const pipe = new GuardedPipe({ guard: stage.guard, downstream: far, upstream, ...options.pipe })
  await pipe.start()
  const client = await connect(pair, near)
  onTestFinished(async () => {
    await client.close()
    await pipe.closed
  })
  return { ...stage, client, pipe }
}

function startShop(file: string): Transport {
  const [near, far] = InMemoryTransport.createLinkedPair()
  serveStdio(() => createShopServer((line) => appendFileSync(file, `${line}\n`)), { transport: far })
  return near
}

export function httpTransport(url: string): Transport {
  return new StreamableHTTPClientTransport(new URL(url))
}

/** Connects an official client. */
export async function connect({ client, generation }: Omit<Pair, 'server'>, transport: Transport): Promise<TestClient> {
  const info = { name: 'test', version: '1' }
  if (client === 1) {
    const old = new OldClient(info)
    await old.connect(transport)
    const call = old.callTool.bind(old)
    // Its second argument is a schema, which the other line's does not have.
    return Object.assign(old as unknown as TestClient, {
      callTool: (request: { name: string }, options?: object) => call(request, undefined, options),
    })
  }
  const mode = generation === 2026 ? { pin: '2026-07-28' } : ('legacy' as const)
  const fresh = new Client(info, {
    versionNegotiation: { mode },
    ...(generation === 2026 ? { capabilities: { elicitation: { form: {} } } } : {}),
  })
  if (generation === 2026)
    fresh.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { sure: true } }))
  await fresh.connect(transport)
  return fresh
}

/** The words of a result. */
export function textOf({ content }: CallResult): string {
  return content.map(({ text }) => text).join('\n')
}
