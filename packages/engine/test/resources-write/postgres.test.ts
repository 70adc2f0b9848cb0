import type { IngestEvent } from '@bighub/core/protocol'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Engine, openPostgresEngine } from '../../src/engine.ts'
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts'

const native = findPostgres()

describe.skipIf(native === null)('over PostgreSQL', () => {
  let postgres: TestPostgres

  beforeAll(async () => {
    postgres = await startPostgres(native ?? '')
  }, 60_000)
  afterAll(() => postgres?.stop())

  async function open(databaseUrl: string): Promise<Engine> {
    const engine = await openPostgresEngine({ databaseUrl })
    onTestFinished(() => engine.close())
    return engine
  }

  it('two engines that take the same events have one lifecycle, one decision and one outcome', async () => {
    const url = await postgres.newDatabase()
    const engines = [await open(url), await open(url)]
    const events: readonly IngestEvent[] = [
      { event_id: '1', event_type: 'OUTCOME_OBSERVED', entity_id: 'order', outcome: { status: 'SUCCESS' } },
      { event_id: '2', event_type: 'ACTION_EXECUTED', external_ref: 'job', action: { action: 'refund', value: 4 } },
      { event_id: '3', event_type: 'ACTION_EXECUTED', external_ref: 'job', entity_id: 'order' },
      { event_id: '4', event_type: 'FRAUD_DETECTED', external_ref: 'job' },
    ]
    for (const event of events) await Promise.all(engines.map((engine) => engine.ingest.event(event)))
    for (const engine of engines) {
      expect(await engine.ingest.lifecycles()).toMatchObject({
        total: 1,
        lifecycles: [{ status: 'reconciled', external_ref: 'job', entity_id: 'order', outcome: { status: 'FRAUD' } }],
      })
      expect(await engine.ingest.stats()).toMatchObject({ total_events: 4, reconciled_rate: 1 })
      expect(await engine.statistics()).toMatchObject({ decisions: 1, outcomes: 1 })
      expect(await engine.verifyState()).toMatchObject({ equal: true })
    }
  })

  it('remembers, folds again, rebuilds, replays and erases', async () => {
    const engine = await open(await postgres.newDatabase())
    const events = Array.from({ length: 30 }, (_, n) => ({
      event_id: `${n % 25}`,
      tool: 'search',
      status: 'tool_error',
    }))
    expect(await engine.actions.ingestMemory({ events })).toMatchObject({ accepted: 25, total_stored: 25 })
    expect(await engine.actions.memoryContext()).toMatchObject({ total_events: 25, tool_error_rate: 1 })
    const { recommendations } = await engine.actions.memoryRecommendations({ min_events: 20 })
    expect(recommendations).toMatchObject([{ type: 'tool_error_pause', tool: 'search' }])
    for (let value = 1; value <= 10; value++) {
      const { request_id } = await engine.evaluate({ action: 'refund', actor: 'zebra', value })
      await engine.reportOutcome({ request_id, status: value > 7 ? 'FRAUD' : 'SUCCESS' })
    }
    expect(await engine.learning.recompute({ async_mode: false })).toMatchObject({ status: 'completed', equal: true })
    expect(await engine.learning.backfill({ async_mode: false })).toMatchObject({ status: 'completed', processed: 45 })
    expect((await engine.decisions.list()).decisions).toHaveLength(10)
    let job = await engine.backtests.create({ constraints: [{ max_value: 7 }] })
    while (job.status !== 'completed') job = await engine.backtests.get(job.job_id)
    expect(job.result).toMatchObject({ decisions: 10, changed: { blocked: 3, harm_stopped: 3, value_stopped: 27 } })
    await engine.policy.update({ retention_days: 1 })
    await engine.operations.erase({ actor: 'zebra', reason: 'asked' })
    // Whoever applies retention takes up what waits.
    await engine.applyRetention()
    while ((await engine.decisions.list({ q: 'zebra' })).decisions.length > 0) await engine.applyRetention()
    expect(await engine.verifyLog()).toMatchObject({ valid: true })
    expect(await engine.verifyState()).toMatchObject({ equal: true })
  })
})
