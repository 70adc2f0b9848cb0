import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import type { GuardedCall } from '../src/guard/translate/guarded-call.ts'
import { createGuard as createWebGuard } from '../src/index.ts'
import { createGuard, type OutboxOptions, SqliteOutbox } from '../src/node/index.ts'
import { BighubError, type Evaluator, type OutcomeReportRequest, type RequestOptions } from '../src/protocol/index.ts'
import { createScriptedEvaluator } from '../src/testing/scripted-evaluator.ts'

const folder = mkdtempSync(join(tmpdir(), 'bighub-outbox-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(() => void vi.useRealTimers())

let files = 0
const newFile = (): string => join(folder, `${files++}`, 'outbox.db')

/** An evaluator elsewhere that answers, and takes reports only while it is there. */
function remote() {
  const scripted = createScriptedEvaluator()
  const told: { report: OutcomeReportRequest; key: string | undefined }[] = []
  const state = { isAway: false, tries: [] as (string | undefined)[], problem: null as BighubError | null }
  const evaluator: Evaluator = {
    ...scripted,
    isRemote: true,
    async reportOutcome(report: OutcomeReportRequest, options?: RequestOptions) {
      state.tries.push(options?.idempotencyKey)
      if (state.isAway) throw new BighubError('network', 'connection refused', { isRetryable: true })
      if (state.problem) throw state.problem
      told.push({ report, key: options?.idempotencyKey })
      return scripted.reportOutcome(report)
    },
  }
  return { evaluator, state, told, orders: () => told.map(({ report }) => report.request_id) }
}

const call = (n: number): GuardedCall => ({
  tool: 'refund',
  arguments: { order: `A-${n}` },
  callId: `call_${n}`,
  runId: 'run',
})

function setUp(outbox: OutboxOptions) {
  const there = remote()
  const guard = createGuard({ evaluator: there.evaluator, outbox })
  return { ...there, guard, refund: (n: number) => guard.run(call(n), () => 'refunded') }
}

describe('the outbox', () => {
  it('keeps reports while the evaluator is away, and delivers them in order under the keys of the first try', async () => {
    const file = newFile()
    const { guard, state, told, orders, refund } = setUp({ file })
    state.isAway = true
    for (let n = 1; n <= 5; n++) await refund(n)
    await guard.flush()
    expect(guard.coverage()).toMatchObject({ waitingReports: 5, undeliveredReports: 0 })
    expect(told).toEqual([])
    state.isAway = false
    await guard.flush()
    expect(orders()).toEqual(['act_1', 'act_2', 'act_3', 'act_4', 'act_5'])
    expect(told[0]?.key).toBe(state.tries[0])
    expect(new SqliteOutbox(file).take(10)).toEqual([])
    expect(guard.coverage().waitingReports).toBe(0)
    await guard.close()
  })

  it('outlives a process that is killed', async () => {
    const file = newFile()
    const child = spawn(
      process.execPath,
      ['--conditions=bighub-source', '--input-type=module-typescript', '-e', DIE, file],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    )
    const [, signal] = (await once(child, 'close')) as [number | null, string]
    expect(signal).toBe('SIGKILL')
    const { guard, orders } = setUp({ file })
    await expect.poll(() => orders()).toEqual(['act_1', 'act_2', 'act_3'])
    await guard.flush()
    await guard.close()
    const next = setUp({ file })
    await next.refund(1)
    await next.guard.close()
    expect(next.told).toHaveLength(1)
  })

  it('is readable by its owner alone', async () => {
    const file = newFile()
    const { guard, refund } = setUp({ file })
    await refund(1)
    await guard.close()
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('leaves to another guard that lives what is its own', async () => {
    const file = newFile()
    const first = setUp({ file })
    first.state.isAway = true
    await first.refund(1)
    await first.guard.flush()
    const second = setUp({ file })
    await second.refund(2)
    await second.guard.close()
    expect(second.told).toHaveLength(1)
    first.state.isAway = false
    await first.guard.close()
    expect(first.told).toHaveLength(1)
  })

  it('of a guard that is closed is taken up by the next one of the same process', async () => {
    const file = newFile()
    const first = setUp({ file })
    first.state.isAway = true
    await first.refund(1)
    await first.guard.close()
    const second = setUp({ file })
    await expect.poll(() => second.orders()).toEqual(['act_1'])
    await second.guard.close()
  })

  it('says what is refused for good, and does not try it again', async () => {
    const file = newFile()
    const { guard, state, refund } = setUp({ file })
    const failures: unknown[] = []
    guard.on('report-fail', ({ error }) => failures.push(error))
    state.problem = new BighubError('invalid_input', 'no such decision')
    await refund(1)
    await guard.close()
    expect(failures).toEqual([state.problem])
    expect(guard.coverage()).toMatchObject({ waitingReports: 0, undeliveredReports: 1 })
    expect(new SqliteOutbox(file).take(10)).toEqual([])
  })

  it('that is full refuses calls in words for the model, whatever the fail mode', async () => {
    const { evaluator, state } = remote()
    const guard = createGuard({ evaluator, failMode: 'open', outbox: { file: newFile(), capacity: 2 } })
    state.isAway = true
    for (let n = 1; n <= 2; n++) await guard.run(call(n), () => 'refunded')
    await guard.flush()
    let runs = 0
    const refused = await guard.run(call(3), () => runs++)
    expect(runs).toBe(0)
    expect(refused).toMatchObject({ status: 'refused', refusal: { kind: 'not_evaluated' } })
    expect(JSON.stringify(refused)).toContain('2 reports wait')
    // A call that ran before is no new one: its hook may come again.
    expect(await guard.run(call(1), () => runs++)).toMatchObject({ status: 'executed', value: 'refunded' })
    state.isAway = false
    await guard.flush()
    expect(await guard.run(call(4), () => 'refunded')).toMatchObject({ status: 'executed' })
    await guard.close()
  })

  it('that is full may let calls run, and says that they are not reported', async () => {
    const { guard, state, refund } = setUp({ file: newFile(), capacity: 1, onFull: 'run' })
    const failures: unknown[] = []
    guard.on('report-fail', ({ error }) => failures.push(String(error)))
    state.isAway = true
    expect(await refund(1)).toMatchObject({ status: 'executed' })
    await guard.flush()
    expect(await refund(2)).toMatchObject({ status: 'executed' })
    expect(failures).toEqual(['Error: 1 reports wait already'])
    expect(guard.coverage().undeliveredReports).toBe(1)
    await guard.close()
  })

  it('loses nothing and keeps the order over an hour without its evaluator', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const { guard, state, orders, refund } = setUp({ file: newFile() })
    state.isAway = true
    for (let minute = 0; minute < 60; minute++) {
      for (let n = 0; n < 20; n++) expect(await refund(minute * 20 + n)).toMatchObject({ status: 'executed' })
      await vi.advanceTimersByTimeAsync(60_000)
    }
    expect(guard.coverage()).toMatchObject({ waitingReports: 1200, undeliveredReports: 0 })
    // Longer and longer waits, a minute at most: no server is met by thousands of tries.
    expect(state.tries.length).toBeGreaterThan(60)
    expect(state.tries.length).toBeLessThan(200)
    state.isAway = false
    await vi.advanceTimersByTimeAsync(60_000)
    vi.useRealTimers()
    await guard.flush()
    expect(orders()).toEqual(Array.from({ length: 1200 }, (_, n) => `act_${n + 1}`))
    await guard.close()
  })

  it('in memory alone is named among what is not promised', () => {
    const { evaluator } = remote()
    // The entry for other runtimes has no file to open.
    expect(createWebGuard({ evaluator }).coverage().limits).toEqual([expect.stringContaining('wait in memory alone')])
    expect(createGuard({ evaluator, outbox: { file: newFile() } }).coverage().limits).toEqual([])
  })

  it.each([
    [{ capacity: 0 }, 'outbox.capacity'],
    [{ onFull: 'drop' }, 'outbox.onFull'],
    [{ path: 'x' }, 'outbox.path'],
  ])('%j is refused by its name', (outbox, option) => {
    expect(() => createGuard({ evaluator: remote().evaluator, outbox: outbox as never })).toThrow(
      expect.objectContaining({ code: 'configuration_invalid', option }),
    )
  })
})

/** A process whose evaluator takes no reports, and that is killed with three of them waiting. */
const DIE = `
  import { createGuard } from '${new URL('../src/node/index.ts', import.meta.url).href}'
  import { BighubError } from '${new URL('../src/protocol/index.ts', import.meta.url).href}'
  import { createScriptedEvaluator } from '${new URL('../src/testing/scripted-evaluator.ts', import.meta.url).href}'
  const evaluator = {
    ...createScriptedEvaluator(),
    isRemote: true,
    async reportOutcome() { throw new BighubError('network', 'away', { isRetryable: true }) },
  }
  const guard = createGuard({ evaluator, outbox: { file: process.argv[1] } })
  for (let n = 1; n <= 3; n++)
    await guard.run({ tool: 'refund', arguments: { n }, callId: 'call_' + n, runId: 'run' }, () => n)
  process.kill(process.pid, 'SIGKILL')`
