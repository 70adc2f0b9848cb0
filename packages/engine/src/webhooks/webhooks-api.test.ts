import { InvalidInputError, NotFoundError } from '@bighub/core/protocol'
import { describe, expect, it } from 'vitest'
import { openCore } from '../../test/support/organisation-core.ts'
import { openReceiver, status } from '../../test/support/receiver.ts'
import { enqueue, madeEvent, openSender } from '../../test/support/webhooks.ts'
import { signWebhook } from './webhook-signature.ts'
import { createWebhooksApi } from './webhooks-api.ts'

function openWebhooks(core = openCore()) {
  const { sender, disabled } = openSender(core)
  return { core, sender, disabled, webhooks: createWebhooksApi(core, sender) }
}

describe('webhooks', () => {
  it('show their secret once, and everything else as it was given', async () => {
    const { webhooks, core } = openWebhooks()
    const { secret, ...created } = await webhooks.create({
      url: 'https://hooks.example/a',
      events: ['rule.updated'],
      symbols: ['X'],
      intervals: [{ n: 1 }],
    })
    expect(secret).toMatch(/^whsec_[\w-]{43}$/)
    expect(created).toEqual({
      webhook_id: expect.stringMatching(/^wh_\w+$/),
      url: 'https://hooks.example/a',
      label: 'default',
      events: ['rule.updated'],
      symbols: ['X'],
      intervals: [{ n: 1 }],
      is_active: true,
      timeout_seconds: 15,
      max_retries: null,
      retry_delay_seconds: null,
      created_at: new Date(core.now()).toISOString(),
      updated_at: new Date(core.now()).toISOString(),
      last_delivery_at: null,
      failure_count: 0,
    })
    await expect(webhooks.get(created.webhook_id)).resolves.toEqual(created)
    await expect(webhooks.list()).resolves.toEqual([created])
  })

  it('change in what is given, and go', async () => {
    const { webhooks, core } = openWebhooks()
    const { webhook_id } = await webhooks.create({ url: 'https://hooks.example/a', max_retries: 3, symbols: ['X'] })
    core.clock.advance(1000)
    const updated = await webhooks.update(webhook_id, { label: 'second', max_retries: null, is_active: false })
    expect(updated).toMatchObject({ status: 'updated', label: 'second', max_retries: null, symbols: ['X'] })
    expect(updated.updated_at).toBe(new Date(core.now()).toISOString())
    const { status: _, ...info } = updated
    await expect(webhooks.get(webhook_id)).resolves.toEqual(info)
    await expect(webhooks.list()).resolves.toEqual([])
    await expect(webhooks.list({ include_inactive: true })).resolves.toHaveLength(1)
    await expect(webhooks.delete(webhook_id)).resolves.toEqual({ webhook_id, status: 'deleted' })
    await expect(webhooks.get(webhook_id)).rejects.toThrow(NotFoundError)
    await expect(webhooks.delete(webhook_id)).rejects.toThrow(NotFoundError)
  })

  it('of another organisation are not there', async () => {
    const { webhooks, core, sender } = openWebhooks()
    const other = createWebhooksApi(openCore({ file: core.file, organisation: 'other' }), sender)
    const { webhook_id } = await webhooks.create({ url: 'https://hooks.example/a' })
    await enqueue(core, madeEvent('evt_1'))
    const [delivery] = await webhooks.deliveries(webhook_id)
    await expect(other.list({ include_inactive: true })).resolves.toEqual([])
    for (const call of [
      other.get(webhook_id),
      other.update(webhook_id, {}),
      other.delete(webhook_id),
      other.deliveries(webhook_id),
      other.test(webhook_id),
      other.replayFailedDelivery(webhook_id, String(delivery?.delivery_id)),
    ])
      await expect(call).rejects.toThrow(NotFoundError)
  })

  it('take no credentials in their address, nor another protocol', async () => {
    const { webhooks } = openWebhooks()
    for (const url of ['https://ann:secret@hooks.example/', 'ftp://hooks.example/', 'hooks.example']) {
      await expect(webhooks.create({ url })).rejects.toMatchObject({ code: 'invalid_input', field: 'url' })
      const { webhook_id } = await webhooks.create({ url: 'https://hooks.example/' })
      await expect(webhooks.update(webhook_id, { url })).rejects.toMatchObject({ field: 'url' })
    }
  })

  it('are at most a hundred', async () => {
    const { webhooks } = openWebhooks()
    for (let count = 0; count < 100; count++) await webhooks.create({ url: 'https://hooks.example/' })
    await expect(webhooks.create({ url: 'https://hooks.example/' })).rejects.toThrow(/100 webhooks; delete one/)
  })

  it('can be tested, and say how it went', async () => {
    const { webhooks, sender, core } = openWebhooks()
    const receiver = await openReceiver()
    const { webhook_id, secret } = await webhooks.create({ url: receiver.url })
    const tested = await webhooks.test(webhook_id)
    expect(tested).toEqual({ status: 'delivered', delivery_id: expect.any(Number), error: null })
    const body = receiver.received[0]?.body ?? ''
    expect(JSON.parse(body)).toMatchObject({ event_type: 'signal.new', webhook_id, org_id: 'default' })
    const timestamp = Math.floor(core.now() / 1000)
    expect(receiver.received[0]?.headers['x-bighub-signature']).toBe(signWebhook(secret, timestamp, body))
    receiver.answer = status(500)
    await expect(webhooks.test(webhook_id, { event_type: 'approval.created' })).resolves.toMatchObject({
      status: 'failed',
      error: 'answered 500',
    })
    // A test is not repeated and does not count as a failure.
    await sender.deliverDue()
    expect(receiver.received).toHaveLength(2)
    await expect(webhooks.get(webhook_id)).resolves.toMatchObject({ failure_count: 0 })
    await expect(webhooks.test(webhook_id, { event_type: 'no.such' })).rejects.toThrow(InvalidInputError)
  })

  it('replay what failed, and only that', async () => {
    const { webhooks, sender, core } = openWebhooks()
    const receiver = await openReceiver(status(503))
    const { webhook_id } = await webhooks.create({ url: receiver.url, max_retries: 0 })
    await enqueue(core, madeEvent('evt_1'))
    await sender.deliverDue()
    const [failed] = await webhooks.deliveries(webhook_id)
    expect(failed).toMatchObject({ status: 'failed', attempts: 1, response_status: 503, error: 'answered 503' })
    const id = String(failed?.delivery_id)
    receiver.answer = status(204)
    const replayed = await webhooks.replayFailedDelivery(webhook_id, id)
    expect(replayed).toEqual({ replayed: true, delivery_id: failed?.delivery_id, status: 'pending' })
    await sender.deliverDue()
    const [delivered] = await webhooks.deliveries(webhook_id)
    expect(delivered).toMatchObject({ status: 'delivered', attempts: 1, response_status: 204, error: null })
    await expect(webhooks.replayFailedDelivery(webhook_id, id)).rejects.toThrow(/is delivered; only a failed delivery/)
    for (const unknown of ['0', '-1', '1.5', 'x', '999', '99999999999999999999'])
      await expect(webhooks.replayFailedDelivery(webhook_id, unknown)).rejects.toThrow(NotFoundError)
  })

  it('list what was sent, newest first', async () => {
    const { webhooks, core } = openWebhooks()
    const { webhook_id } = await webhooks.create({ url: 'https://hooks.example/' })
    await enqueue(core, madeEvent('evt_1'), madeEvent('evt_2'), madeEvent('evt_3'))
    const deliveries = await webhooks.deliveries(webhook_id, { limit: 2 })
    expect(deliveries.map(({ event_id }) => event_id)).toEqual(['evt_3', 'evt_2'])
    expect(deliveries[0]).toMatchObject({
      webhook_id,
      event_type: 'rule.updated',
      status: 'pending',
      attempts: 0,
      payload: { event_id: 'evt_3', org_id: 'default', data: { reason: 'größer' } },
      delivered_at: null,
      next_retry_at: new Date(core.now()).toISOString(),
    })
  })

  it('verify a signature over a text, or over data as it was sent', async () => {
    const { webhooks, core } = openWebhooks()
    const timestamp = Math.floor(core.now() / 1000)
    const sent = String.raw`{"b":"gr\u00f6\u00dfe","a":[1,2]}`
    const signature = signWebhook('whsec_1', timestamp, sent)
    const signed = { signature, secret: 'whsec_1', timestamp }
    await expect(webhooks.verifySignature({ ...signed, payload: sent })).resolves.toEqual({ valid: true })
    const payload = { b: 'größe', a: [1, 2] }
    await expect(webhooks.verifySignature({ ...signed, payload })).resolves.toEqual({ valid: true })
    await expect(webhooks.verifySignature({ ...signed, payload: `${sent} ` })).resolves.toEqual({ valid: false })
  })

  it('name the events that they can be told of', async () => {
    const { webhooks } = openWebhooks()
    await expect(webhooks.listEvents()).resolves.toMatchObject({
      events: expect.arrayContaining(['decision_event.created', 'webhook.disabled']),
    })
  })
})
