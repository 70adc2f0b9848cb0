import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createEngine } from '@bighub/engine'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { afterAll, describe, expect, it } from 'vitest'
import { COMMAND, plainEnvironment, runCli } from './run-cli.ts'
import { makeFolder } from './streams.ts'

const { path: folder, remove } = makeFolder()
afterAll(remove)

const SERVER = fileURLToPath(new URL('../../mcp/test/__fixtures__/server-2.ts', import.meta.url))
const INFO = { name: 'test', version: '1' }

describe('bighub mcp-proxy', { timeout: 60_000 }, () => {
  it('guards a server over stdio and HTTP, with one memory of what happened', async () => {
    const file = join(folder, 'bighub.db')
    const ran = join(folder, 'ran.txt')
    await using engine = createEngine({ file })
    await engine.constraints.create({ name: 'Small refunds', domain: 'shop', max_value: 10 })
    const server = ['--', process.execPath, SERVER, ran]
    const flags = ['mcp-proxy', '--data-dir', folder, '--actor', 'shopper', '--domain', 'shop']

    const [program = '', ...words] = COMMAND
    const stdio = new Client(INFO)
    const args = [...words, ...flags, ...server]
    await stdio.connect(new StdioClientTransport({ command: program, args, cwd: folder, stderr: 'ignore' }))
    expect(await play(stdio)).toEqual(['refunded 5', expect.stringContaining('"refund" was not executed')])

    const child = spawn(program, [...words, ...flags, '--http', '--port', '0', ...server], {
      cwd: folder,
      env: plainEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = new Promise((resolve) => child.once('close', resolve))
    const url = await new Promise<string>((resolve) => {
      let said = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text
        const [, found] = /listening on (\S+),/.exec(said) ?? []
        if (found) resolve(found)
      })
    })
    const http = new Client(INFO)
    await http.connect(new StreamableHTTPClientTransport(new URL(url)))
    expect(await play(http)).toEqual(['refunded 5', expect.stringContaining('"refund" was not executed')])
    await http.close()
    child.kill('SIGTERM')
    expect(await ended).toBe(0)

    expect(readFileSync(ran, 'utf8')).toBe('refund 5\nrefund 5\n')
    const { decisions, outcomes } = await engine.statistics()
    expect([decisions, outcomes]).toEqual([4, 4])
  })

  it('says what is missing', async () => {
    expect(await runCli(['mcp-proxy'], folder)).toMatchObject({ code: 1, stderr: expect.stringContaining('behind --') })
  })
})

/** A refund that is small enough, and one that is not; over stdio the process has ended afterwards. */
async function play(client: Client): Promise<unknown[]> {
  const texts: unknown[] = []
  for (const amount of [5, 50]) {
    const { content } = await client.callTool({ name: 'refund', arguments: { amount } })
    texts.push((content[0] as { text: string }).text)
  }
  await client.close()
  return texts
}
