import {
  type DecisionApi,
  EVENT_TYPES,
  InvalidInputError,
  NotFoundError,
  type UpdateWebhookRequest,
} from '@bighub/core/protocol'
import { newSecret } from '../accounts/secret.ts'
import type { OrganisationCore, OrganisationTables } from '../organisation-core.ts'
import { createResource } from '../resource.ts'
import type { WebhookRow } from '../storage/tables.ts'
import { newDelivery } from './enqueue-deliveries.ts'
import { webhookBody } from './webhook-body.ts'
import { findWebhook, type StoredDelivery, webhookDelivery, webhookInfo } from './webhook-row.ts'
import type { WebhookSender } from './webhook-sender.ts'
import { isSignatureValid } from './webhook-signature.ts'

/** Each event is written once for each webhook: this bounds what one event may cost. */
const MOST_WEBHOOKS = 100
/** Deliveries that are listed unless a number is asked for. */
const DEFAULT_PAGE = 50
/** Event that a test is about unless another is named (protocol §7.12). */
const TEST_EVENT = 'signal.new'

/**
 * Addresses that an organisation's events are sent to, and what was sent.
 *
 * A webhook's secret is stored as it is: it has to sign, so a digest would not do. It is shown once, and whoever can read the store
 * can read it.
 *
 * @param sender - Sends test deliveries; everything else is sent by whichever sender runs on the store.
 */
export function createWebhooksApi(
  core: OrganisationCore,
  sender: Pick<WebhookSender, 'sendOnce' | 'leaseUntil'>,
): DecisionApi['webhooks'] {
  const { storage } = core
  return createResource('webhooks', {
    create: async (body) => {
      assertUrl(body.url)
      await assertRoom(storage)
      const now = core.now()
      const row: WebhookRow = {
        organisation: storage.organisation,
        webhook_id: `wh_${core.newId(now)}`,
        url: body.url,
        label: body.label ?? 'default',
        events: JSON.stringify(body.events ?? []),
        is_active: 1,
        secret: newSecret('whsec_'),
        timeout_seconds: body.timeout_seconds ?? null,
        max_retries: body.max_retries ?? null,
        retry_delay_seconds: body.retry_delay_seconds ?? null,
        created_at: now,
        updated_at: now,
        last_delivery_at: null,
        failure_count: 0,
        failing_since: null,
        extra: JSON.stringify({ symbols: body.symbols ?? [], intervals: body.intervals ?? [] }),
      }
      await storage.database.insertInto('webhooks').values(row).execute()
      return { ...webhookInfo(row), secret: row.secret }
    },
    list: async ({ include_inactive }) => {
      const rows = await storage.database
        .selectFrom('webhooks')
        .selectAll()
        .where('organisation', '=', storage.organisation)
        .$if(include_inactive !== true, (query) => query.where('is_active', '=', 1))
        .orderBy('created_at')
        .orderBy('webhook_id')
        .execute()
      return rows.map(webhookInfo)
    },
    get: async (webhookId) => webhookInfo(await findWebhook(storage, webhookId)),
    update: async (webhookId, body) => {
      if (body.url !== undefined) assertUrl(body.url)
      const row = await findWebhook(storage, webhookId)
      const changes = changesOf(row, body, core.now())
      await updating(storage, webhookId).set(changes).execute()
      return { ...webhookInfo({ ...row, ...changes }), status: 'updated' }
    },
    delete: async (webhookId) => {
      const { database, organisation } = storage
      const deletions = (['webhooks', 'webhook_deliveries'] as const).map((table) =>
        database
          .deleteFrom(table)
          .where('organisation', '=', organisation)
          .where('webhook_id', '=', webhookId)
          .compile(),
      )
      if (!(await storage.batch(deletions))) throw new NotFoundError('webhook', webhookId)
      return { webhook_id: webhookId, status: 'deleted' }
    },
    deliveries: async (webhookId, { limit }) => {
      await findWebhook(storage, webhookId)
      const rows = await storage.database
        .selectFrom('webhook_deliveries')
        .selectAll()
        .where('organisation', '=', storage.organisation)
        .where('webhook_id', '=', webhookId)
        .orderBy('delivery_id', 'desc')
        .limit(limit ?? DEFAULT_PAGE)
        .execute()
      return rows.map(webhookDelivery)
    },
    test: async (webhookId, { event_type = TEST_EVENT }) => {
      const type = EVENT_TYPES.find((each) => each === event_type)
      if (!type) throw new InvalidInputError('event_type', `is none of ${EVENT_TYPES.join(', ')}`)
      const webhook = await findWebhook(storage, webhookId)
      const delivery = await insertTest(core, webhook, type, sender.leaseUntil(webhook))
      const { error } = await sender.sendOnce(webhook, delivery)
      return { status: error === null ? 'delivered' : 'failed', delivery_id: delivery.delivery_id, error }
    },
    listEvents: async () => ({ events: [...EVENT_TYPES] }),
    verifySignature: async ({ payload, signature, secret, timestamp }) => {
      const body = typeof payload === 'string' ? payload : webhookBody(payload)
      return { valid: isSignatureValid({ body, signature, secret, timestamp }, core.now()) }
    },
    replayFailedDelivery: async (webhookId, deliveryId) => {
      await findWebhook(storage, webhookId)
      const number = await replay(core, webhookId, deliveryId)
      return { replayed: true, delivery_id: number, status: 'pending' }
    },
  })
}

function assertUrl(text: string): void {
  const { username, password } = new URL(text)
  if (username !== '' || password !== '')
    throw new InvalidInputError('url', 'must not hold credentials; receivers check the signature instead')
}

async function assertRoom({ database, organisation }: OrganisationTables): Promise<void> {
  const { count } = await database
    .selectFrom('webhooks')
    .select((eb) => eb.fn.countAll<number | string>().as('count'))
    .where('organisation', '=', organisation)
    .executeTakeFirstOrThrow()
  if (Number(count) >= MOST_WEBHOOKS)
    throw new InvalidInputError('', `the organisation has ${MOST_WEBHOOKS} webhooks; delete one before making another`)
}

/** What an update changes. One that was switched on again, or got another address, starts without its failures. */
function changesOf(row: WebhookRow, body: UpdateWebhookRequest, now: number): Partial<WebhookRow> {
  const { url, label, events, symbols, intervals, timeout_seconds, max_retries, retry_delay_seconds, is_active } = body
  const before = webhookInfo(row)
  const isFresh = (is_active === true && row.is_active === 0) || (url !== undefined && url !== row.url)
  return {
    updated_at: now,
    ...(url === undefined ? {} : { url }),
    ...(label === undefined ? {} : { label }),
    ...(events === undefined ? {} : { events: JSON.stringify(events) }),
    extra: JSON.stringify({ symbols: symbols ?? before.symbols, intervals: intervals ?? before.intervals }),
    ...(timeout_seconds === undefined ? {} : { timeout_seconds }),
    ...(max_retries === undefined ? {} : { max_retries }),
    ...(retry_delay_seconds === undefined ? {} : { retry_delay_seconds }),
    ...(is_active === undefined ? {} : { is_active: is_active ? 1 : 0 }),
    ...(isFresh ? { failure_count: 0, failing_since: null } : {}),
  }
}

function updating({ database, organisation }: OrganisationTables, webhookId: string) {
  return database.updateTable('webhooks').where('organisation', '=', organisation).where('webhook_id', '=', webhookId)
}

/** A delivery that no sender picks up: it is leased, and never due. */
function insertTest(
  core: OrganisationCore,
  webhook: WebhookRow,
  type: string,
  leaseUntil: number,
): Promise<StoredDelivery> {
  const now = core.now()
  const created_at = new Date(now).toISOString()
  const event_id = `evt_test_${core.newId(now)}`
  const event = { event_id, event_type: type, created_at }
  const data = { ...event, severity: 'info', reason: 'a test delivery; nothing happened' }
  const payload = { ...event, webhook_id: webhook.webhook_id, org_id: core.organisation, data }
  const row = newDelivery(webhook.organisation, now, payload)
  return core.storage.database
    .insertInto('webhook_deliveries')
    .values({ ...row, attempts: 1, next_retry_at: null, lease_until: leaseUntil })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Makes a failed delivery due again, from the first attempt on; a webhook that is switched off gets it when it is on again. */
async function replay(core: OrganisationCore, webhookId: string, id: string) {
  // 15 digits are exact; no store has given out more.
  const number = /^[1-9]\d{0,14}$/.test(id) ? Number(id) : 0
  const { database, organisation } = core.storage
  const { numUpdatedRows } = await database
    .updateTable('webhook_deliveries')
    .set({ status: 'pending', attempts: 0, error: null, response_status: null, next_retry_at: core.now() })
    .where('organisation', '=', organisation)
    .where('webhook_id', '=', webhookId)
    .where('delivery_id', '=', number)
    .where('status', '=', 'failed')
    .executeTakeFirstOrThrow()
  if (numUpdatedRows > 0n) return number
  const other = await database
    .selectFrom('webhook_deliveries')
    .select('status')
    .where('organisation', '=', organisation)
    .where('webhook_id', '=', webhookId)
    .where('delivery_id', '=', number)
    .executeTakeFirst()
  if (!other) throw new NotFoundError('delivery', id)
  throw new InvalidInputError('delivery_id', `${id} is ${other.status}; only a failed delivery can be replayed`)
}
