import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { openCore, type TestCore } from '../../test/support/organisation-core.ts'
import { openReceiver, type ReceivedWebhook, status } from '../../test/support/receiver.ts'
import { enqueue, madeEvent, openSender } from '../../test/support/webhooks.ts'
import { postWebhook } from './post-webhook.ts'
import type { Schedule } from './send-attempt.ts'
import type { WebhookSenderOptions } from './webhook-sender.ts'
import { createWebhooksApi } from './webhooks-api.ts'

const DAY_MS = 86_400_000

function open(options: Partial<WebhookSenderOptions> = {}, core: TestCore = openCore()) {
  const { sender, disabled } = openSender(core, options)
  return { core, sender, disabled, webhooks: createWebhooksApi(core, sender) }
}

function eventIds(received: readonly ReceivedWebhook[]): string[] {
  return received.map(({ body }) => (JSON.parse(body) as { event_id: string }).event_id)
}

describe('sending webhooks', () => {
  it('posts each event once, signed by the reference formula', async () => {
    const { core, sender, webhooks } = open()
    const receiver = await openReceiver()
    const { webhook_id, secret } = await webhooks.create({ url: receiver.url })
    await enqueue(core, madeEvent('evt_1'))
    await enqueue(core, madeEvent('evt_1'))
    await sender.deliverDue()
    await sender.deliverDue()
    expect(receiver.received).toHaveLength(1)
    const [{ body, headers, path } = { body: '', headers: {}, path: '' }] = receiver.received
    expect(path).toBe('/hook')
    expect(body).toBe(
      `{"event_id":"evt_1","event_type":"rule.updated","created_at":"2026-07-01T12:00:00.000Z","webhook_id":"${webhook_id}","org_id":"default","data":{"event_id":"evt_1","event_type":"rule.updated","severity":"info","reason":"gr\\u00f6\\u00dfer","created_at":"2026-07-01T12:00:00.000Z"}}`,
    )
    const timestamp = headers['x-bighub-timestamp']
    expect(timestamp).toBe(String(core.now() / 1000))
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-bighub-event': 'rule.updated',
      'x-bighub-delivery': '1',
      'x-bighub-signature': `v1=${createHmac('sha256', secret)
        .update(`${String(timestamp)}.${body}`)
        .digest('hex')}`,
      'user-agent': 'bighub-webhooks/1',
    })
    await expect(webhooks.deliveries(webhook_id)).resolves.toMatchObject([
      { status: 'delivered', attempts: 1, response_status: 200, delivered_at: new Date(core.now()).toISOString() },
    ])
    await expect(webhooks.get(webhook_id)).resolves.toMatchObject({
      last_delivery_at: new Date(core.now()).toISOString(),
    })
  })

  it('sends what a webhook asked for, in order, and nothing to one that is switched off', async () => {
    const { core, sender, webhooks } = open()
    const [some, all, off] = [await openReceiver(), await openReceiver(), await openReceiver()]
    await webhooks.create({ url: some.url, events: ['approval.created'] })
    await webhooks.create({ url: all.url })
    const { webhook_id } = await webhooks.create({ url: off.url })
    await webhooks.update(webhook_id, { is_active: false })
    const events = [1, 2, 3, 4, 5].map((n) => madeEvent(`evt_${n}`, n % 2 ? 'approval.created' : 'outcome.reported'))
    await enqueue(core, ...events)
    await sender.deliverDue()
    expect(eventIds(some.received)).toEqual(['evt_1', 'evt_3', 'evt_5'])
    expect(eventIds(all.received)).toEqual(['evt_1', 'evt_2', 'evt_3', 'evt_4', 'evt_5'])
    expect(off.received).toEqual([])
  })

  it('tries again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h, signed anew, and then gives up', async () => {
    const { core, sender, webhooks } = open()
    const receiver = await openReceiver(status(500))
    const { webhook_id } = await webhooks.create({ url: receiver.url })
    await enqueue(core, madeEvent('evt_1'))
    const start = core.now()
    await sender.deliverDue()
    for (const seconds of [5, 300, 1800, 7200, 18_000, 36_000, 36_000]) {
      const [{ next_retry_at } = { next_retry_at: null }] = await webhooks.deliveries(webhook_id)
      expect(next_retry_at).toBe(new Date(core.now() + seconds * 1000).toISOString())
      core.clock.advance(seconds * 1000 - 1)
      const before = receiver.received.length
      await sender.deliverDue()
      expect(receiver.received).toHaveLength(before)
      core.clock.advance(1)
      await sender.deliverDue()
      expect(receiver.received).toHaveLength(before + 1)
    }
    const stamps = receiver.received.map(({ headers }) => Number(headers['x-bighub-timestamp']) - start / 1000)
    expect(stamps).toEqual([0, 5, 305, 2105, 9305, 27_305, 63_305, 99_305])
    expect(new Set(receiver.received.map(({ headers }) => headers['x-bighub-signature'])).size).toBe(8)
    await expect(webhooks.deliveries(webhook_id)).resolves.toMatchObject([
      { status: 'failed', attempts: 8, response_status: 500, error: 'answered 500', next_retry_at: null },
    ])
    core.clock.advance(DAY_MS)
    await sender.deliverDue()
    expect(receiver.received).toHaveLength(8)
  })

  it("follows the webhook's own retries", async () => {
    const { core, sender, webhooks } = open()
    const receiver = await openReceiver(status(500))
    await webhooks.create({ url: receiver.url, max_retries: 2, retry_delay_seconds: 10 })
    await enqueue(core, madeEvent('evt_1'))
    await sender.deliverDue()
    for (const seconds of [10, 20, 30]) {
      core.clock.advance(seconds * 1000)
      await sender.deliverDue()
    }
    expect(receiver.received).toHaveLength(3)
  })

  it('counts failures until one succeeds', async () => {
    const { core, sender, webhooks } = open()
    const receiver = await openReceiver(status(500))
    const { webhook_id } = await webhooks.create({ url: receiver.url })
    await enqueue(core, madeEvent('evt_1'), madeEvent('evt_2'))
    await sender.deliverDue()
    await expect(webhooks.get(webhook_id)).resolves.toMatchObject({ failure_count: 2, last_delivery_at: null })
    receiver.answer = status(200)
    core.clock.advance(5000)
    await sender.deliverDue()
    await expect(webhooks.get(webhook_id)).resolves.toMatchObject({ failure_count: 0 })
  })

  it.each([
    [undefined, 15],
    [3, 3],
  ])('gives an attempt its time, with %s given %d s', async (timeout_seconds, seconds) => {
    const timers: { callback: () => void; milliseconds: number }[] = []
    const schedule: Schedule = (callback, milliseconds) => {
      timers.push({ callback, milliseconds })
      return () => undefined
    }
    const { core, sender, webhooks } = open({ schedule })
    // It never answers; when it has the request, the time is up.
    const receiver = await openReceiver(() => timers[0]?.callback())
    const { webhook_id } = await webhooks.create({ url: receiver.url, timeout_seconds })
    await enqueue(core, madeEvent('evt_1'))
    await sender.deliverDue()
    expect(timers.map(({ milliseconds }) => milliseconds)).toEqual([seconds * 1000])
    await expect(webhooks.deliveries(webhook_id)).resolves.toMatchObject([
      { status: 'pending', response_status: null, error: `no answer within ${seconds} s` },
    ])
  })

  it('says why nobody could be reached', async () => {
    const { core, sender, webhooks } = open()
    const reset = await openReceiver((response) => response.destroy())
    const { webhook_id } = await webhooks.create({ url: 'http://127.0.0.1:1/' })
    const other = await webhooks.create({ url: reset.url })
    await enqueue(core, madeEvent('evt_1'))
    await sender.deliverDue()
    const [refused] = await webhooks.deliveries(webhook_id)
    expect(refused?.error).toContain('ECONNREFUSED')
    const [broken] = await webhooks.deliveries(other.webhook_id)
    expect(broken?.error).toContain('socket hang up')
  })

  it('reads no more than a little of an answer, and takes its status', async () => {
    const { core, sender, webhooks } = open()
    let sent = 0
    let hasEnded = false
    const receiver = await openReceiver((response) => {
      response.writeHead(202)
      const chunk = Buffer.alloc(16_384)
      const pour = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length
      }
      response.on('drain', pour)
      response.on('close', () => {
        hasEnded = true
      })
      pour()
    })
    const { webhook_id } = await webhooks.create({ url: receiver.url })
    await enqueue(core, madeEvent('evt_1'))
    await sender.deliverDue()
    await expect(webhooks.deliveries(webhook_id)).resolves.toMatchObject([
      { status: 'delivered', response_status: 202 },
    ])
    await expect.poll(() => hasEnded).toBe(true)
    expect(sent).toBeLessThan(16 * 1024 * 1024)
  })

  it('is not held up by a webhook that does not answer', async () => {
    const { core, sender, webhooks } = open()
    let release = (): void => undefined
    const slow = await openReceiver((response) => {
      release = () => response.end()
    })
    const quick = await openReceiver()
    await webhooks.create({ url: slow.url })
    await webhooks.create({ url: quick.url })
    await enqueue(core, madeEvent('evt_1'), madeEvent('evt_2'), madeEvent('evt_3'))
    const delivering = sender.deliverDue()
    await expect.poll(() => quick.received.length).toBe(3)
    expect(slow.received).toHaveLength(1)
    slow.answer = status(200)
    release()
    await delivering
    expect(eventIds(slow.received)).toEqual(['evt_1', 'evt_2', 'evt_3'])
  })

  it('runs by itself once started, and stops when closed', async () => {
    const { core, sender, webhooks } = open()
    const receiver = await openReceiver()
    await webhooks.create({ url: receiver.url })
    sender.start()
    sender.start()
    await enqueue(core, madeEvent('evt_1'))
    await expect.poll(() => receiver.received.length).toBe(1)
    await sender.close()
    await sender.close()
    await enqueue(core, madeEvent('evt_2'))
    await sender.deliverDue()
    expect(receiver.received).toHaveLength(1)
  })

  it('finishes an attempt before it closes', async () => {
    const { core, sender, webhooks } = open()
    let release = (): void => undefined
    const receiver = await openReceiver((response) => {
      release = () => response.end()
    })
    const { webhook_id } = await webhooks.create({ url: receiver.url })
    await enqueue(core, madeEvent('evt_1'), madeEvent('evt_2'))
    const delivering = sender.deliverDue()
    await expect.poll(() => receiver.received.length).toBe(1)
    const closing = sender.close()
    release()
    await Promise.all([delivering, closing])
    const statuses = (await webhooks.deliveries(webhook_id)).map((delivery) => delivery.status)
    expect(statuses).toEqual(['pending', 'delivered'])
  })

  it('leaves an attempt that does not end to the next sender', async () => {
    const timers = new Map<number, () => void>()
    const schedule: Schedule = (callback, milliseconds) => {
      timers.set(milliseconds, callback)
      return () => undefined
    }
    const { core, sender, webhooks } = open({ schedule })
    const receiver = await openReceiver(() => undefined)
    const { webhook_id } = await webhooks.create({ url: receiver.url })
    await enqueue(core, madeEvent('evt_1'))
    const delivering = sender.deliverDue()
    await expect.poll(() => receiver.received.length).toBe(1)
    const closing = sender.close()
    await expect.poll(() => timers.has(5000)).toBe(true)
    timers.get(5000)?.()
    await Promise.all([delivering, closing])
    receiver.answer = status(200)
    const { sender: next } = openSender(core)
    await next.deliverDue()
    expect(receiver.received).toHaveLength(1)
    core.clock.advance(45_000)
    await next.deliverDue()
    expect(eventIds(receiver.received)).toEqual(['evt_1', 'evt_1'])
    await expect(webhooks.deliveries(webhook_id)).resolves.toMatchObject([{ status: 'delivered', attempts: 2 }])
  })

  it('keeps the delivery log for thirty days', async () => {
    const { core, sender, webhooks } = open()
    const receiver = await openReceiver()
    const { webhook_id } = await webhooks.create({ url: receiver.url })
    await enqueue(core, madeEvent('evt_old'))
    await sender.deliverDue()
    core.clock.advance(30 * DAY_MS + 1)
    await enqueue(core, madeEvent('evt_new'))
    sender.start()
    await expect
      .poll(async () => (await webhooks.deliveries(webhook_id)).map((each) => each.event_id))
      .toEqual(['evt_new'])
  })
})

describe('where webhooks are sent', () => {
  it('is never a redirect', async () => {
    const { core, sender, webhooks } = open()
    const inside = await openReceiver()
    const receiver = await openReceiver(status(307, { location: inside.url }))
    const { webhook_id } = await webhooks.create({ url: receiver.url })
    await enqueue(core, madeEvent('evt_1'))
    await sender.deliverDue()
    expect(inside.received).toEqual([])
    await expect(webhooks.deliveries(webhook_id)).resolves.toMatchObject([
      { status: 'pending', response_status: 307, error: 'answered 307; redirects are not followed' },
    ])
  })

  it('is not inside, be it by address or by name', async () => {
    const { core, sender, webhooks } = open({ allow: [], resolve: async () => [{ address: '127.0.0.1', family: 4 }] })
    const receiver = await openReceiver()
    const ids = []
    for (const url of [receiver.url, `http://hooks.example:${receiver.port}/`])
      ids.push((await webhooks.create({ url })).webhook_id)
    await enqueue(core, madeEvent('evt_1'))
    await sender.deliverDue()
    expect(receiver.received).toEqual([])
    for (const id of ids)
      await expect(webhooks.deliveries(id)).resolves.toMatchObject([
        { status: 'pending', error: expect.stringContaining('not on the public internet') },
      ])
  })

  it('is the address that was checked, whatever the name says a moment later', async () => {
    const answers = ['127.0.0.1', '10.0.0.1']
    const { core, sender, webhooks } = open({
      resolve: async () => [{ address: answers.shift() ?? '10.0.0.1', family: 4 }],
    })
    const receiver = await openReceiver()
    // No resolver but ours knows the name.
    const { webhook_id } = await webhooks.create({ url: `http://hooks.invalid:${receiver.port}/` })
    await enqueue(core, madeEvent('evt_1'), madeEvent('evt_2'))
    await sender.deliverDue()
    expect(eventIds(receiver.received)).toEqual(['evt_1'])
    expect(receiver.received[0]?.headers.host).toBe(`hooks.invalid:${receiver.port}`)
    const [second] = await webhooks.deliveries(webhook_id)
    expect(second?.error).toContain('not on the public internet')
  })

  it('is found by the system where nothing else is given', async () => {
    const { core, sender, webhooks } = open({ allow: ['127.0.0.0/8', '::1'] })
    const receiver = await openReceiver()
    await webhooks.create({ url: `http://localhost:${receiver.port}/` })
    await enqueue(core, madeEvent('evt_1'))
    await sender.deliverDue()
    expect(receiver.received).toHaveLength(1)
  })

  it('waits for no name longer than for an answer', async () => {
    const { core, sender, webhooks } = open({
      schedule: (callback) => {
        setImmediate(callback)
        return () => undefined
      },
      resolve: () => new Promise(() => undefined),
    })
    const { webhook_id } = await webhooks.create({ url: 'http://hooks.example/' })
    await enqueue(core, madeEvent('evt_1'))
    await sender.deliverDue()
    await expect(webhooks.deliveries(webhook_id)).resolves.toMatchObject([{ error: 'no answer within 15 s' }])
  })
})

describe('a webhook that fails for days', () => {
  it('is disabled after five days without a success, which is recorded, and can be switched on again', async () => {
    const { core, sender, disabled, webhooks } = open()
    const receiver = await openReceiver(status(500))
    const { webhook_id } = await webhooks.create({ url: receiver.url })
    const since = core.now()
    for (let day = 0; day < 5; day++) {
      await enqueue(core, madeEvent(`evt_${day}`))
      await sender.deliverDue()
      core.clock.advance(DAY_MS)
    }
    await expect(webhooks.get(webhook_id)).resolves.toMatchObject({ is_active: true })
    await enqueue(core, madeEvent('evt_last'))
    await sender.deliverDue()
    expect(disabled).toEqual([
      { organisation: core.storage.organisation, webhookId: webhook_id, url: receiver.url, since, at: core.now() },
    ])
    await expect(webhooks.get(webhook_id)).resolves.toMatchObject({ is_active: false })
    const statuses = new Set((await webhooks.deliveries(webhook_id)).map((delivery) => delivery.status))
    expect(statuses).toEqual(new Set(['failed']))
    const [last] = await webhooks.deliveries(webhook_id)

    receiver.answer = status(200)
    const before = receiver.received.length
    await webhooks.replayFailedDelivery(webhook_id, String(last?.delivery_id))
    await sender.deliverDue()
    expect(receiver.received).toHaveLength(before)
    await webhooks.update(webhook_id, { is_active: true })
    await sender.deliverDue()
    await expect(webhooks.get(webhook_id)).resolves.toMatchObject({ is_active: true, failure_count: 0 })
  })

  it('is not disabled if one delivery succeeded in between', async () => {
    const { core, sender, disabled, webhooks } = open()
    const receiver = await openReceiver(status(500))
    const { webhook_id } = await webhooks.create({ url: receiver.url })
    for (let day = 0; day < 12; day++) {
      receiver.answer = status(day === 4 || day === 8 ? 200 : 500)
      await enqueue(core, madeEvent(`evt_${day}`))
      await sender.deliverDue()
      core.clock.advance(DAY_MS)
    }
    expect(disabled).toEqual([])
    await expect(webhooks.get(webhook_id)).resolves.toMatchObject({ is_active: true })
  })
})

describe('two senders on one file', () => {
  it('never make the same attempt twice', async () => {
    const shares = [0, 0]
    const counted = (index: number): Partial<WebhookSenderOptions> => ({
      post: (post) => {
        shares[index] = (shares[index] ?? 0) + 1
        return postWebhook(post)
      },
    })
    const one = open(counted(0))
    const other = open(counted(1), openCore({ file: one.core.file, clock: one.core.clock }))
    const seen: string[] = []
    // Every delivery fails once, so that retries are shared as well.
    const receiver = await openReceiver((response, { headers }) => {
      const id = String(headers['x-bighub-delivery'])
      response.writeHead(seen.includes(id) ? 200 : 500).end()
      seen.push(id)
    })
    for (let count = 0; count < 4; count++) await one.webhooks.create({ url: receiver.url })
    await enqueue(one.core, ...Array.from({ length: 25 }, (_, n) => madeEvent(`evt_${n}`)))
    await Promise.all([one.sender.deliverDue(), other.sender.deliverDue()])
    one.core.clock.advance(5000)
    await Promise.all([one.sender.deliverDue(), other.sender.deliverDue()])
    expect(seen).toHaveLength(200)
    // Both had their part in it.
    expect(Math.min(...shares)).toBeGreaterThan(0)
    expect(shares[0]).toBeLessThan(200)
    const rows = await one.core.storage.database.selectFrom('webhook_deliveries').selectAll().execute()
    expect(new Set(rows.map(({ status, attempts }) => `${status} ${attempts}`))).toEqual(new Set(['delivered 2']))
  })
})
