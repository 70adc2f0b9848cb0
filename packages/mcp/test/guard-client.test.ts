import { Client, InMemoryTransport } from '@modelcontextprotocol/client'
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { describe, expect, it } from 'vitest'
import { guardClient } from '../src/index.ts'
import { createShopServer } from './__fixtures__/shop-2.ts'
import { createStage, type StageOptions, textOf } from './stage.ts'

const BLOCK = { recommendation: 'do_not_proceed', risk_score: 0.873 } as const

/** A shop in this process, and a client of either line, guarded. */
async function openClient(line: 1 | 2, options: StageOptions = {}) {
  const stage = createStage(options)
  const ran: string[] = []
  const [near, far] = InMemoryTransport.createLinkedPair()
  serveStdio(() => createShopServer((entry) => void ran.push(entry)), { transport: far })
  const client = line === 1 ? new OldClient(INFO) : new Client(INFO)
  await client.connect(near)
  return { ...stage, client, guarded: guardClient(stage.guard, client), ran }
}

const INFO = { name: 'test', version: '1' }

describe.each([1, 2] as const)('a guarded client of SDK %i', (line) => {
  it('runs, notes, refuses and reports like every adapter', async () => {
    const { guarded, ran, evaluator, settled } = await openClient(line, {
      answers: ({ value }) => (value === 9 ? BLOCK : value === 7 ? 'proceed_with_caution' : 'proceed'),
    })
    const refund = (amount: number) => guarded.callTool({ name: 'refund', arguments: { amount } })
    expect(textOf((await refund(5)) as never)).toBe('refunded 5')
    expect(textOf((await refund(7)) as never)).toMatch(/^refunded 7\nNote: .*caution/s)
    const refused = await refund(9)
    expect(refused.isError).toBe(true)
    expect(textOf(refused as never)).toContain('"refund" was not executed')
    expect((await guarded.callTool({ name: 'fail' })).isError).toBe(true)
    expect(ran).toEqual(['refund 5', 'refund 7', 'fail'])
    expect(new Set(evaluator.requests.map((each) => each.context?.trajectory_id)).size).toBe(1)
    expect((await settled()).outcomes).toEqual(['SUCCESS', 'SUCCESS', 'BLOCKED', 'FAILURE'])
  })

  it('waits for a person, and runs the call if the answer is yes', async () => {
    const answers = ['approved', 'denied'] as const
    let asked = 0
    const { guarded, ran } = await openClient(line, {
      answers: { refund: 'review_recommended' },
      guard: { approvals: { onRequest: () => ({ resolution: answers[asked++] ?? 'denied' }) } },
    })
    const refund = (amount: number) => guarded.callTool({ name: 'refund', arguments: { amount } })
    expect(textOf((await refund(5)) as never)).toBe('refunded 5')
    expect(textOf((await refund(6)) as never)).toContain('A person was asked and declined')
    expect([asked, ran]).toEqual([2, ['refund 5']])
  })

  it('knows the hints of the server, and names its tools', async () => {
    const { guarded, evaluator, guard } = await openClient(line)
    await guarded.callTool({ name: 'lookup' })
    expect(evaluator.requests[0]?.context?.call).toMatchObject({ mutating: false })
    expect(guard.coverage().guarded).toEqual(expect.arrayContaining(['refund', 'lookup']))
    expect((await guarded.listTools()).tools.map((tool) => tool.name)).toContain('refund')
  })

  it('is the client in everything else, and is guarded once', async () => {
    const { guarded, client, guard, evaluator } = await openClient(line)
    expect(guarded.getServerVersion()).toEqual(client.getServerVersion())
    expect(guardClient(guard, guarded)).toBe(guarded)
    await guarded.callTool({ name: 'lookup' })
    expect(evaluator.requests).toHaveLength(1)
    await guarded.close()
    expect(client.transport).toBeUndefined()
  })

  it('gives up before it asks the server when the call is cancelled', async () => {
    const abort = new AbortController()
    const { guarded, ran } = await openClient(line, {
      answers: async () => {
        abort.abort(new Error('enough'))
        return 'proceed' as const
      },
    })
    const call = { name: 'refund', arguments: { amount: 5 } }
    const options = { signal: abort.signal }
    const called = line === 1 ? guarded.callTool(call, undefined, options) : guarded.callTool(call, options as never)
    await expect(called).rejects.toThrow('enough')
    expect(ran).toEqual([])
  })
})
