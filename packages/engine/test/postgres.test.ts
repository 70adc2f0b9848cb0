import { createGuard } from '@bighub/core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Engine, openPostgresEngine } from '../src/engine.ts'
import { findPostgres, startPostgres, type TestPostgres } from './support/postgres.ts'

const native = findPostgres()

describe.skipIf(native === null)('an engine over PostgreSQL', () => {
  let postgres: TestPostgres

  beforeAll(async () => {
    postgres = await startPostgres(native ?? '')
  }, 60_000)
  afterAll(() => postgres?.stop())

  async function open(databaseUrl: string, organisation = 'default'): Promise<Engine> {
    const engine = await openPostgresEngine({ databaseUrl, organisation })
    onTestFinished(() => engine.close())
    return engine
  }

  it('judges, records, learns and shows like the one over a file', async () => {
    const engine = await open(await postgres.newDatabase())
    const before = await engine.evaluate({ action: 'refund', target: 'A-1', value: 5, dry_run: true })
    for (let n = 0; n < 5; n++) {
      const { request_id } = await engine.evaluate({ action: 'refund', target: 'A-1', value: 5, actor: 'agent' })
      await engine.outcomes.report({ request_id, status: 'FRAUD' })
    }
    const after = await engine.evaluate({ action: 'refund', target: 'A-1', value: 5, dry_run: true })
    expect(after.risk_score).toBeGreaterThan(before.risk_score + 0.2)
    expect((await engine.decisions.list({ outcome_category: 'negative' })).decisions).toHaveLength(5)
    expect(await engine.outcomes.analytics()).toMatchObject({ total: 5, by_status: { FRAUD: 5 }, negative_rate: 1 })
    expect(await engine.events.stats()).toMatchObject({ total: { total: 5 } })
    expect(await engine.actions.dashboardSummary()).toMatchObject({ total_validations_this_month: 5 })
    expect(await engine.verifyLog()).toMatchObject({ valid: true })
    expect(await engine.verifyState()).toMatchObject({ equal: true })
  })

  it('keeps one chain and one state with another engine that writes at the same time', async () => {
    const url = await postgres.newDatabase()
    const engines = [await open(url), await open(url)]
    await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        engines[n % 2]!.evaluate({ action: 'refund', value: n }).then(({ request_id }) =>
          engines[(n + 1) % 2]!.reportOutcome({ request_id, status: n % 3 === 0 ? 'FAILURE' : 'SUCCESS' }),
        ),
      ),
    )
    for (const engine of engines) {
      expect(await engine.statistics()).toMatchObject({ decisions: 60, outcomes: 60, records: 120 })
      expect(await engine.verifyLog()).toMatchObject({ valid: true, records: 120 })
      expect(await engine.verifyState()).toMatchObject({ equal: true })
      expect((await engine.decisions.list({ limit: 100 })).decisions).toHaveLength(60)
    }
  })

  it('lets one of many callers run a call, and one answer count', async () => {
    const url = await postgres.newDatabase()
    const engines = [await open(url), await open(url), await open(url)]
    await engines[0]!.constraints.create({ require_approval_above: 10 })
    const request = { action: 'refund', value: 20, context: { call: { arguments_digest: 'd' } } }
    const { request_id: id } = await engines[0]!.evaluate(request)
    await engines[1]!.approvals.resolve(id, { resolution: 'approved' }, { by: 'ana' })
    const used = await Promise.all(
      engines.map((engine, n) => engine.approvals.consume(id, { arguments_digest: 'd', effect_key: `key ${n}` })),
    )
    expect(used.filter((each) => each.consumed)).toHaveLength(1)
    const claims = await Promise.all(
      engines.map((engine) =>
        engine.evaluate({ action: 'list_orders', context: { call: { effect_key: 'once', arguments_digest: 'e' } } }),
      ),
    )
    expect(claims.filter((each) => each.effect?.claimed)).toHaveLength(1)
  })

  it('wakes who waits for an answer that another process gives', async () => {
    const url = await postgres.newDatabase()
    const [here, there] = [await open(url), await open(url)]
    await here.constraints.create({ require_approval_above: 10 })
    const guard = createGuard({ evaluator: here })
    const run = guard.run({ tool: 'refund', arguments: { amount: 20 }, callId: 'c1' }, () => 'refunded')
    await expect.poll(async () => (await there.approvals.list()).length).toBe(1)
    const [item] = await there.approvals.list()
    await there.approvals.resolve(item?.request_id ?? '', { resolution: 'approved' })
    expect(await run).toMatchObject({ status: 'executed', value: 'refunded' })
    await guard.close()
  })

  it('keeps organisations apart', async () => {
    const url = await postgres.newDatabase()
    const [ours, theirs] = [await open(url, 'ours'), await open(url, 'theirs')]
    const { request_id: id } = await ours.evaluate({ action: 'refund' })
    await expect(theirs.decisions.get(id)).rejects.toMatchObject({ code: 'decision_not_found' })
    expect((await theirs.decisions.list()).decisions).toEqual([])
    await expect(theirs.reportOutcome({ request_id: id, status: 'SUCCESS' })).rejects.toMatchObject({
      code: 'decision_not_found',
    })
  })

  it.each(['nul \0 inside', 'half \ud800 pair', 'back\\slash \\u0000', 'größe 😀'])(
    'takes any text: %j',
    async (text) => {
      const engine = await open(await postgres.newDatabase())
      const { request_id: id } = await engine.evaluate({
        action: text,
        target: text,
        domain: text,
        actor: text,
        context: { call: { effect_key: text, arguments_digest: 'd' } },
      })
      expect(await engine.evaluate({ action: text, context: { call: { effect_key: text } } })).toMatchObject({
        request_id: id,
        effect: { claimed: false },
      })
      expect((await engine.decisions.list()).decisions).toHaveLength(1)
      expect(await engine.verifyLog()).toMatchObject({ valid: true })
    },
  )
})
