import { NotFoundError } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import { JobRunner, LEASE_MS, MAX_ATTEMPTS } from '../../src/jobs/job-runner.ts'
import { JobStore } from '../../src/jobs/job-store.ts'
import { createLearningApi } from '../../src/learning/learning-api.ts'
import { reportOutcome } from '../../src/outcomes/report-outcome.ts'
import { verifyState } from '../../src/verify.ts'
import { openCore, type TestCore } from './write-core.ts'

async function decideMany(test: TestCore, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const domain = index % 2 === 0 ? 'payments' : 'support'
    const { request_id } = await test.evaluate({ action: `${domain}.act`, actor: 'agent', domain, value: index })
    await reportOutcome(test.core, { request_id, status: index % 5 === 0 ? 'FAILURE' : 'SUCCESS' })
  }
}

describe('learning', () => {
  it('says which model learns, with what it is set to and when it last learned', async () => {
    const test = openCore()
    const learning = createLearningApi(test.core)
    expect(await learning.strategy()).toMatchObject({
      strategy_version: 'context-mixing-2',
      name: 'context-mixing',
      config: { interval_quantile: 1.645 },
      updated_at: null,
    })
    await decideMany(test, 1)
    expect(await learning.strategy()).toMatchObject({ updated_at: '2026-07-01T12:00:00.000Z' })
  })

  it('folds the log again and finds the live state in it', async () => {
    const test = openCore()
    const learning = createLearningApi(test.core)
    await decideMany(test, 20)
    const run = await learning.recompute({ async_mode: false, limit: 7 })
    expect(run).toMatchObject({
      kind: 'recompute',
      status: 'completed',
      equal: true,
      processed: 40,
      limit: 7,
      async_mode: false,
      domain: '',
      error: null,
      finished_at: '2026-07-01T12:00:00.000Z',
    })
    expect(await learning.runs()).toEqual({ runs: [run], total: 1 })
  })

  it('puts the folded state in the place of a wrong one only if it is told to, and for good', async () => {
    const test = openCore()
    const learning = createLearningApi(test.core)
    await decideMany(test, 3)
    // Something has gone wrong in this process.
    const [record] = await test.core.storage.readAfter(0, 1)
    const moment = { key: 'nobody', at: 0 }
    ;(await test.core.state()).risk.learn(record?.kept['prediction'] as never, 1, moment)
    expect(await learning.recompute({ async_mode: false })).toMatchObject({ equal: false })
    expect(await verifyState(test.core)).toMatchObject({ equal: false })
    expect(await learning.recompute({ async_mode: false, force: true })).toMatchObject({ equal: false })
    expect(await verifyState(test.core)).toMatchObject({ equal: true })
    await decideMany(test, 1)
    await test.core.close()
    expect(await verifyState(openCore({ file: test.file }).core)).toMatchObject({ equal: true })
  })

  it('brings the tables up from nothing, and sends nothing again', async () => {
    const test = openCore()
    const learning = createLearningApi(test.core)
    await decideMany(test, 10)
    const database = await test.core.projected()
    const read = async () => ({
      decisions: await database.selectFrom('decisions').selectAll().orderBy('seq').execute(),
      events: await database.selectFrom('events').selectAll().orderBy('place').execute(),
    })
    const before = await read()
    await database.deleteFrom('events').execute()
    await database.updateTable('decisions').set({ action: 'spoilt', outcome_status: null }).execute()
    await database.deleteFrom('decisions').where('domain', '=', 'support').execute()
    const run = await learning.backfill({ async_mode: false, limit: 3 })
    expect(run).toMatchObject({ kind: 'backfill', status: 'completed', processed: 20, equal: null })
    expect(await read()).toEqual(before)
  })

  it('rebuilds only what a domain or a family of actions is about', async () => {
    const test = openCore()
    const learning = createLearningApi(test.core)
    await decideMany(test, 4)
    const database = await test.core.projected()
    await database.updateTable('decisions').set({ action: 'spoilt' }).execute()
    const run = await learning.backfill({ async_mode: false, limit: 1, domain: 'payments', action_family: 'payments' })
    expect(run['result']).toMatchObject({ records: 8, rebuilt: 2 })
    const rows = await database.selectFrom('decisions').select('action').orderBy('seq').execute()
    expect(rows.map((row) => row.action)).toEqual(['payments.act', 'spoilt', 'payments.act', 'spoilt'])
  })

  it('runs beside evaluations when nobody waits for it', async () => {
    const test = openCore()
    const learning = createLearningApi(test.core)
    await decideMany(test, 30)
    const started = await learning.recompute({ limit: 1 })
    expect(started).toMatchObject({ status: 'queued', processed: 0, async_mode: true })
    let evaluated = 0
    let run = started
    while (run.status === 'queued' || run.status === 'running') {
      await test.evaluate({ action: 'payments.act', actor: 'agent' })
      evaluated++
      run = (await learning.runs()).runs[0] ?? run
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(run).toMatchObject({ status: 'completed', equal: true })
    expect(evaluated).toBeGreaterThan(3)
  })
})

describe('a job', () => {
  /** A worker that stops between two marks until it is let go on. */
  function gate() {
    let open: () => void = () => undefined
    let reached: () => void = () => undefined
    const isReached = new Promise<void>((resolve) => {
      reached = resolve
    })
    const isOpen = new Promise<void>((resolve) => {
      open = resolve
    })
    return { open, reached, isReached, isOpen }
  }

  it('can be cancelled, and its worker stops at its next mark', async () => {
    const { core } = openCore()
    const door = gate()
    let marks = 0
    const jobs = new JobRunner(core, {
      count: {
        work: async (run) => {
          await run.progress(1)
          door.reached()
          await door.isOpen
          for (marks = 2; marks < 100; marks++) await run.progress(marks)
          return {}
        },
      },
    })
    const { job_id } = await jobs.start('count', {}, { wait: false })
    await door.isReached
    expect(await jobs.cancel(job_id)).toMatchObject({ status: 'cancelled', processed: 1 })
    door.open()
    await jobs.idle()
    expect(marks).toBe(2)
    expect(await jobs.get(job_id)).toMatchObject({ status: 'cancelled', owner: null })
    expect(await jobs.cancel(job_id)).toMatchObject({ status: 'cancelled' })
    await expect(jobs.get('job_none')).rejects.toThrow(NotFoundError)
  })

  it('says why it failed', async () => {
    const { core } = openCore()
    const jobs = new JobRunner(core, { fail: { work: async () => Promise.reject(new Error('no room left')) } })
    expect(await jobs.start('fail', {}, { wait: true })).toMatchObject({ status: 'failed', error: 'no room left' })
  })

  it('is done by one process only', async () => {
    const a = openCore()
    const b = openCore({ file: a.file, clock: a.clock })
    let done = 0
    const kinds = { count: { work: async () => ({ done: ++done }) } }
    const [left, right] = [new JobRunner(a.core, kinds), new JobRunner(b.core, kinds)]
    const jobs = await Promise.all(Array.from({ length: 10 }, () => left.start('count', {}, { wait: false })))
    right.resume()
    await Promise.all([left.idle(), right.idle()])
    expect(done).toBe(10)
    for (const { job_id } of jobs) expect(await right.get(job_id)).toMatchObject({ status: 'completed', attempts: 1 })
  })

  it('whose engine was closed is begun again by the next that asks', async () => {
    const test = openCore()
    const door = gate()
    const stuck = new JobRunner(test.core, {
      count: {
        work: async (run) => {
          door.reached()
          await door.isOpen
          await run.progress(1)
          return {}
        },
      },
    })
    const { job_id } = await stuck.start('count', { n: 3 }, { wait: false })
    await door.isReached
    await test.core.close()
    door.open()
    await stuck.idle()
    const again = new JobRunner(openCore({ file: test.file, clock: test.clock }).core, {
      count: { work: async (run) => ({ n: run.job.request['n'] }) },
    })
    expect(await again.get(job_id)).toMatchObject({ status: 'running' })
    await again.idle()
    expect(await again.get(job_id)).toMatchObject({ status: 'completed', result: { n: 3 }, attempts: 2 })
  })

  it('whose worker was lost elsewhere waits for its lease to run out, and is given up in the end', async () => {
    const { core, clock } = openCore()
    const store = new JobStore(core)
    const lost = (job_id: string, attempts: number) => ({
      job_id,
      kind: 'count',
      status: 'running' as const,
      created_at: clock.now(),
      owner: '["another-host",1,null]',
      lease_until: clock.now() + LEASE_MS,
      request: {},
      result: null,
      processed: 5,
      started_at: clock.now(),
      finished_at: null,
      error: null,
      attempts,
    })
    await store.insert(lost('job_1', 1))
    await store.insert(lost('job_2', MAX_ATTEMPTS))
    const jobs = new JobRunner(core, { count: { work: async () => ({}) } })
    jobs.resume()
    await jobs.idle()
    expect(await store.find('job_1')).toMatchObject({ status: 'running', attempts: 1 })
    clock.advance(LEASE_MS)
    jobs.resume()
    await jobs.idle()
    expect(await store.find('job_1')).toMatchObject({ status: 'completed', attempts: 2 })
    expect(await store.find('job_2')).toMatchObject({
      status: 'failed',
      error: 'its process ended 3 times before it was done',
    })
  })
})
