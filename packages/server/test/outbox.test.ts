import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BighubClient, createGuard, type GuardOptions } from '@bighub/core'
import { createEngine, followServer } from '@bighub/engine'
import { afterAll, describe, expect, it } from 'vitest'
import { startServer } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'bighub-server-outbox-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const KEY = 'bhk_test_admin_key_0123456789'
const call = { tool: 'refund', arguments: { order: 'A-1', amount: 20 }, callId: 'call_1', runId: 'run_1' }

/** A server that can go away and come back where it was. */
async function setUp(name: string, options: Partial<GuardOptions> = {}) {
  const dataDir = join(folder, name)
  const start = (port: number): ReturnType<typeof startServer> => startServer({ port, dataDir, adminKey: KEY })
  let server = await start(0)
  const { url } = server
  const client = new BighubClient({ baseUrl: url, apiKey: KEY, maxRetries: 0 })
  const guard = createGuard({
    evaluator: client,
    actor: 'support-agent',
    evaluation: { retries: 0 },
    outbox: { file: join(folder, `${name}-outbox.db`) },
    ...options,
  })
  return {
    client,
    guard,
    stop: () => server.close(),
    async restart(): Promise<void> {
      server = await start(Number(new URL(url).port))
    },
    async end(): Promise<void> {
      await guard.close()
      await client.close()
      await server.close()
    },
  }
}

describe('a guard whose server goes away', () => {
  it('while a tool runs, tells it what came of the call when it is back', async () => {
    const { client, guard, stop, restart, end } = await setUp('during')
    const result = await guard.run(call, async () => {
      await stop()
      return 'refunded'
    })
    expect(result).toMatchObject({ status: 'executed', value: 'refunded' })
    await guard.flush()
    expect(guard.coverage()).toMatchObject({ waitingReports: 1, undeliveredReports: 0 })
    await restart()
    await expect.poll(async () => (await guard.flush(), guard.coverage().waitingReports)).toBe(0)
    const { decisions } = await client.decisions.list()
    expect(decisions).toMatchObject([{ action: 'refund', outcome_status: 'SUCCESS', effect_state: 'succeeded' }])
    await end()
  })

  it('decides with its fallback, and the server learns of those calls later, marked', async () => {
    await using fallback = createEngine({ file: join(folder, 'fallback.db') })
    const { client, guard, stop, restart, end } = await setUp('fallback', { failMode: 'local', fallback })
    await stop()
    expect(await guard.run(call, () => 'refunded')).toMatchObject({ status: 'executed' })
    await expect(
      guard.run({ ...call, callId: 'call_2' }, () => Promise.reject(new Error('no such order'))),
    ).rejects.toThrow()
    await guard.flush()
    expect(await fallback.statistics()).toMatchObject({ decisions: 2, outcomes: 2 })
    await restart()
    await expect.poll(async () => (await guard.flush(), guard.coverage().waitingReports)).toBe(0)
    const { decisions } = await client.decisions.list()
    expect(decisions.map(({ action, value, outcome_status }) => [action, value, outcome_status])).toEqual([
      ['refund', 20, 'FAILURE'],
      ['refund', 20, 'SUCCESS'],
    ])
    const { lifecycles } = await client.ingest.lifecycles({ limit: 10 })
    expect(JSON.stringify(lifecycles)).toContain('guard')
    await end()
  })

  it('decides by the last snapshot of the server: its rules, switches and what it has learned', async () => {
    const fallbackFile = join(folder, 'followed.json')
    const { client, guard, stop, restart, end } = await setUp('following', {
      failMode: 'local',
      fallback: {
        evaluate: (request) => follower.evaluate(request),
        reportOutcome: (report) => follower.reportOutcome(report),
      },
    })
    await client.constraints.create({ name: 'cap', max_value: 100, action_on_match: 'block' })
    await guard.run({ ...call, callId: 'before' }, () => 'refunded')
    await guard.flush()
    const follower = followServer({ source: client, file: fallbackFile })
    expect(await follower.refresh()).toBe(true)
    await stop()
    expect(await guard.run({ ...call, callId: 'small' }, () => 'refunded')).toMatchObject({ status: 'executed' })
    const large = { ...call, arguments: { order: 'A-2', amount: 500 }, callId: 'large' }
    expect(await guard.run(large, () => 'refunded')).toMatchObject({ status: 'refused', refusal: { kind: 'blocked' } })
    expect(await follower.refresh()).toBe(false)
    expect(follower.problem).toMatch(/\S/)
    await follower.close()

    // The next process starts while the server is still away.
    const next = followServer({ source: client, file: fallbackFile })
    expect(next.followed).toEqual(follower.followed)
    expect(await next.evaluate({ action: 'refund', value: 500 })).toMatchObject({
      result: 'blocked',
      blocked_by: 'max_value',
    })
    await next.close()

    await restart()
    await expect.poll(async () => (await guard.flush(), guard.coverage().waitingReports)).toBe(0)
    const { decisions } = await client.decisions.list()
    expect(decisions.map(({ value, outcome_status }) => [value, outcome_status])).toEqual([
      [20, 'SUCCESS'],
      [20, 'SUCCESS'],
    ])
    await end()
  })

  it('says that a server of another version cannot be followed', async () => {
    const snapshot = { format: 1, seq: 1, hash: 'h', state: '' }
    const follower = followServer({ source: { operations: { snapshot: async () => snapshot } } as never, file: null })
    expect(await follower.refresh()).toBe(false)
    expect(follower).toMatchObject({
      followed: null,
      problem: expect.stringContaining('the same version on both sides'),
    })
    await follower.close()
  })

  it('and that has no snapshot yet, runs nothing', async () => {
    const { client, guard, stop, end } = await setUp('nothing-followed', {
      failMode: 'local',
      fallback: {
        evaluate: (request) => follower.evaluate(request),
        reportOutcome: (report) => follower.reportOutcome(report),
      },
    })
    await stop()
    const follower = followServer({ source: client, file: null })
    let runs = 0
    expect(await guard.run(call, () => runs++)).toMatchObject({ status: 'refused', refusal: { kind: 'not_evaluated' } })
    expect(runs).toBe(0)
    await follower.refresh()
    await expect(follower.evaluate({ action: 'refund' })).rejects.toThrow(
      `no snapshot of its server yet: ${follower.problem}`,
    )
    await follower.close()
    await end()
  })
})
