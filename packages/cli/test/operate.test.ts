import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createEngine } from '@bighub/engine'
import { startServer } from '@bighub/server'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createProgram } from '../src/create-program.ts'
import { makeFolder } from './streams.ts'

const { path: folder, remove } = makeFolder()
afterAll(remove)

/** Runs a command in this process; what it prints is what a user reads. */
async function run(...args: string[]): Promise<{ text: string; code: number }> {
  const lines: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((line: unknown) => void lines.push(String(line)))
  const before = process.exitCode
  process.exitCode = 0
  try {
    await createProgram().parseAsync(['node', 'bighub', ...args])
    return { text: lines.join('\n'), code: process.exitCode }
  } finally {
    process.exitCode = before
    log.mockRestore()
  }
}

async function json(...args: string[]): Promise<unknown> {
  return JSON.parse((await run(...args, '--json')).text)
}

let here: string[] = []
let dataDir = ''
let count = 0
beforeEach(async () => {
  dataDir = join(folder, String(count++))
  here = ['--data-dir', dataDir]
  await using engine = createEngine({ file: join(dataDir, 'bighub.db') })
  await engine.evaluate({ action: 'refund', value: 5, target: 'A-1' })
})

/** A call that waits for a person. */
async function hold(): Promise<string> {
  await using engine = createEngine({ file: join(dataDir, 'bighub.db') })
  await engine.constraints.create({ name: 'ask', require_approval_above: 10 })
  const call = { tool: 'refund', arguments: { amount: 20 }, effect_key: 'k' }
  return (await engine.evaluate({ action: 'refund', value: 20, target: 'A-2', context: { call } })).request_id
}

describe('bighub approvals', () => {
  it('lists, shows and answers the calls that wait', async () => {
    expect((await run('approvals', 'list', ...here)).text).toBe('Nothing waits for an answer.')
    const id = await hold()
    expect((await run('approvals', 'list', ...here)).text).toMatch(
      new RegExp(`^${id} +pending +\\d+ % .*refund A-2 20`, 'm'),
    )
    const shown = await run('approvals', 'show', id, ...here)
    expect(shown.text).toContain('arguments  {"amount":20}')
    expect(shown.text).toContain('unanswered, it is refused')
    expect((await run('approvals', 'approve', id, '--comment', 'seen', ...here)).text).toBe(
      `${id} approved: refund A-2 20`,
    )
    expect(await json('approvals', 'show', id, ...here)).toMatchObject({ status: 'approved', comment: 'seen' })
    await expect(run('approvals', 'deny', id, ...here)).rejects.toMatchObject({
      code: expect.stringMatching(/approval/),
    })
  })
})

describe('bighub outcomes', () => {
  it('shows what has no outcome yet, and takes it', async () => {
    const pending = (await json('outcomes', 'pending', ...here)) as { pending: { request_id: string }[] }
    const [decision] = pending.pending
    const id = decision?.request_id ?? ''
    expect((await run('outcomes', 'report', id, 'FRAUD', '--description', 'charged back', ...here)).text).toBe(
      `${id} FRAUD (negative) is recorded`,
    )
    expect((await run('outcomes', 'pending', ...here)).text).toBe('Every decision that ran has its outcome.')
  })

  it('knows the words for outcomes', async () => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    await expect(run('outcomes', 'report', 'act_1', 'FINE', ...here)).rejects.toMatchObject({ exitCode: 1 })
    expect(String(stderr.mock.calls)).toContain('Allowed choices are')
    stderr.mockRestore()
  })
})

describe('bighub constraints', () => {
  const file = join(folder, 'rules.json')

  it('makes the rules those of a file, and says what it did', async () => {
    writeFileSync(
      file,
      JSON.stringify([
        { name: 'small', max_value: 10 },
        { name: 'few', max_per_day: 3 },
      ]),
    )
    expect((await run('constraints', 'apply', file, '--dry-run', ...here)).text).toBe(
      'would create  small\nwould create  few',
    )
    expect((await json('constraints', 'list', ...here)) as unknown[]).toHaveLength(0)
    expect((await run('constraints', 'apply', file, ...here)).text).toBe('created  small\ncreated  few')
    writeFileSync(file, JSON.stringify([{ name: 'small', max_value: 20 }]))
    expect((await run('constraints', 'apply', file, '--prune', ...here)).text).toBe('updated  small\ndeleted  few')
    expect((await run('constraints', 'apply', file, ...here)).text).toBe('unchanged  small')
    expect(await json('constraints', 'list', ...here)).toMatchObject([{ name: 'small', max_value: 20, version: 2 }])
  })

  it('tells what they say of an action, with exit code 3 where they forbid it', async () => {
    writeFileSync(file, JSON.stringify([{ name: 'small', max_value: 10 }]))
    await run('constraints', 'apply', file, ...here)
    expect(await run('constraints', 'test', 'refund', '--value', '9', ...here)).toMatchObject({ code: 0 })
    const forbidden = await run('constraints', 'test', 'refund', '--value', '11', ...here)
    expect(forbidden).toMatchObject({ code: 3, text: expect.stringContaining('block by small') })
  })

  it.each([
    ['{"name": "x"}', 'holds no list of rules'],
    ['[{"max_value": 1}]', 'rule 1 has no name'],
    ['[{"name": "x"}, {"name": "x"}]', 'two rules are named x'],
    ['[{', 'is no JSON'],
  ])('refuses %s and changes nothing', async (text, message) => {
    writeFileSync(file, text)
    await expect(run('constraints', 'apply', file, ...here)).rejects.toThrow(message)
  })
})

describe('bighub policy', () => {
  it('shows it, changes fields, and names what is wrong', async () => {
    expect((await run('policy', 'set', '--fields', '{"max_bad_rate":0.02}', '--reason', 'audit', ...here)).text).toBe(
      'version 1 of the policy is in force',
    )
    const { text } = await run('policy', 'show', ...here)
    expect(text).toContain('"max_bad_rate": 0.02')
    expect(text).toContain('promise: at most 2.0 % bad among calls that run unasked: too few outcomes')
    await expect(run('policy', 'set', '--fields', '{"max_bad_rat":1}', ...here)).rejects.toMatchObject({
      field: 'max_bad_rat',
    })
    await expect(run('policy', 'set', ...here)).rejects.toThrow('either --file or --fields')
  })
})

describe('bighub kill', () => {
  it('stops a domain, shows it, and lets it run again', async () => {
    const made = (await json('kill', 'on', '--domain', 'payments', '--reason', 'incident', ...here)) as {
      switch_id: string
    }
    expect((await run('kill', 'status', ...here)).text).toContain('payments  incident')
    expect((await run('kill', 'off', made.switch_id, ...here)).text).toBe(`${made.switch_id} is off`)
    expect((await run('kill', 'status', ...here)).text).toBe('No switch is active.')
  })
})

describe('bighub log', () => {
  it('verifies the log and what was learned', async () => {
    const { text, code } = await run('log', 'verify', ...here)
    expect(code).toBe(0)
    expect(text).toMatch(/^The log is whole: \d+ records/)
    expect(text).toContain('exactly what a fold of the log gives')
  })

  it('exports it once, never over a file that is there', async () => {
    const file = join(dataDir, 'log.jsonl')
    expect((await run('log', 'export', file, ...here)).text).toBe(`1 records written to ${file}`)
    expect(readFileSync(file, 'utf8').split('\n')[0]).toContain('"format":"bighub-log"')
    await expect(run('log', 'export', file, ...here)).rejects.toMatchObject({ code: 'EEXIST' })
  })

  it('is not to be had from a server', async () => {
    await expect(run('log', 'verify', '--url', 'http://127.0.0.1:1')).rejects.toThrow(
      'a server does not hand out its log',
    )
  })
})

describe('bighub erase', () => {
  it('erases nothing without --yes, and keeps the chain', async () => {
    const words = ['erase', '--target', 'A-1', '--reason', 'asked for', ...here]
    await expect(run(...words)).rejects.toThrow('--yes')
    expect((await run(...words, '--yes')).text).toBe('1 record erased')
    expect((await run('log', 'verify', ...here)).code).toBe(0)
  })
})

describe('bighub doctor', () => {
  it('proves that a block blocks, and leaves nothing stopped', async () => {
    const { text, code } = await run('doctor', ...here)
    expect(code).toBe(0)
    expect(text).toMatch(/^ok +block +a call that must not run was driven through a guard, and did not run$/m)
    expect((await run('kill', 'status', ...here)).text).toBe('No switch is active.')
  })

  it('points at what somebody should see to', async () => {
    await hold()
    expect((await run('doctor', ...here)).text).toMatch(/^look +approvals +1 calls wait for a person/m)
  })
})

describe('a server', () => {
  it('is asked by the same commands', async () => {
    const server = await startServer({ port: 0, dataDir, adminKey: 'bhk_test_admin_key_0123456789' })
    vi.stubEnv('BIGHUB_API_KEY', 'bhk_test_admin_key_0123456789')
    try {
      const there = ['--url', server.url]
      expect((await run('doctor', ...there)).text).toMatch(/^ok +block /m)
      const made = (await json('keys', 'create', '--label', 'agent', '--scope', 'actions:validate', ...there)) as {
        key_id: string
      }
      expect((await run('keys', 'list', ...there)).text).toMatch(
        new RegExp(`^${made.key_id} .* good +never +actions:validate +agent$`, 'm'),
      )
      expect((await run('keys', 'revoke', made.key_id, ...there)).text).toBe(`${made.key_id} is revoked`)
      expect(await json('outcomes', 'pending', ...there)).toMatchObject({ pending: [{ action: 'refund' }] })
    } finally {
      vi.unstubAllEnvs()
      await server.close()
    }
  })
})

describe('bighub completion', () => {
  it.each(['bash', 'zsh', 'fish'])('for %s knows commands and options', async (shell) => {
    const { text } = await run('completion', shell)
    for (const word of ['approvals', 'deny', 'comment', 'doctor']) expect(text).toContain(word)
  })
})
