import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Projector } from '../src/projections/projector.ts'
import { chainRecord, type UnchainedRecord } from '../src/storage/chain.ts'
import { enqueueDeliveries } from '../src/webhooks/enqueue-deliveries.ts'
import { recordDisabledApart } from '../src/webhooks/webhook-disabled.ts'
import { createWebhooksApi } from '../src/webhooks/webhooks-api.ts'
import { openCore, type TestCore } from './support/organisation-core.ts'
import { openReceiver, status } from './support/receiver.ts'
import { openEngine, TestClock } from './support/temporary.ts'
import { enqueue, madeEvent, openSender } from './support/webhooks.ts'

/** Sends in a process of its own. */
function spawnSender(file: string) {
  const script = fileURLToPath(new URL('support/send-webhooks.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=bighub-source', script, file], { stdio: 'inherit' })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

function append(core: TestCore, ...records: readonly UnchainedRecord[]): void {
  const head = core.storage.head()
  core.storage.transact({ afterSeq: head.seq, reads: [], sync: false }, () => {
    let at = head
    const chained = records.map((record) => {
      const placed = chainRecord(core.organisation, at, record)
      at = placed
      return placed
    })
    return { records: chained, approvals: [] }
  })
}

function switchRecord(id: string, reason: string): UnchainedRecord {
  const killSwitch = { id, reason, domain: null }
  return { type: 'kill_switch_changed', at: 1, subject: id, kept: { switch: killSwitch }, payload: {} }
}

function openProjector(core: TestCore): Projector {
  return new Projector({ storage: core.storage, onEvents: (events) => enqueueDeliveries(core, events) })
}

describe('webhooks and the log', () => {
  it('sends what happened since the webhook was made, once in any number of processes', async () => {
    const core = openCore()
    const neighbour = openCore({ file: core.file })
    const { sender } = openSender(core)
    const receiver = await openReceiver()
    append(core, switchRecord('ksw_before', 'before'))
    await openProjector(core).catchUp()
    await createWebhooksApi(neighbour, sender).create({ url: receiver.url })
    append(core, switchRecord('ksw_1', 'one'), switchRecord('ksw_2', 'two'))
    await Promise.all([openProjector(core).catchUp(), openProjector(neighbour).catchUp()])
    await sender.deliverDue()
    const bodies = receiver.received.map(({ body }) => JSON.parse(body) as { data: object })
    expect(bodies.map(({ data }) => data)).toMatchObject([
      { switch_id: 'ksw_1', reason: 'one' },
      { switch_id: 'ksw_2', reason: 'two' },
    ])
  })

  it('writes deliveries with the events or not at all', async () => {
    const core = openCore()
    const webhooks = createWebhooksApi(core, openSender(core).sender)
    const { webhook_id } = await webhooks.create({ url: 'https://hooks.example/' })
    append(core, switchRecord('ksw_1', 'one'))
    const broken = new Projector({
      storage: core.storage,
      onEvents: async (events) => {
        const [statement] = await enqueueDeliveries(core, events)
        if (!statement) throw new Error('no delivery')
        return [statement, { ...statement, sql: 'INSERT INTO nowhere VALUES (1)', parameters: [] }]
      },
    })
    await expect(broken.catchUp()).rejects.toThrow(/nowhere/)
    await expect(webhooks.deliveries(webhook_id)).resolves.toEqual([])
    await openProjector(core).catchUp()
    await expect(webhooks.deliveries(webhook_id)).resolves.toHaveLength(1)
  })

  it('tells other webhooks of one that was disabled, once', async () => {
    const core = openCore()
    const { sender } = openSender(core)
    const receiver = await openReceiver()
    await createWebhooksApi(core, sender).create({ url: receiver.url, events: ['webhook.disabled'] })
    append(core, switchRecord('ksw_1', 'one'))
    const apart = openCore({ file: core.file })
    const fact = { organisation: 1, webhookId: 'wh_1', url: 'https://gone.example/', since: core.now(), at: core.now() }
    await recordDisabledApart(apart.storage, 'default', fact)
    await recordDisabledApart(apart.storage, 'default', fact)
    await openProjector(core).catchUp()
    await sender.deliverDue()
    expect(receiver.received.map(({ body }) => JSON.parse(body) as object)).toMatchObject([
      {
        event_type: 'webhook.disabled',
        data: { webhook_id: 'wh_1', severity: 'warning', reason: expect.stringContaining('https://gone.example/') },
      },
    ])
  })

  it('drops deliveries whose words were erased', async () => {
    const core = openCore()
    const webhooks = createWebhooksApi(core, openSender(core).sender)
    const { webhook_id } = await webhooks.create({ url: 'https://hooks.example/' })
    append(core, switchRecord('ksw_1', 'private'), switchRecord('ksw_2', 'public'))
    await openProjector(core).catchUp()
    append(core, { type: 'payloads_erased', at: 2, subject: 'erase_1', kept: { seqs: [1] }, payload: {} })
    core.storage.erasePayloads([1])
    await openProjector(core).catchUp()
    const left = (await webhooks.deliveries(webhook_id)).map(({ payload }) => payload['data'])
    expect(left).toMatchObject([{ switch_id: 'ksw_2' }])
  })
})

describe('an engine', () => {
  it('tells webhooks of a decision, an approval and its answer, in their order', async () => {
    const engine = openEngine({ webhooks: { allow: ['127.0.0.1'] } })
    const receiver = await openReceiver()
    const { secret } = await engine.webhooks.create({ url: receiver.url })
    await engine.constraints.create({ name: 'ask', require_approval_above: 10 })
    const { request_id } = await engine.evaluate({ action: 'refund', value: 20 })
    await engine.resolveApproval(request_id, { resolution: 'approved' })
    await expect.poll(() => receiver.received.length, { timeout: 5000 }).toBe(5)
    const bodies = receiver.received.map(({ body }) => JSON.parse(body) as { event_type: string; data: object })
    expect(bodies.map(({ event_type }) => event_type)).toEqual([
      'rule.created',
      'action_requires_approval',
      'decision_event.created',
      'approval.created',
      'approval.approved',
    ])
    expect(bodies[4]?.data).toMatchObject({ request_id, status: 'approved' })
    for (const { body, headers } of receiver.received) {
      const payload = JSON.parse(body) as Record<string, unknown>
      const timestamp = Number(headers['x-bighub-timestamp'])
      const signature = String(headers['x-bighub-signature'])
      // A receiver may check the text, or write the parsed data again.
      for (const received of [body, payload])
        await expect(
          engine.webhooks.verifySignature({ payload: received, signature, secret, timestamp }),
        ).resolves.toEqual({ valid: true })
    }
  })

  it('sends nothing for another organisation on its file', async () => {
    const core = openCore({ organisation: 'other' })
    const engine = openEngine({ file: core.file, webhooks: { allow: ['127.0.0.1'] } })
    const receiver = await openReceiver()
    await createWebhooksApi(core, openSender(core).sender).create({ url: receiver.url })
    await engine.webhooks.create({ url: receiver.url })
    await enqueue(core, madeEvent('evt_other'))
    await engine.evaluate({ action: 'refund' })
    await expect.poll(() => receiver.received.length, { timeout: 5000 }).toBe(2)
    const organisations = receiver.received.map(({ body }) => (JSON.parse(body) as { org_id: string }).org_id)
    expect(organisations).toEqual(['default', 'default'])
  })

  it('says which of its options for webhooks cannot work', () => {
    expect(() => openEngine({ webhooks: { allow: ['127.0.0.1', 'office'] } })).toThrow(/webhooks.allow: "office"/)
  })
})

describe('a process that is killed in the middle of a delivery', () => {
  it('loses nothing: the next one delivers when the lease is over', async () => {
    const core = openCore({ clock: new TestClock(new Date().toISOString()) })
    const { sender } = openSender(core)
    const webhooks = createWebhooksApi(core, sender)
    const receiver = await openReceiver(() => child.kill('SIGKILL'))
    const { webhook_id } = await webhooks.create({ url: receiver.url })
    await enqueue(core, madeEvent('evt_1'), madeEvent('evt_2'))
    const child = spawnSender(core.file)
    await once(child, 'exit')
    expect(receiver.received).toHaveLength(1)
    receiver.answer = status(200)
    core.clock.advance(60_000)
    await sender.deliverDue()
    const sent = receiver.received.map(({ headers }) => headers['x-bighub-delivery'])
    expect(sent).toEqual(['1', '1', '2'])
    const deliveries = await webhooks.deliveries(webhook_id)
    expect(deliveries.map(({ status, attempts }) => [status, attempts])).toEqual([
      ['delivered', 1],
      ['delivered', 2],
    ])
  })

  it('never sends what another process sends at the same time', async () => {
    const core = openCore({ clock: new TestClock(new Date().toISOString()) })
    const webhooks = createWebhooksApi(core, openSender(core).sender)
    const receiver = await openReceiver()
    for (let count = 0; count < 3; count++) await webhooks.create({ url: receiver.url })
    await enqueue(core, ...Array.from({ length: 50 }, (_, n) => madeEvent(`evt_${n}`)))
    spawnSender(core.file)
    spawnSender(core.file)
    await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(150)
    const { count } = await core.storage.database
      .selectFrom('webhook_deliveries')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('attempts', '<>', 1)
      .executeTakeFirstOrThrow()
    expect(count).toBe(0)
    expect(new Set(receiver.received.map(({ headers }) => headers['x-bighub-delivery'])).size).toBe(150)
    expect(receiver.received).toHaveLength(150)
  })
})
