import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CliResult, COMMAND, plainEnvironment, runCli } from './run-cli.ts'
import { makeFolder } from './streams.ts'

const { path: folder, remove } = makeFolder()
afterAll(remove)

describe('bighub demo without a terminal', { timeout: 60_000 }, () => {
  let result: CliResult
  const ownFile = join(folder, '.bighub', 'bighub.db')
  beforeAll(async () => {
    mkdirSync(join(folder, '.bighub'))
    writeFileSync(ownFile, 'a file of the user’s own')
    result = await runCli(['demo'], folder)
  }, 60_000)

  it('ends by itself with exit code 0, and has nothing to complain about', () => {
    expect({ code: result.code, stderr: result.stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('says that it answers its own holds, and never asks', () => {
    expect(result.stdout).toContain('There is no terminal to ask at, so the demo answers its own holds.')
    expect(result.stdout).toMatch(/(?:approved|denied) by the demo/)
    expect(result.stdout).not.toContain('[y/n]')
    expect(result.stdout).not.toContain('by you')
  })

  it('shows calls that run, are held, are approved, are declined and are blocked', () => {
    expect(result.stdout).toContain('→ run')
    expect(result.stdout).toContain('ran: refunded')
    expect(result.stdout).toContain('→ hold')
    expect(result.stdout).toContain('waiting for a person')
    expect(result.stdout).toContain('approved by the demo')
    expect(result.stdout).toContain('denied by the demo')
    expect(result.stdout).toContain('→ block')
    expect(result.stdout).toContain('not run: blocked')
  })

  it('counts in its summary what it showed above', () => {
    const count = (text: string): number => result.stdout.split(text).length - 1
    expect(result.stdout).toContain(`· ${count('    ran: ') + count('    failed: ')} run (`)
    expect(result.stdout).toContain(`· ${count('approved by')} approved and ${count('denied by')} declined by a person`)
    expect(result.stdout).toContain(`· ${count('not run: blocked')} blocked`)
  })

  it('learns from what happened: a gift card is judged riskier than before, and riskier than the original card', () => {
    expect(result.stdout).toContain('days later the bank reports: fraud')
    const [original = [], giftCard = []] = ['the original card', 'a gift card'].map((name) => {
      const [, before, after] = new RegExp(`30 to ${name} +([\\d.]+) % \\w+ +→ +([\\d.]+) %`).exec(result.stdout) ?? []
      return [Number(before), Number(after)]
    })
    const [originalBefore = 0, originalAfter = 0] = original
    const [giftBefore = 0, giftAfter = 0] = giftCard
    expect(giftBefore).toBe(originalBefore)
    expect(giftAfter).toBeGreaterThan(giftBefore)
    expect(giftAfter).toBeGreaterThan(originalAfter)
  })

  it('writes no escape codes into a pipe', () => {
    expect(result.stdout).not.toContain('\u001B')
  })

  it('keeps to its own folder and leaves the user’s file as it was', () => {
    expect(readFileSync(ownFile, 'utf8')).toBe('a file of the user’s own')
    expect(readdirSync(folder)).toEqual(['.bighub'])
    expect(readdirSync(join(folder, '.bighub')).toSorted()).toEqual(['bighub.db', 'demo'])
  })

  it('leaves a log that verifies and that `bighub backtest` replays', async () => {
    expect(result.stdout).toContain('chain verified')
    const { code, stdout } = await runCli(['backtest', '--json', '.bighub/demo/decisions.jsonl'], folder)
    expect(code).toBe(0)
    const decisions = Number(/the log: (\d+) decisions/.exec(result.stdout)?.[1])
    expect(JSON.parse(stdout)).toMatchObject({ n: decisions, skipped: 0 })
  })

  it('can be run again in the same folder, and in a folder that is named', async () => {
    const { code, stdout } = await runCli(['demo', '--dir', 'elsewhere'], folder)
    expect(code).toBe(0)
    expect(stdout).toContain('elsewhere/bighub.db')
    expect(existsSync(join(folder, 'elsewhere', 'bighub.db'))).toBe(true)
    expect((await runCli(['demo', '--dir', 'elsewhere'], folder)).code).toBe(0)
  })
})

/** util-linux's `script` gives a child a terminal of its own; macOS has another one with other options. */
const hasTerminal = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0

describe.skipIf(!hasTerminal)('bighub demo at a terminal (needs util-linux `script`)', { timeout: 60_000 }, () => {
  it('answers the first holds itself, asks for the last one, and runs what was approved', async () => {
    const { code, output } = await playAtTerminal(() => 'y\r')
    expect(code).toBe(0)
    expect(output).toContain('The demo answers the first holds itself')
    expect(output).toMatch(/http:\/\/127\.0\.0\.1:\d+\/#\/sign-in\/[\w-]+\/inbox\/act_\w+/)
    expect(output).toContain('Approve delete_account? [y/n]')
    expect(output).toMatch(/approved by local:\S+/)
    expect(output).toContain('account C-3 deleted')
  })

  it('does not run what was declined', async () => {
    const { code, output } = await playAtTerminal(() => 'n\r')
    expect(code).toBe(0)
    expect(output).toMatch(/denied by local:\S+/)
    expect(output).not.toContain('account C-3 deleted')
  })

  it('runs what was approved by whoever opened the link, without an answer here', async () => {
    const { code, output } = await playAtTerminal(() => null, approveByLink)
    expect(code).toBe(0)
    expect(output).toMatch(/approved by local:\S+/)
    expect(output).toContain('account C-3 deleted')
  })

  it('asks again when the answer is neither', async () => {
    const { code, output } = await playAtTerminal((asked) => (asked === 1 ? 'perhaps\r' : 'n\r'))
    expect(code).toBe(0)
    expect(output).toContain('Please answer y or n.')
  })

  it('ends at Ctrl-C', async () => {
    const { code, output } = await playAtTerminal(() => '\u0003')
    expect(code).not.toBe(0)
    expect(output).not.toContain('Press Enter to end')
  })
})

/** What the dashboard does with the link of the demo, and then with a key of the keyboard. */
async function approveByLink(link: string): Promise<void> {
  const [, origin = '', link_token = '', requestId = ''] =
    /^(\S+)\/#\/sign-in\/([\w-]+)\/inbox\/(\w+)$/.exec(link) ?? []
  const headers = { 'content-type': 'application/json' }
  const opened = await fetch(`${origin}/auth/link`, { method: 'POST', headers, body: JSON.stringify({ link_token }) })
  const { access_token } = (await opened.json()) as { access_token: string }
  const answered = await fetch(`${origin}/approvals/${requestId}/resolve`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${access_token}` },
    body: JSON.stringify({ resolution: 'approved' }),
  })
  expect(answered.status).toBe(200)
}

/**
 * Plays the demo in a pseudo-terminal and types an answer to each question; `asked` counts them from 1, null types nothing. Ends it
 * when it says that Enter does.
 */
function playAtTerminal(
  answer: (asked: number) => string | null,
  onLink?: (link: string) => Promise<void>,
): Promise<{ code: number | null; output: string }> {
  const words = [...COMMAND, 'demo', '--no-open', '--dir', join(folder, 'terminal')]
  const command = words.map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: plainEnvironment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let output = ''
  let asked = 0
  let isLeft = false
  let linked: Promise<void> | undefined
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    for (; asked < output.split('[y/n]').length - 1; asked++) {
      const typed = answer(asked + 1)
      if (typed !== null) child.stdin.write(typed)
    }
    const [link] = /http\S+\/inbox\/act_\w+(?=\s)/.exec(output) ?? []
    if (link !== undefined && onLink) linked ??= onLink(link)
    if (isLeft || !output.includes('Press Enter to end')) return
    isLeft = true
    child.stdin.write('\r')
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => void (linked ?? Promise.resolve()).then(() => resolve({ code, output }), reject))
  })
}
