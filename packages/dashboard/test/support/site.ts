import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BighubClient } from '@bighub/core'
import { type StartedServer, startServer } from '@bighub/server'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { findChromium } from './find-chromium.ts'

const AGENT = fileURLToPath(new URL('./agent.ts', import.meta.url))

/** A real server on a free port over a fresh file, with its admin key. */
export class Site {
  readonly server: StartedServer
  readonly key: string
  readonly client: BighubClient
  readonly folder: string
  readonly #agents: ChildProcess[] = []

  private constructor(server: StartedServer, folder: string) {
    this.server = server
    this.folder = folder
    this.key = server.adminKey ?? ''
    this.client = new BighubClient({ baseUrl: server.url, apiKey: this.key })
  }

  static async open(): Promise<Site> {
    const folder = mkdtempSync(join(tmpdir(), 'bighub-dashboard-'))
    const server = await startServer({ dataDir: folder, port: 0, webhookAllow: ['127.0.0.1'], rateLimit: 'off' })
    return new Site(server, folder)
  }

  /** The dashboard's address, signed in as Ana. */
  link(page?: string): string {
    const link = this.server.signInLink('ana', page)
    if (link === null) throw new Error('the server listens to other machines')
    return link
  }

  /** Starts a guarded agent in a process of its own; resolves with the status of its call when it ends. */
  startAgent(order: string, amount: number): Promise<string> {
    const words = ['--conditions=bighub-source', AGENT, this.server.url, this.key, this.ledger, order, String(amount)]
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#agents.push(child)
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    return once(child, 'close').then(() => said.trim())
  }

  /** The file that the agent's tool writes to. */
  get ledger(): string {
    return join(this.folder, 'refunds.txt')
  }

  readLedger(): string {
    try {
      return readFileSync(this.ledger, 'utf8')
    } catch {
      return ''
    }
  }

  async close(): Promise<void> {
    for (const agent of this.#agents) agent.kill('SIGKILL')
    await this.client.close()
    await this.server.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

let browser: Promise<Browser> | undefined

/** The browser of this test file. */
export function openBrowser(): Promise<Browser> {
  browser ??= chromium.launch({ executablePath: findChromium() ?? '', args: ['--no-sandbox'] })
  return browser
}

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close()
  browser = undefined
}

/** A window with storage of its own, and everything that it complained about. */
export async function openWindow(
  size: { readonly width: number; readonly height: number } = { width: 1280, height: 800 },
  colorScheme: 'light' | 'dark' = 'light',
): Promise<{ readonly context: BrowserContext; readonly page: Page; readonly complaints: string[] }> {
  const context = await (await openBrowser()).newContext({ viewport: size, colorScheme })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return { context, page, complaints }
}
