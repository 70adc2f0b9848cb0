import { afterAll, describe, expect, it } from 'vitest'
import { runCli } from './run-cli.ts'
import { makeFolder } from './streams.ts'

const { path: folder, remove } = makeFolder()
afterAll(remove)

describe('the command line', { timeout: 60_000 }, () => {
  it('shows what there is with --help', async () => {
    const { code, stdout, stderr } = await runCli(['--help'], folder)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^ {2}backtest .*<file\.\.\.>/m)
    expect(stdout).toMatch(/^ {2}demo /m)
  })

  it('explains a command with its --help', async () => {
    const { code, stdout } = await runCli(['backtest', '--help'], folder)
    expect(code).toBe(0)
    expect(stdout).toContain('--json')
    expect(stdout).toContain('--strict')
    expect(stdout).toContain('judged by what was known before it')
  })

  it.each([
    [['backtest', '--loud', 'log.jsonl'], "unknown option '--loud'"],
    [['backtest'], "missing required argument 'file'"],
    [['replay'], "unknown command 'replay'"],
    [['demo', 'now'], "too many arguments for 'demo'"],
  ])('answers %j with exit code 2 and says what is wrong', async (args, message) => {
    const { code, stdout, stderr } = await runCli(args, folder)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr).toContain('bighub --help')
  })

  it('shows the help and exit code 2 when no command is named', async () => {
    const { code, stderr } = await runCli([], folder)
    expect(code).toBe(2)
    expect(stderr).toContain('Usage: bighub')
  })
})
