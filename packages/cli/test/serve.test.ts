import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { findPostgres, startPostgres } from '../../engine/test/support/postgres.ts'
import { COMMAND, plainEnvironment, runCli } from './run-cli.ts'
import { makeFolder } from './streams.ts'

const { path: folder, remove } = makeFolder()
afterAll(remove)

let count = 0
/** A data folder that does not exist yet. */
function newDataDir(): string {
  return join(folder, `data-${++count}`)
}

describe('bighub serve', { timeout: 60_000 }, () => {
  it('listens on this machine alone, makes the first key and shows it once', async () => {
    const dataDir = newDataDir()
    const first = await startServe(['--data-dir', dataDir])
    const [, key = ''] = /^first admin key, shown this once: (bhk_\S+)$/m.exec(first.stdout()) ?? []
    expect(first.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect((await ask(first.url, '/policy', key)).status).toBe(200)
    expect(await first.stop('SIGTERM')).toEqual([0, null])
    const second = await startServe(['--data-dir', dataDir])
    expect(second.stdout()).not.toContain('first admin key')
    expect((await ask(second.url, '/policy', key)).status).toBe(200)
    expect(`${first.stderr()}${second.stderr()}`).not.toContain(key)
  })

  it('takes the first key from the environment and does not repeat it', async () => {
    const key = 'a key from the environment, long enough'
    const served = await startServe([], { BIGHUB_API_KEY: key })
    expect((await ask(served.url, '/policy', key)).status).toBe(200)
    expect(await served.stop('SIGTERM')).toEqual([0, null])
    expect(`${served.stdout()}${served.stderr()}`).not.toContain(key)
  })

  it('refuses a first key that is too short, and a port that is taken, with a word on what to do', async () => {
    const served = await startServe([])
    const short = await startRefused([], { BIGHUB_API_KEY: 'short' })
    expect(short).toMatch(/BIGHUB_API_KEY: needs at least/)
    const taken = await startRefused(['--port', new URL(served.url).port])
    expect(taken).toMatch(/something listens there already; choose another port/)
  })

  it.each([
    [['--port', '70000'], /whole number of 0 to 65535/],
    [['--rate-limit', '0'], /at least 1, or "off"/],
    [['--signup', 'maybe'], /Allowed choices are open, off/],
    [['--data-dir', 'x', '--database-url', 'postgresql://x'], /cannot be used with/],
    [['--cors', 'nonsense'], /is not an origin/],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await runCli(['serve', '--data-dir', newDataDir(), ...args], folder)
    expect([1, 2]).toContain(code)
    expect(stderr).toMatch(message)
  })

  it.each([
    [[], 200],
    [['--signup', 'off'], 403],
  ])('with %j answers somebody who signs up with %i', async (args, status) => {
    const served = await startServe(args)
    const body = JSON.stringify({ email: 'a@example.com', password: 'correct horse battery' })
    const answer = await fetch(`${served.url}/auth/signup`, { method: 'POST', body, headers: JSON_TYPE })
    expect(answer.status).toBe(status)
  })

  it('lets nobody sign up where other machines can connect, unless told to', async () => {
    const served = await startServe(['--host', '0.0.0.0'])
    const body = JSON.stringify({ email: 'a@example.com', password: 'correct horse battery' })
    const url = served.url.replace('0.0.0.0', '127.0.0.1')
    expect((await fetch(`${url}/auth/signup`, { method: 'POST', body, headers: JSON_TYPE })).status).toBe(403)
  })

  it('limits requests as it was told, or not at all', async () => {
    const key = 'a key from the environment, long enough'
    const limited = await startServe(['--rate-limit', '2'], { BIGHUB_API_KEY: key })
    const statuses = []
    for (let index = 0; index < 3; index++) statuses.push((await ask(limited.url, '/policy', key)).status)
    expect(statuses).toEqual([200, 200, 429])
    const free = await startServe(['--rate-limit', 'off'], { BIGHUB_API_KEY: key })
    expect((await ask(free.url, '/policy', key)).headers.get('ratelimit-limit')).toBeNull()
  })

  it('finishes a request that is under way when SIGTERM comes, and takes no new one', async () => {
    const key = 'a key from the environment, long enough'
    const served = await startServe([], { BIGHUB_API_KEY: key })
    const { port } = new URL(served.url)
    const body = JSON.stringify({ action: 'refund', value: 1 })
    const socket = connect(Number(port), '127.0.0.1')
    await once(socket, 'connect')
    let answer = ''
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
    // All but the last byte: the server has begun with it and waits.
    const head = `POST /actions/evaluate HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${key}\r\nContent-Type: application/json\r\n`
    socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body.slice(0, -1)}`)
    await untilInFlight(served.url, 1)
    const exited = served.stop('SIGTERM')
    await untilRefused(Number(port))
    socket.write(body.slice(-1))
    await once(socket, 'close')
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(answer).toContain('"recommendation"')
    expect(await exited).toEqual([0, null])
  })

  it('ends at once at the second SIGINT', async () => {
    const key = 'a key from the environment, long enough'
    const served = await startServe([], { BIGHUB_API_KEY: key })
    const socket = connect(Number(new URL(served.url).port), '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write(`POST /actions/evaluate HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${key}\r\nContent-Length: 9\r\n\r\n`)
    await untilInFlight(served.url, 1)
    const exited = served.stop('SIGINT')
    await untilRefused(Number(new URL(served.url).port))
    served.child.kill('SIGINT')
    expect(await exited).toEqual([130, null])
  })

  it('keeps what it answered when it is killed', async () => {
    const key = 'a key from the environment, long enough'
    const dataDir = newDataDir()
    const first = await startServe(['--data-dir', dataDir], { BIGHUB_API_KEY: key })
    const body = JSON.stringify({ action: 'refund', value: 1 })
    const answer = await ask(first.url, '/actions/evaluate', key, { method: 'POST', body })
    const { request_id } = (await answer.json()) as { request_id: string }
    expect(await first.stop('SIGKILL')).toEqual([null, 'SIGKILL'])
    const second = await startServe(['--data-dir', dataDir])
    expect((await ask(second.url, `/decisions/${request_id}`, key)).status).toBe(200)
  })
})

const native = findPostgres()

describe.skipIf(native === null)('bighub serve on PostgreSQL', { timeout: 60_000 }, () => {
  it('keeps everything there, for any number of servers', async () => {
    const postgres = await startPostgres(native ?? '')
    onTestFinished(() => postgres.stop())
    const databaseUrl = await postgres.newDatabase()
    const key = 'a key from the environment, long enough'
    // In the environment, where no list of processes shows its password.
    const [first, second] = await Promise.all([
      startServe([], { BIGHUB_DATABASE_URL: databaseUrl, BIGHUB_API_KEY: key }),
      startServe(['--database-url', databaseUrl], { BIGHUB_API_KEY: key }),
    ])
    const body = JSON.stringify({ action: 'refund', value: 1 })
    const answer = await ask(first.url, '/actions/evaluate', key, { method: 'POST', body })
    const { request_id } = (await answer.json()) as { request_id: string }
    expect((await ask(second.url, `/decisions/${request_id}`, key)).status).toBe(200)
    expect(await first.stop('SIGTERM')).toEqual([0, null])
    expect(await second.stop('SIGTERM')).toEqual([0, null])
  })
})

const JSON_TYPE = { 'content-type': 'application/json' }

function ask(url: string, path: string, key: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url + path, { ...init, headers: { ...JSON_TYPE, 'x-api-key': key } })
}

interface Served {
  readonly child: ChildProcess
  readonly url: string
  stdout(): string
  stderr(): string
  /** Sends a signal; resolves with exit code and signal when the process is gone. */
  stop(signal: NodeJS.Signals): Promise<[number | null, NodeJS.Signals | null]>
}

/** `bighub serve` on a free port as a real process, once it says that it listens; killed when the test ends. */
async function startServe(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Served> {
  const { child, stdout, stderr } = spawnServe(args, environment)
  const exited = new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('close', (code, signal) => resolve([code, signal])),
  )
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  for (;;) {
    const [, url] = /^listening on (\S+)$/m.exec(stdout()) ?? []
    if (url !== undefined) return { child, url, stdout, stderr, stop: (signal) => (child.kill(signal), exited) }
    const ended = await Promise.race([exited, once(child.stdout, 'data').then(() => null)])
    if (ended) throw new Error(`bighub serve ended: ${stderr()}`)
  }
}

/** What a start that cannot succeed says. */
async function startRefused(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const { child, stderr } = spawnServe(args, environment)
  const [code] = (await once(child, 'close')) as [number | null]
  expect(code).toBe(1)
  return stderr()
}

function spawnServe(args: readonly string[], environment: NodeJS.ProcessEnv) {
  const [program = '', ...words] = COMMAND
  const isElsewhere =
    args.includes('--data-dir') || args.includes('--database-url') || environment['BIGHUB_DATABASE_URL']
  const dataDir = isElsewhere ? [] : ['--data-dir', newDataDir()]
  const port = args.includes('--port') ? [] : ['--port', '0']
  const child = spawn(program, [...words, 'serve', ...port, ...dataDir, ...args], {
    cwd: folder,
    env: { ...plainEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return { child, stdout: () => stdout, stderr: () => stderr }
}

/** Resolves when so many requests besides this one are under way. */
async function untilInFlight(url: string, wanted: number): Promise<void> {
  for (;;) {
    const text = await (await fetch(`${url}/metrics`)).text()
    if (text.includes(`bighub_http_requests_in_flight ${wanted + 1}\n`)) return
  }
}

/** Resolves when nobody listens on the port any more. */
async function untilRefused(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    socket.destroy()
    if (!isOpen) return
  }
}
