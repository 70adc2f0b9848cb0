import { describe, expect, it } from 'vitest'
import { serveHttpProxy } from '../src/proxy/index.ts'
import {
  commandOf,
  connect,
  createStage,
  httpTransport,
  openStage,
  PAIRS,
  type Pair,
  type StageOptions,
  textOf,
} from './stage.ts'

const BLOCK = { recommendation: 'do_not_proceed', risk_score: 0.873, reason: 'rule "max-refund": 12.5 > 10' } as const
const HOLD = 'review_recommended'
const [, , , OLD, NEW] = PAIRS

describe.each(PAIRS)(
  'a proxy before a server of SDK $server, for a client of SDK $client, protocol of $generation',
  (pair) => {
    it('judges calls of tools, and lets everything else through', async () => {
      const { client, evaluator, ran, settled, guard } = await openStage(pair, { answers: { refund: { ...BLOCK } } })
      expect((await client.listTools()).tools.map((tool) => tool.name)).toContain('refund')
      expect(await client.readResource({ uri: 'shop://stock' })).toMatchObject({ contents: [{ text: '7 left' }] })
      expect(textOf(await client.callTool({ name: 'lookup' }))).toBe('A-1')
      const refused = await client.callTool({ name: 'refund', arguments: { amount: 12.5 } })
      expect(refused.isError).toBe(true)
      expect(textOf(refused)).toContain('"refund" was not executed')
      expect(textOf(refused)).not.toMatch(/0\.87|max-refund|\.ts/)
      const failed = await client.callTool({ name: 'fail' })
      expect([failed.isError, textOf(failed)]).toEqual([true, 'the shop is closed'])
      expect(ran()).toEqual(['fail'])
      expect(evaluator.requests.map(({ action, value }) => [action, value])).toEqual([
        ['lookup', undefined],
        ['refund', 12.5],
        ['fail', undefined],
      ])
      expect(evaluator.requests[0]?.context?.call).toMatchObject({
        mutating: false,
        annotations: { readOnlyHint: true },
      })
      expect(await settled()).toEqual({ outcomes: ['SUCCESS', 'BLOCKED', 'FAILURE'], effects: ['succeeded', 'failed'] })
      expect(guard.coverage().guarded).toContain('refund')
    })
  },
)

describe('a proxy', () => {
  const open = (pair: Pair, options: StageOptions = {}) => openStage(pair, { isInProcess: true, ...options })

  it('adds the note of a call that ran with caution', async () => {
    const { client, ran } = await open(NEW, { answers: { refund: 'proceed_with_caution' } })
    const { content } = await client.callTool({ name: 'refund', arguments: { amount: 5 } })
    expect(content.map(({ text }) => text)).toEqual(['refunded 5', expect.stringMatching(/caution/)])
    expect(ran()).toEqual(['refund 5'])
  })

  it('runs a held call when its person says yes while the client waits', async () => {
    const { client, evaluator, guard, ran } = await open(OLD, { answers: { refund: HOLD } })
    guard.on(
      'approval-request',
      ({ approval }) => void evaluator.resolveApproval(approval.request_id, { resolution: 'approved' }),
    )
    expect(textOf(await client.callTool({ name: 'refund', arguments: { amount: 5 } }))).toBe('refunded 5')
    expect(ran()).toEqual(['refund 5'])
  })

  it('asks the client to come again when the person needs longer, and asks nobody twice', async () => {
    const { client, evaluator, ran, settled } = await open(NEW, { answers: { refund: HOLD }, pipe: { holdMs: 0 } })
    const propose = () => client.callTool({ name: 'refund', arguments: { amount: 5 } })
    const first = await propose()
    expect(first.isError).toBe(true)
    expect(textOf(first)).toContain('A person has to approve this call and has not answered so far (act_1)')
    expect(textOf(await propose())).toContain('act_1')
    await evaluator.resolveApproval('act_1', { resolution: 'approved' })
    expect(textOf(await propose())).toBe('refunded 5')
    expect(evaluator.requests).toHaveLength(1)
    // The approval is used up: the same again is a new call.
    expect(textOf(await propose())).toContain('act_2')
    await evaluator.resolveApproval('act_2', { resolution: 'denied' })
    expect(textOf(await propose())).toContain('A person was asked and declined')
    expect(ran()).toEqual(['refund 5'])
    expect(await settled()).toEqual({ outcomes: ['SUCCESS', 'BLOCKED'], effects: ['succeeded'] })
  })

  it('takes a question of the server for a pause, and the call for one', async () => {
    const { client, evaluator, ran, settled } = await open(NEW)
    expect(textOf(await client.callTool({ name: 'close_account' }))).toBe('closed')
    expect(ran()).toEqual(['close_account'])
    expect(evaluator.requests).toHaveLength(1)
    expect(await settled()).toEqual({ outcomes: ['SUCCESS'], effects: ['succeeded'] })
  })

  it('never begins a call that was cancelled during its evaluation', async () => {
    const gate = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const { client, ran, settled } = await open(OLD, {
      answers: async () => {
        asked.resolve()
        await gate.promise
        return 'proceed' as const
      },
    })
    const abort = new AbortController()
    const call = client.callTool({ name: 'refund', arguments: { amount: 5 } }, { signal: abort.signal })
    const rejected = call.catch((error: unknown) => error)
    await asked.promise
    abort.abort()
    expect(await rejected).toBeInstanceOf(Error)
    // A round trip behind the cancellation.
    await client.listTools()
    gate.resolve()
    await client.readResource({ uri: 'shop://stock' })
    expect(ran()).toEqual([])
    expect((await settled()).effects).not.toContain('succeeded')
  })

  it('reports a call that was cancelled while it ran as unknown', async () => {
    const { client, guard, ran, settled } = await open(OLD)
    const abort = new AbortController()
    const started = Promise.withResolvers<void>()
    guard.on('execution-start', () => started.resolve())
    const ended = new Promise((resolve) => guard.on('execution-end', ({ status }) => resolve(status)))
    const call = client.callTool({ name: 'wait' }, { signal: abort.signal })
    const rejected = call.catch((error: unknown) => error)
    await started.promise
    abort.abort()
    expect(await rejected).toBeInstanceOf(Error)
    expect(await ended).toBe('aborted')
    // Once it answers again it has seen the call before.
    await client.readResource({ uri: 'shop://stock' })
    expect(ran()).toEqual(['wait'])
    expect(await settled()).toEqual({ outcomes: [], effects: ['aborted'] })
  })

  it.each([
    ['closed', []],
    ['open', ['refund 5']],
  ] as const)('follows fail mode %s when nobody can judge', async (failMode, expected) => {
    const { client, ran } = await open(NEW, {
      answers: () => Promise.reject(new Error('away')),
      guard: { failMode },
    })
    const result = await client.callTool({ name: 'refund', arguments: { amount: 5 } })
    expect(result.isError === true).toBe(failMode === 'closed')
    expect(ran()).toEqual(expected)
  })

  it('hands the server its own words for what is wrong with a call', async () => {
    const { client, settled } = await open(NEW)
    await expect(client.callTool({ name: 'no_such_tool' })).rejects.toThrow('no_such_tool')
    const wrong = await client.callTool({ name: 'refund', arguments: { amount: 'much' } })
    expect(wrong.isError).toBe(true)
    expect(await settled()).toEqual({ outcomes: ['FAILURE', 'FAILURE'], effects: ['failed', 'failed'] })
  })

  it('ends both ends when the server ends', async () => {
    const { client, pipe } = await open(OLD)
    await client.listTools()
    await client.close()
    await expect(pipe.closed).resolves.toBeUndefined()
  })
})

describe('a proxy over HTTP', () => {
  it('gives each client a server of its own, and can itself be proxied', async () => {
    const stage = createStage({ answers: { refund: BLOCK } })
    const inner = await serveHttpProxy({ guard: stage.guard, upstream: { command: commandOf(2, stage.file) }, port: 0 })
    const outer = await serveHttpProxy({ guard: stage.guard, upstream: { url: inner.url }, port: 0 })
    try {
      for (const [url, line] of [
        [inner.url, 1],
        [outer.url, 2],
      ] as const) {
        const client = await connect({ client: line, generation: 2025 }, httpTransport(url))
        expect(textOf(await client.callTool({ name: 'lookup' }))).toBe('A-1')
        expect(textOf(await client.callTool({ name: 'refund', arguments: { amount: 5 } }))).toContain('not executed')
        await client.close()
      }
      expect(stage.ran()).toEqual([])
      expect(await stage.settled()).toMatchObject({ outcomes: ['SUCCESS', 'BLOCKED', 'SUCCESS', 'SUCCESS', 'BLOCKED'] })
      const foreign = await fetch(inner.url, { method: 'POST', headers: { origin: 'https://evil.example' } })
      expect(foreign.status).toBe(403)
    } finally {
      await outer.close()
      await inner.close()
    }
  })
})
