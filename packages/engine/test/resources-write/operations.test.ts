import { deserialize } from 'node:v8'
import { canonicalJson } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import { createConstraintsApi } from '../../src/constraints/constraints-api.ts'
import { EngineState } from '../../src/engine-state.ts'
import {
  applyRetention,
  createErasureJobs,
  createOperationsApi,
  snapshotTag,
} from '../../src/erasure/operations-api.ts'
import { createIngestApi } from '../../src/ingest/ingest-api.ts'
import { createMemoryApi } from '../../src/memory/memory-api.ts'
import { reportOutcome } from '../../src/outcomes/report-outcome.ts'
import { changePolicy } from '../../src/policy/policy-api.ts'
import { digestOfState } from '../../src/state-digest.ts'
import { verifyLog, verifyState } from '../../src/verify.ts'
import { openCore, type TestCore } from './write-core.ts'

const DAY = 86_400_000
const options = {}

/** Tables with everything in them, as one text. */
async function allRows(test: TestCore): Promise<string> {
  const database = await test.core.projected()
  const tables = [
    'records',
    'decisions',
    'events',
    'memory_events',
    'lifecycles',
    'lifecycle_keys',
    'approvals',
    'jobs',
    'idempotency',
    'webhook_deliveries',
    'feature_snapshots',
  ]
  const rows = []
  for (const table of tables)
    rows.push(
      await database
        .selectFrom(table as 'decisions')
        .selectAll()
        .execute(),
    )
  return canonicalJson(JSON.parse(JSON.stringify(rows)))
}

/** Words of one actor in every place that keeps words, and one decision of somebody else. */
async function speak(test: TestCore) {
  const held = await test.evaluate({
    action: 'wire',
    actor: 'zebra-agent',
    target: 'zebra-target',
    domain: 'payments',
    value: 900,
    context: { note: 'zebra-note', call: { arguments: { iban: 'zebra-iban' }, arguments_digest: 'd1' } },
  })
  await reportOutcome(test.core, { request_id: held.request_id, status: 'FAILURE', description: 'zebra-outcome' })
  const ingest = createIngestApi(test.core)
  await ingest.event({
    event_type: 'ACTION_EXECUTED',
    event_id: 'e-1',
    external_ref: 'zebra-ref',
    action: { action: 'wire', actor: 'zebra-agent', target: 'zebra-other' },
  })
  await ingest.event({
    event_type: 'CHURN_SIGNAL',
    event_id: 'e-2',
    external_ref: 'zebra-ref',
    outcome: { description: 'zebra-left' },
  })
  const memory = createMemoryApi(test.core)
  await memory.ingestMemory({ events: [{ event_id: 'm-1', actor: 'zebra-agent', output: 'zebra-output' }] }, options)
  const constraints = createConstraintsApi(test.core, { purgeIdempotency: async () => 0 })
  await constraints.validate({ action: 'wire', actor: 'zebra-agent', target: 'zebra-checked' })
  const other = await test.evaluate({ action: 'wire', actor: 'giraffe-agent', target: 'giraffe-target', value: 5 })
  await reportOutcome(test.core, { request_id: other.request_id, status: 'SUCCESS', description: 'giraffe-outcome' })
  return { held, other }
}

async function erase(test: TestCore, body: Parameters<ReturnType<typeof createOperationsApi>['erase']>[0]) {
  const started = await createOperationsApi(test.core).erase(body, { by: 'key:admin' })
  const jobs = createErasureJobs(test.core)
  for (;;) {
    const job = await jobs.get(started.job_id)
    if (job.status !== 'queued' && job.status !== 'running') return job
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('erasing words', () => {
  it('leaves no word in any table, while the chain verifies and what was learned stays', async () => {
    const test = openCore()
    const { core } = test
    const { held } = await speak(test)
    const database = await core.projected()
    await database
      .insertInto('idempotency')
      .values({
        organisation: core.storage.organisation,
        scope: 's',
        request_digest: 'd',
        status: 200,
        body: JSON.stringify({ request_id: held.request_id, actor: 'zebra-agent' }),
        created_at: 0,
        expires_at: 1,
      })
      .execute()
    const [event] = await database
      .selectFrom('events')
      .where('request_id', '=', held.request_id)
      .select('place')
      .orderBy('place')
      .execute()
    await database
      .insertInto('webhook_deliveries')
      .values({
        organisation: core.storage.organisation,
        webhook_id: 'wh_1',
        event_id: `evt_${event?.place}`,
        event_type: 'action_allowed',
        status: 'pending',
        attempts: 0,
        payload: '{"actor":"zebra-agent"}',
        created_at: 0,
      } as never)
      .execute()
    expect(await allRows(test)).toContain('zebra')
    const before = digestOfState((await core.state()).snapshot())

    const job = await erase(test, { actor: 'zebra-agent', reason: 'asked by the person' })

    expect(job).toMatchObject({ status: 'completed', error: null })
    const rows = await allRows(test)
    expect(rows.match(/zebra[\w-]*/g)).toBeNull()
    expect(rows).toContain('giraffe-target')
    expect(rows).toContain('giraffe-outcome')
    expect(await verifyLog(core)).toMatchObject({ valid: true, fault: null })
    expect(digestOfState((await core.state()).snapshot())).toBe(before)
    expect(await verifyState(core)).toMatchObject({ equal: true })
    expect(await database.selectFrom('webhook_deliveries').selectAll().execute()).toEqual([])
    await core.close()
    const again = openCore({ file: test.file })
    expect((await allRows(again)).match(/zebra[\w-]*/g)).toBeNull()
    expect(await verifyLog(again.core)).toMatchObject({ valid: true })
  })

  it('says what was erased, by whom and why, and not whose words they were', async () => {
    const test = openCore()
    await speak(test)
    const job = await erase(test, { target: 'zebra-target', reason: 'a request' })
    expect(job.request).toEqual({ by: 'key:admin' })
    const records = await test.core.storage.readSubject(job.job_id)
    expect(records.map((record) => record.kept['stage'])).toEqual(['begun', 'done'])
    expect(records[1]?.kept).toMatchObject({ by: 'key:admin', chosen_by: ['target'], seqs: [1, 2] })
    expect(job.result).toEqual({ erased: 2 })
  })

  it('takes only what all given conditions hold for', async () => {
    const test = openCore()
    const { held, other } = await speak(test)
    expect((await erase(test, { actor: 'giraffe-agent', target: 'zebra-target', reason: 'r' })).result).toEqual({
      erased: 0,
    })
    expect((await erase(test, { request_ids: [other.case_id ?? ''], reason: 'r' })).result).toEqual({ erased: 2 })
    expect(await allRows(test)).not.toContain('giraffe')
    const before = new Date(test.clock.now()).toISOString()
    expect((await erase(test, { before, reason: 'r' })).result).toEqual({ erased: 0 })
    test.clock.advance(1)
    const later = new Date(test.clock.now()).toISOString()
    expect((await erase(test, { before: later, request_ids: [held.request_id], reason: 'r' })).result).toEqual({
      erased: 2,
    })
    await expect(createOperationsApi(test.core).erase({ reason: 'r' })).rejects.toThrow(/name an actor/)
  })

  it('goes on where it was cut off between its word and its deed', async () => {
    const test = openCore()
    const { held } = await speak(test)
    const jobs = createErasureJobs(test.core)
    const request = { request_ids: [held.request_id], reason: 'r', by: 'key:admin' }
    const job = await jobs.start('erase', request, { wait: true })
    const undone = (await test.core.storage.readSubject(job.job_id))[0]
    // A job that had said what it erases when its process ended.
    await test.core.run({
      plan: () => ({
        records: [
          { type: 'payloads_erased', at: 0, subject: 'job_cut', kept: { ...undone?.kept, seqs: [3] }, payload: {} },
        ],
        answer: () => undefined,
      }),
    })
    const database = await test.core.projected()
    const [row] = await database.selectFrom('jobs').selectAll().execute()
    const body = {
      ...JSON.parse(row?.body ?? '{}'),
      request: { request_ids: ['act_none'], reason: 'r', by: 'x' },
      result: null,
    }
    await database
      .insertInto('jobs')
      .values({ ...row, job_id: 'job_cut', status: 'queued', body: JSON.stringify(body) } as never)
      .execute()
    expect(await jobs.get('job_cut')).toMatchObject({ status: 'queued' })
    await jobs.idle()
    expect(await jobs.get('job_cut')).toMatchObject({ status: 'completed', result: { erased: 1 } })
    expect((await test.core.storage.readAfter(2, 1))[0]).toMatchObject({ seq: 3, payload: null })
  })

  it('is done by itself for words older than the policy keeps', async () => {
    const test = openCore()
    await speak(test)
    expect(await applyRetention(test.core)).toBeNull()
    await changePolicy(test.core, { retention_days: 30 }, { by: 'test', reason: null })
    test.clock.advance(29 * DAY)
    expect(await applyRetention(test.core)).toMatchObject({ status: 'completed', erased: 0 })
    test.clock.advance(2 * DAY)
    const young = await test.evaluate({ action: 'wire', actor: 'lion-agent', target: 'lion-target' })
    expect(await applyRetention(test.core)).toMatchObject({ status: 'completed', erased: 10 })
    const rows = await allRows(test)
    expect(rows.match(/zebra|giraffe/g)).toBeNull()
    expect(rows).toContain('lion-target')
    expect(young.request_id).toMatch(/^act_/)
    expect(await verifyLog(test.core)).toMatchObject({ valid: true })
    expect(await verifyState(test.core)).toMatchObject({ equal: true })
  })
})

describe('a snapshot for engines elsewhere', () => {
  it('is the state at the head of the log, with a tag that changes with the log', async () => {
    const test = openCore()
    await speak(test)
    const operations = createOperationsApi(test.core)
    const snapshot = await operations.snapshot()
    const state = new EngineState()
    state.restore(deserialize(Buffer.from(snapshot.state, 'base64')))
    expect(digestOfState(state.snapshot())).toBe(digestOfState((await test.core.state()).snapshot()))
    expect(snapshot).toMatchObject({ seq: (await test.core.sequencer()).head.seq })
    expect(snapshotTag(await operations.snapshot())).toBe(snapshotTag(snapshot))
    await test.evaluate({ action: 'wire', actor: 'agent' })
    expect(snapshotTag(await operations.snapshot())).not.toBe(snapshotTag(snapshot))
  })
})
