import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createGuard } from '@bighub/core'
import { createEngine } from '@bighub/engine'
import { afterAll, describe, expect, it } from 'vitest'
import type { BacktestReport } from '../src/backtest/register-backtest.ts'
import { runCli } from './run-cli.ts'
import { makeFolder, streamLines, writeLines } from './streams.ts'

const { path: folder, remove } = makeFolder()
afterAll(remove)

const LINES = streamLines(400)
writeLines(folder, 'refunds.jsonl', LINES)
writeLines(folder, 'refunds.jsonl.gz', LINES)
writeLines(folder, 'broken.jsonl', [
  ...LINES.slice(0, 10),
  'this is no JSON',
  '{"stream":"refunds","i":11}',
  ...LINES.slice(12),
])

async function backtestJson(...files: string[]): Promise<BacktestReport[]> {
  const { code, stdout, stderr } = await runCli(['backtest', '--json', ...files], folder)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as BacktestReport)
}

/** What does not depend on the machine. */
function figuresOf(report: BacktestReport): Partial<BacktestReport> {
  const onThisMachine = new Set(['file', 'decisions_per_second', 'peak_rss_mb'])
  return Object.fromEntries(Object.entries(report).filter(([key]) => !onThisMachine.has(key)))
}

// Each test starts a process, which takes half a second and more on a busy machine.
describe('bighub backtest', { timeout: 60_000 }, () => {
  it('prints a table with one row a file, and explains its columns', async () => {
    const { code, stdout, stderr } = await runCli(['backtest', 'refunds.jsonl', 'refunds.jsonl.gz'], folder)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [head = '', first = '', second = ''] = stdout.split('\n')
    expect(head).toMatch(/^file +decisions +scored +bad +log loss +Brier +ECE +AUC +avg prec/)
    expect(first).toMatch(/^refunds +400 +380 +1\d % +0\.\d{4}/)
    expect(second).toMatch(/^refunds +400 +380 /)
    expect(stdout).toContain('share of all bad decisions that lies in the riskiest 1, 5 and 10 %')
  })

  it('prints one JSON object a file with --json, with exactly these keys', async () => {
    const [report] = await backtestJson('refunds.jsonl')
    expect(Object.keys(report ?? {}).toSorted()).toEqual([
      'auc',
      'average_precision',
      'bad',
      'brier',
      'by_confidence',
      'by_recommendation',
      'decisions_per_second',
      'ece',
      'file',
      'harm_at_hold',
      'interval_coverage',
      'log_loss',
      'n',
      'peak_rss_mb',
      'promises',
      'scored',
      'skipped',
      'unasked',
    ])
    expect(Object.keys(report?.harm_at_hold ?? {})).toEqual(['1', '5', '10'])
    expect(report?.by_recommendation).toEqual({
      proceed: expect.any(Object),
      proceed_with_caution: expect.any(Object),
      review_recommended: expect.any(Object),
      do_not_proceed: expect.any(Object),
    })
  })

  it('counts decisions, outcomes and recommendations so that they add up', async () => {
    const [report] = await backtestJson('refunds.jsonl')
    const labels = LINES.map((line) => (JSON.parse(line) as { bad: 0 | 1 | null }).bad)
    const byRecommendation = Object.values(report?.by_recommendation ?? {})
    const sum = (pick: (each: { n: number; scored: number; bad: number }) => number): number =>
      byRecommendation.reduce((total, each) => total + pick(each), 0)
    expect(report).toMatchObject({ file: 'refunds.jsonl', n: 400, scored: 380, skipped: 0 })
    expect(report?.bad).toBe(labels.filter((label) => label === 1).length)
    expect([sum((each) => each.n), sum((each) => each.scored), sum((each) => each.bad)]).toEqual([
      400,
      380,
      report?.bad,
    ])
  })

  it('learns: scores what repeats better than chance', async () => {
    const [report] = await backtestJson('refunds.jsonl')
    expect(report?.auc).toBeGreaterThan(0.7)
  })

  it('gives the same figures for a file and its gzipped form, and one line for each of several files', async () => {
    const reports = await backtestJson('refunds.jsonl', 'refunds.jsonl.gz')
    expect(reports.map(({ file }) => file)).toEqual(['refunds.jsonl', 'refunds.jsonl.gz'])
    const [plain, zipped] = reports.map(figuresOf)
    expect(zipped).toEqual(plain)
  })

  it('replays the export of an engine', async () => {
    const engine = createEngine({ file: join(folder, 'engine.db') })
    const guard = createGuard({
      evaluator: engine,
      actor: 'agent',
      approvals: { onRequest: async () => ({ resolution: 'denied' }) },
    })
    for (let n = 0; n < 30; n++)
      await guard
        .run({ tool: 'write', arguments: { n }, callId: `call_${n}` }, () => {
          if (n % 5 === 0) throw new Error('it failed')
          return 'done'
        })
        .catch(() => undefined)
    await guard.close()
    const lines: string[] = []
    for await (const line of engine.exportLog()) lines.push(line)
    await engine.close()
    const [report] = await backtestJson(writeLines(folder, 'export.jsonl', lines))
    const ran = lines.filter((line) => /"status":"(?:SUCCESS|FAILURE)"/.test(line)).length
    expect(report).toMatchObject({ n: 30, scored: ran, skipped: 0 })
    expect(report?.bad).toBeGreaterThan(0)
  })

  it('reports lines that cannot be read with their number, passes them over and counts them', async () => {
    const { code, stdout, stderr } = await runCli(['backtest', '--json', 'broken.jsonl'], folder)
    expect(code).toBe(0)
    expect(stderr).toMatch(/^broken\.jsonl:11: .*not valid JSON; passed over$/m)
    expect(stderr).toMatch(/^broken\.jsonl:12: action: .*; passed over$/m)
    expect(JSON.parse(stdout)).toMatchObject({ n: 398, skipped: 2 })
  })

  it('says in the table how many lines it passed over, and shows only the first few of many', async () => {
    writeLines(folder, 'many.jsonl', [...LINES.slice(0, 5), ...Array.from({ length: 40 }, () => '{')])
    const { stdout, stderr } = await runCli(['backtest', 'many.jsonl'], folder)
    expect(stdout).toContain('40 lines could not be read; passed over.')
    expect(stderr.trim().split('\n')).toHaveLength(6)
    expect(stderr).toContain('many.jsonl: 40 lines could not be read in all')
  })

  it('reads a gzipped file that breaks off up to where it breaks off', async () => {
    const whole = readFileSync(join(folder, 'refunds.jsonl.gz'))
    writeFileSync(join(folder, 'cut.jsonl.gz'), whole.subarray(0, whole.length - 400))
    const { code, stdout, stderr } = await runCli(['backtest', '--json', 'cut.jsonl.gz'], folder)
    expect(code).toBe(0)
    const { n, skipped } = JSON.parse(stdout) as BacktestReport
    expect(n).toBeGreaterThan(0)
    expect(n).toBeLessThan(400)
    expect(skipped).toBe(1)
    expect(stderr).toMatch(
      /^cut\.jsonl\.gz:\d+: the file ends in the middle \(unexpected end of file\); passed over\n$/,
    )
    expect(stderr).toContain(`:${n + 1}: `)
  })

  it('reports a last line that is cut off', async () => {
    const text = LINES.slice(0, 20).join('\n')
    writeFileSync(join(folder, 'cut.jsonl'), text.slice(0, -30))
    const { stdout, stderr } = await runCli(['backtest', '--json', 'cut.jsonl'], folder)
    expect(stderr).toMatch(/^cut\.jsonl:20: /)
    expect(JSON.parse(stdout)).toMatchObject({ n: 19, skipped: 1 })
  })

  it('stops at the first bad line with --strict and exit code 1, and prints no figures of that file', async () => {
    const { code, stdout, stderr } = await runCli(['backtest', '--strict', '--json', 'broken.jsonl'], folder)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/broken\.jsonl:11: /)
    expect(stderr).not.toContain(':12:')
  })

  it('gives an empty file no figures, and no error', async () => {
    const [report] = await backtestJson(writeLines(folder, 'empty.jsonl', []))
    expect(report).toMatchObject({ n: 0, scored: 0, bad: 0, log_loss: null, auc: null, ece: null, skipped: 0 })
  })

  it('refuses a file that holds no decision at all', async () => {
    writeFileSync(join(folder, 'notes.txt'), 'one line\nand another\n')
    const { code, stdout, stderr } = await runCli(['backtest', 'notes.txt'], folder)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('notes.txt: holds no decision that can be read')
  })

  it('names a missing file before it replays the others', async () => {
    const { code, stdout, stderr } = await runCli(['backtest', '--json', 'refunds.jsonl', 'nowhere.jsonl'], folder)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toBe(`bighub: ${join(folder, 'nowhere.jsonl')}: there is no such file\n`)
  })

  it('refuses a folder and says what to do', async () => {
    mkdirSync(join(folder, 'logs'))
    const { code, stderr } = await runCli(['backtest', 'logs'], folder)
    expect(code).toBe(1)
    expect(stderr).toBe(`bighub: ${join(folder, 'logs')}: is a folder; name the files in it\n`)
  })

  it('draws no progress bar where there is no terminal', async () => {
    writeLines(folder, 'long.jsonl', streamLines(3000))
    const { stdout, stderr } = await runCli(['backtest', 'long.jsonl'], folder)
    expect(stderr).toBe('')
    for (const drawn of ['\u001B', '\r', '█', '░']) expect(stdout).not.toContain(drawn)
  })

  it('compares a policy with the log as it stands, in calls, minutes and money', async () => {
    writeFileSync(join(folder, 'eager.json'), JSON.stringify({ costs: { review: 0.01 } }))
    const { code, stdout, stderr } = await runCli(['backtest', 'refunds.jsonl', '--policy', 'eager.json'], folder)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^refunds: 400 decisions, 380 with an outcome, 400 with a value$/m)
    expect(stdout).toMatch(/^measure +as recorded +eager +difference +95 % interval$/m)
    expect(stdout).toMatch(/^held +\d+ +\d+ +\+\d+ +\+\d+ … \+\d+$/m)
    expect(stdout).toMatch(/^eager decides \d+ of 400 decisions otherwise than as recorded\.$/m)
  })

  it('gives the comparison of several configurations as JSON, the same every time', async () => {
    writeFileSync(
      join(folder, 'limit.json'),
      JSON.stringify({ name: 'limit', constraints: [{ name: 'large', max_value: 40 }] }),
    )
    writeFileSync(join(folder, 'none.json'), '{}')
    const args = ['refunds.jsonl', '--compare', 'none.json', 'limit.json', '--minutes-per-review', '10']
    const [report] = await backtestJson(...args)
    const [base, limit] = report?.comparison?.configurations ?? []
    expect([base?.name, limit?.name]).toEqual(['none', 'limit'])
    const large = LINES.filter((each) => (JSON.parse(each) as { value: number }).value > 40).length
    expect(limit?.totals.blocked).toBeGreaterThanOrEqual(large)
    expect(base?.totals.review_minutes).toBe(10 * (base?.totals.held ?? 0))
    const [difference] = report?.comparison?.differences ?? []
    expect(difference?.measures.blocked.difference).toBe((limit?.totals.blocked ?? 0) - (base?.totals.blocked ?? 0))
    expect(difference?.measures.blocked.lower).toBeGreaterThan(0)
    const [again] = await backtestJson(...args)
    expect(again?.comparison).toEqual(report?.comparison)
  })

  it.each([
    ['{"polcy":{}}', /polcy/],
    ['{"policy":{"bound":"lower"}}', /policy\.bound/],
    ['{', /JSON/],
  ])('names the file and the field of a configuration that is wrong: %s', async (text, message) => {
    writeFileSync(join(folder, 'wrong.json'), text)
    const { code, stdout, stderr } = await runCli(['backtest', 'refunds.jsonl', '--compare', 'wrong.json'], folder)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('wrong.json: ')
    expect(stderr).toMatch(message)
  })

  it('refuses two configurations of one name, and minutes that are no number', async () => {
    writeFileSync(join(folder, 'same.json'), '{}')
    const twice = await runCli(['backtest', 'refunds.jsonl', '--compare', 'same.json', 'same.json'], folder)
    expect(twice.code).toBe(1)
    expect(twice.stderr).toContain('two configurations are named "same"')
    const minutes = await runCli(['backtest', 'refunds.jsonl', '--minutes-per-review', 'few'], folder)
    expect(minutes.code).toBe(2)
    expect(minutes.stderr).toContain('give a number of minutes')
  })

  it('writes a report that stands alone, with four plots and their text alternatives, the same every time', async () => {
    const { code, stderr } = await runCli(['backtest', 'refunds.jsonl', '--html', 'report.html'], folder)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const html = readFileSync(join(folder, 'report.html'), 'utf8')
    expect(html).not.toMatch(/https?:|<script|<link|<img|@import|url\(/)
    for (const title of [
      'Reliability',
      'Risk and bad rate over time',
      'Harm stopped against calls held',
      'Loss against the peers',
    ])
      expect(html).toContain(`<h3>${title}</h3>`)
    expect(html.match(/role="img" aria-labelledby="(\S+) (\S+)"/g)).toHaveLength(4)
    for (const [, id = ''] of html.matchAll(/aria-labelledby="(\S+) /g)) expect(html).toContain(`id="${id}"`)
    expect(html).not.toMatch(/NaN|Infinity|undefined/)
    await runCli(['backtest', 'refunds.jsonl', '--html', 'again.html'], folder)
    expect(readFileSync(join(folder, 'again.html'), 'utf8')).toBe(html)
  })

  it('escapes what a log says in its report', async () => {
    const lines = streamLines(200).map((each) => each.replaceAll('refund_order', '<script>alert(1)</script>'))
    writeLines(folder, 'hostile.jsonl', lines)
    await runCli(['backtest', 'hostile.jsonl', '--html', 'hostile.html'], folder)
    const html = readFileSync(join(folder, 'hostile.html'), 'utf8')
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(html).not.toContain('<script')
  })

  it('reports a log without outcomes, and refuses a report in a folder that is not there', async () => {
    writeLines(
      folder,
      'open.jsonl',
      streamLines(20).map((each) => JSON.stringify({ ...(JSON.parse(each) as object), bad: null })),
    )
    const open = await runCli(['backtest', 'open.jsonl', '--html', 'open.html'], folder)
    expect(open.code).toBe(0)
    expect(readFileSync(join(folder, 'open.html'), 'utf8')).toContain('Without outcomes there is nothing to plot.')
    const nowhere = await runCli(['backtest', 'open.jsonl', '--html', 'nowhere/report.html'], folder)
    expect(nowhere.code).toBe(1)
    expect(nowhere.stderr).toContain('there is no such folder')
  })
})
