import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as OldStdioTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as OldHttpTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

/** What a test sees of a tool call's result. */
export interface CallResult {
  readonly isError?: boolean | undefined
  readonly content: readonly { readonly type: string; readonly text?: string }[]
  readonly structuredContent?: unknown
}

/** The part of both official clients that tests use. */
export interface TestClient {
  listTools(): Promise<{ tools: { name: string; inputSchema: unknown; outputSchema?: unknown }[] }>
  callTool(request: { name: string; arguments?: Record<string, unknown> }): Promise<CallResult>
  close(): Promise<void>
}

/** Both lines of the official client; the new one with each of the two protocol generations. */
export const GENERATIONS = [
  'client of SDK 1',
  'client of SDK 2, protocol of 2025',
  'client of SDK 2, protocol of 2026',
] as const
export type Generation = (typeof GENERATIONS)[number]

const INFO = { name: 'test', version: '1' }
const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const NODE_ARGUMENTS = ['--conditions=bighub-source', '--disable-warning=ExperimentalWarning', MAIN]

export interface Start {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd: string
}

/** Starts `bighub-mcp` as a child process and connects a client to its stdin and stdout. */
export async function connectStdio(generation: Generation, { args = [], env = {}, cwd }: Start): Promise<TestClient> {
  const parameters = {
    command: process.execPath,
    args: [...NODE_ARGUMENTS, ...args],
    env: { ...env },
    cwd,
    stderr: 'ignore' as const,
  }
  return generation === 'client of SDK 1'
    ? connectOld(new OldStdioTransport(parameters))
    : connectNew(generation, new StdioClientTransport(parameters))
}

/** Connects a client to an endpoint. */
export async function connectHttp(generation: Generation, url: string): Promise<TestClient> {
  return generation === 'client of SDK 1'
    ? connectOld(new OldHttpTransport(new URL(url)))
    : connectNew(generation, new StreamableHTTPClientTransport(new URL(url)))
}

async function connectOld(transport: OldStdioTransport | OldHttpTransport): Promise<TestClient> {
  const client = new OldClient(INFO)
  await client.connect(transport)
  // Without a schema argument the result is what CallResult says.
  return client as unknown as TestClient
}

async function connectNew(
  generation: Generation,
  transport: StdioClientTransport | StreamableHTTPClientTransport,
): Promise<TestClient> {
  const mode = generation.endsWith('2026') ? { pin: '2026-07-28' } : 'legacy'
  const client = new Client(INFO, { versionNegotiation: { mode } })
  await client.connect(transport)
  return client
}

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  /** Resolves with everything the process wrote to stderr once it holds the words. */
  said(words: string): Promise<string>
  readonly stdin: NodeJS.WritableStream
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<Ran>
}

/** Starts `bighub-mcp` as a child process. */
export function startProcess({ args = [], env = {}, cwd }: Start): Running {
  const child = spawn(process.execPath, [...NODE_ARGUMENTS, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
  return {
    said: (words) =>
      new Promise((resolve, reject) => {
        const look = (): void => (stderr.includes(words) ? resolve(stderr) : undefined)
        child.stderr.on('data', look)
        void ended.then(({ code }) => reject(new Error(`ended with ${code} before it said ${words}: ${stderr}`)))
        look()
      }),
    stdin: child.stdin,
    kill: (signal) => void child.kill(signal),
    ended,
  }
}

/** A folder of its own for a test, gone afterwards. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'bighub-mcp-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** The text of a result, as JSON. */
export function textOf(result: CallResult): Record<string, unknown> {
  return JSON.parse(result.content[0]?.text ?? '') as Record<string, unknown>
}

/** What an error result tells the model. */
export function errorOf(result: CallResult): Record<string, unknown> {
  if (!result.isError) throw new Error(`expected an error, got ${result.content[0]?.text}`)
  return textOf(result)['error'] as Record<string, unknown>
}
