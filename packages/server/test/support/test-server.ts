import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { CreatedApiKey, Scope } from '@bighub/core/protocol'
import { createEngineHost, type EngineHost, type EngineHostOptions } from '@bighub/engine'
import { onTestFinished } from 'vitest'
import { createServer, type Server, type ServerOptions } from '../../src/index.ts'

/** The envelope of every error (protocol §3.1). */
export interface ProblemBody {
  readonly detail: unknown
  readonly request_id: string
  readonly error: { readonly code: string; readonly message: string; readonly request_id: string }
}

export interface Asked {
  readonly method?: string
  /** Text is sent as it is, anything else as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Null: none. @defaultValue the admin key */
  readonly key?: string | null
  readonly address?: string
}

export interface Told<T> {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body. Its type is what the test expects; what it holds is what the test checks. */
  readonly json: T
}

/** A real server over a real SQLite file, without a socket. */
export class TestServer {
  readonly host: EngineHost
  readonly server: Server
  readonly key: string
  readonly #folder: string

  private constructor(parts: { host: EngineHost; server: Server; key: string; folder: string }) {
    this.host = parts.host
    this.server = parts.server
    this.key = parts.key
    this.#folder = parts.folder
  }

  static async open(options: TestServerOptions = {}): Promise<TestServer> {
    const { host: hostOptions, ...serverOptions } = options
    const folder = mkdtempSync(join(tmpdir(), 'bighub-server-'))
    const webhooks = { isSending: false, allow: ['127.0.0.1'] }
    const host = createEngineHost({ file: join(folder, 'bighub.db'), webhooks, ...hostOptions })
    const made = await host.bootstrapAdminKey()
    const server = createServer({ host, ...serverOptions })
    return new TestServer({ host, server, key: made?.key ?? '', folder })
  }

  async ask<T = ProblemBody>(path: string, asked: Asked = {}): Promise<Told<T>> {
    const { body, key = this.key, headers = {}, method = body === undefined ? 'GET' : 'POST', address = null } = asked
    const request = new Request(`http://localhost${path}`, {
      method,
      headers: {
        ...(key === null ? {} : { 'x-api-key': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const response = await this.server.fetch(request, { address })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: (isJson ? JSON.parse(text) : undefined) as T,
    }
  }

  /** A key with these scopes, in the organisation of the admin key. */
  async newKey(scopes: readonly Scope[], more: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { json } = await this.ask<CreatedApiKey>('/api-keys', { body: { scopes, ...more } })
    return json.key
  }

  /** The access token of a new user, who has an organisation of their own. */
  async signUp(email: string): Promise<string> {
    const body = { email, password: 'correct horse battery' }
    const { json } = await this.ask<{ access_token: string }>('/auth/signup', { body, key: null })
    return json.access_token
  }

  /** Resolves when so many requests are under way. */
  async untilInFlight(wanted: number): Promise<void> {
    for (;;) {
      const { text } = await this.ask('/metrics', { key: null })
      // The one that asks is under way too.
      if (text.includes(`bighub_http_requests_in_flight ${wanted + 1}\n`)) return
      // Sockets are heard only between the turns of the event loop.
      await setImmediate()
    }
  }

  /** Everything that the store has written so far, as it lies on the disk. */
  readStore(): string {
    return readdirSync(this.#folder)
      .map((name) => readFileSync(join(this.#folder, name), 'latin1'))
      .join('')
  }

  async close(): Promise<void> {
    await this.server.close()
    await this.host.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

export type TestServerOptions = Omit<ServerOptions, 'host'> & { readonly host?: EngineHostOptions }

/** A server that is closed when the test ends. */
export async function openServer(options: TestServerOptions = {}): Promise<TestServer> {
  const opened = await TestServer.open(options)
  onTestFinished(() => opened.close())
  return opened
}
