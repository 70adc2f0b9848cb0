import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Backtest } from '../src/backtest/backtest.ts'
import { backtestFile } from '../src/backtest/backtest-file.ts'
import { parseExportedRecord, toBacktestEvent } from '../src/backtest/engine-log.ts'
import { openEngine, TestClock, temporaryFile, temporaryFolder } from './support/temporary.ts'

/** A log with every kind of record that an application can cause, and the risks of its evaluations. */
async function livedWithEverything() {
  const clock = new TestClock('2026-07-01T00:00:00.000Z')
  const engine = openEngine({ file: temporaryFile(), now: clock.now })
  const risks: number[] = []
  for (let n = 0; n < 30; n++) {
    clock.advance(60_000)
    const { case_id } = await engine.cases.create({
      domain: 'payments',
      action: { action: 'refund', value: 5 },
      verdict: { verdict: 'ALLOWED', risk_score: 0.2 },
      actor_type: 'a',
    })
    await engine.cases.reportOutcome(case_id, { status: n % 3 === 0 ? 'FRAUD' : 'SUCCESS' })
    const answer = await engine.evaluate({ action: 'refund', actor: 'a', domain: 'payments', value: 10 + n })
    risks.push(answer.risk_score)
    await engine.reportOutcome({ request_id: answer.request_id, status: n % 5 === 0 ? 'FAILURE' : 'SUCCESS' })
  }
  await engine.constraints.validate({ action: 'refund', actor: 'a' })
  await engine.operations.erase({ actor: 'nobody', reason: 'asked for' })
  const lines: string[] = []
  for await (const line of engine.exportLog()) lines.push(line)
  return { risks, lines }
}

describe('a backtest of an export', () => {
  it('takes every kind of record that an engine writes', async () => {
    const { lines } = await livedWithEverything()
    const file = join(temporaryFolder(), 'export.jsonl')
    writeFileSync(file, `${lines.join('\n')}\n`)
    expect(await backtestFile(file, { strict: true })).toMatchObject({ n: 30, scored: 30, skipped: 0 })
  })

  it('learns from decisions of elsewhere as the engine did', async () => {
    const { risks, lines } = await livedWithEverything()
    const backtest = new Backtest()
    const replayed = lines
      .slice(1)
      .map((text) => backtest.add(toBacktestEvent(parseExportedRecord(JSON.parse(text)))))
      .filter((probability) => probability !== null)
    expect(replayed).toEqual(risks)
  })
})
