import { NetworkList } from '../network-list.ts'
import type { OrganisationTables } from '../organisation-core.ts'
import type { WebhookRow } from '../storage/tables.ts'
import { type PostWebhook, postWebhook } from './post-webhook.ts'
import { type ResolveName, resolveName } from './receiver-address.ts'
import { retryDelayMs } from './retry-schedule.ts'
import { type AttemptResult, type Schedule, type SendingTools, sendAttempt } from './send-attempt.ts'
import type { DisabledWebhook } from './webhook-disabled.ts'
import { DEFAULT_TIMEOUT_SECONDS, type StoredDelivery } from './webhook-row.ts'

export interface WebhookSenderOptions {
  /** A handle on the store. */
  readonly storage: OrganisationTables
  /** Whose deliveries are sent, by number. @defaultValue those of all organisations of the store */
  readonly organisation?: number
  /** Puts the end of a webhook into its organisation's log. May be called twice for the same one. */
  readonly recordDisabled: (webhook: DisabledWebhook) => Promise<void>
  /** Addresses and networks that may be reached though they are not public, such as `127.0.0.1`. @defaultValue none */
  readonly allow?: readonly string[]
  /** Hears of what kept deliveries from being looked up or noted; they are tried again. @defaultValue nobody does */
  readonly onError?: (error: unknown) => void
  readonly now?: () => number
  readonly schedule?: Schedule
  readonly post?: PostWebhook
  readonly resolve?: ResolveName
}

/** How often the store is looked at for what is due. */
const POLL_MS = 250
/** A lease lasts this long beyond the attempt's own time: whoever held it is gone then. */
const LEASE_MARGIN_MS = 30_000
/** Webhooks that are sent to at the same time, in all and of one organisation. */
const MOST_LANES = 32
const MOST_LANES_OF_ONE = 8
/** Deliveries of one webhook in a row before others get its lane. */
const MOST_IN_A_ROW = 100
/** A webhook for which every delivery failed for this long is not sent to any more. */
const PATIENCE_MS = 5 * 86_400_000
/** The delivery log goes back this far. */
const KEPT_MS = 30 * 86_400_000
const PURGE_EVERY_MS = 60_000
const PURGED_AT_ONCE = 1000
/** Attempts under way get this long when the sender closes; others may take them up later. */
const CLOSING_MS = 5000

/**
 * Sends what webhooks are due, at least once each.
 *
 * A delivery is leased for one attempt by one statement, so that any number of senders share a store; a process that dies leaves
 * a lease that ends. One webhook gets its deliveries one at a time, in the order of the events as far as one process sends and none
 * has to be repeated. A webhook that is slow or gone holds up no other.
 */
export class WebhookSender {
  readonly #storage: OrganisationTables
  readonly #recordDisabled: (webhook: DisabledWebhook) => Promise<void>
  readonly #onError: (error: unknown) => void
  readonly #tools: SendingTools
  readonly #organisation: number | null
  /** Webhooks that are sent to right now, by organisation and id. */
  readonly #lanes = new Map<string, { readonly organisation: number; readonly attempts: Promise<number> }>()
  readonly #giveUp = new AbortController()
  #cancelPoll: (() => void) | undefined
  #polling: Promise<void> | undefined
  #purgeAt = 0
  #isClosed = false
  #closing: Promise<void> | undefined

  /** @throws RangeError naming the entry of `allow` that is neither an address nor a network. */
  constructor(options: WebhookSenderOptions) {
    this.#storage = options.storage
    this.#recordDisabled = options.recordDisabled
    this.#organisation = options.organisation ?? null
    this.#onError = options.onError ?? (() => undefined)
    this.#tools = {
      now: options.now ?? Date.now,
      schedule: options.schedule ?? schedule,
      post: options.post ?? postWebhook,
      resolve: options.resolve ?? resolveName,
      allowed: new NetworkList(options.allow ?? []),
    }
  }

  /** Sends what is due now and from now on. Starting twice is harmless. */
  start(): void {
    if (this.#isClosed || this.#cancelPoll) return
    const poll = (): void => {
      this.#polling = this.#poll().then(() => {
        if (!this.#isClosed) this.#cancelPoll = this.#tools.schedule(poll, POLL_MS)
      })
    }
    this.#cancelPoll = this.#tools.schedule(poll, 0)
  }

  /** Sends until nothing is due. */
  async deliverDue(): Promise<void> {
    let attempts: number[]
    do {
      await this.#openLanes()
      attempts = await Promise.all([...this.#lanes.values()].map(({ attempts }) => attempts))
    } while (attempts.some((count) => count > 0))
  }

  /** One attempt right now, kept in the delivery log and never repeated. The delivery must be leased to the caller. */
  async sendOnce(webhook: WebhookRow, delivery: StoredDelivery): Promise<AttemptResult> {
    const result = await sendAttempt(webhook, delivery, this.#tools, this.#giveUp.signal)
    await this.#updateDelivery(delivery, result, null).execute()
    return result
  }

  /** Until when a lease for one attempt lasts. */
  leaseUntil(webhook: Pick<WebhookRow, 'timeout_seconds'>): number {
    return this.#tools.now() + (webhook.timeout_seconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000 + LEASE_MARGIN_MS
  }

  /** Stops, after what is under way or five seconds. What was not answered is sent again by the next sender. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#isClosed = true
    this.#cancelPoll?.()
    await this.#polling
    const cancel = this.#tools.schedule(() => this.#giveUp.abort(new Error('the sender closed')), CLOSING_MS)
    await Promise.all([...this.#lanes.values()].map(({ attempts }) => attempts))
    cancel()
  }

  async #poll(): Promise<void> {
    try {
      await this.#openLanes()
      if (this.#tools.now() >= this.#purgeAt) await this.#purge()
    } catch (error) {
      this.#onError(error)
    }
  }

  /** Begins to send to webhooks that have something due, as far as there is room. */
  async #openLanes(): Promise<void> {
    for (const webhook of await this.#dueWebhooks()) {
      const key = `${webhook.organisation} ${webhook.webhook_id}`
      if (this.#isClosed || this.#lanes.has(key) || !this.#hasRoom(webhook.organisation)) continue
      const attempts = this.#runLane(webhook.organisation, webhook.webhook_id)
        .catch((error: unknown) => {
          this.#onError(error)
          return 0
        })
        .finally(() => this.#lanes.delete(key))
      this.#lanes.set(key, { organisation: webhook.organisation, attempts })
    }
  }

  #hasRoom(organisation: number): boolean {
    if (this.#lanes.size >= MOST_LANES) return false
    return [...this.#lanes.values()].filter((lane) => lane.organisation === organisation).length < MOST_LANES_OF_ONE
  }

  /** Sends to one webhook what is due; the number of attempts. */
  async #runLane(organisation: number, webhookId: string): Promise<number> {
    let count = 0
    for (; count < MOST_IN_A_ROW && !this.#isClosed; count++) {
      // It may have been changed or switched off since.
      const webhook = await this.#readWebhook(organisation, webhookId)
      const delivery = webhook && (await this.#claim(webhook))
      if (!webhook || !delivery) break
      const result = await sendAttempt(webhook, delivery, this.#tools, this.#giveUp.signal)
      // Given up, not failed: the lease ends, and somebody else sends it.
      if (this.#giveUp.signal.aborted) break
      await this.#settle(webhook, delivery, result)
    }
    return count
  }

  #dueWebhooks(): Promise<{ organisation: number; webhook_id: string }[]> {
    const now = this.#tools.now()
    return this.#storage.database
      .selectFrom('webhooks')
      .select(['webhooks.organisation', 'webhooks.webhook_id'])
      .where('webhooks.is_active', '=', 1)
      .$if(this.#organisation !== null, (query) => query.where('webhooks.organisation', '=', this.#organisation))
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom('webhook_deliveries')
            .select('delivery_id')
            .whereRef('webhook_deliveries.organisation', '=', 'webhooks.organisation')
            .whereRef('webhook_deliveries.webhook_id', '=', 'webhooks.webhook_id')
            .where('status', '=', 'pending')
            .where('next_retry_at', '<=', now)
            .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', now)])),
        ),
      )
      .execute()
  }

  #readWebhook(organisation: number, webhookId: string): Promise<WebhookRow | undefined> {
    return this.#storage.database
      .selectFrom('webhooks')
      .selectAll()
      .where('organisation', '=', organisation)
      .where('webhook_id', '=', webhookId)
      .where('is_active', '=', 1)
      .executeTakeFirst()
  }

  /** Leases the delivery that has been due longest. The number of attempts tells this lease from every other. */
  #claim(webhook: WebhookRow): Promise<StoredDelivery | undefined> {
    const now = this.#tools.now()
    return (
      this.#storage.database
        .updateTable('webhook_deliveries')
        .set((eb) => ({ attempts: eb('attempts', '+', 1), lease_until: this.leaseUntil(webhook) }))
        .where('delivery_id', '=', (eb) =>
          eb
            .selectFrom('webhook_deliveries as due')
            .select('due.delivery_id')
            .where('due.organisation', '=', webhook.organisation)
            .where('due.webhook_id', '=', webhook.webhook_id)
            .where('due.status', '=', 'pending')
            .where('due.next_retry_at', '<=', now)
            .where((eb) => eb.or([eb('due.lease_until', 'is', null), eb('due.lease_until', '<=', now)]))
            .orderBy('due.next_retry_at')
            .orderBy('due.delivery_id')
            .limit(1),
        )
        // Said again of the row itself: where statements run side by side, another may have leased it meanwhile.
        .where('status', '=', 'pending')
        .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', now)]))
        .returningAll()
        .executeTakeFirst()
    )
  }

  async #settle(webhook: WebhookRow, delivery: StoredDelivery, result: AttemptResult): Promise<void> {
    const isDelivered = result.error === null
    const now = this.#tools.now()
    const delay = isDelivered ? null : retryDelayMs(delivery.attempts, webhook)
    const updates = this.#storage.database
      .updateTable('webhooks')
      .where('organisation', '=', webhook.organisation)
      .where('webhook_id', '=', webhook.webhook_id)
    const isNoted = await this.#storage.batch([
      this.#updateDelivery(delivery, result, delay === null ? null : now + delay).compile(),
      isDelivered
        ? updates.set({ last_delivery_at: now, failure_count: 0, failing_since: null }).compile()
        : updates
            .set((eb) => ({
              failure_count: eb('failure_count', '+', 1),
              failing_since: eb.fn.coalesce('failing_since', eb.val(now)),
            }))
            .compile(),
    ])
    const since = webhook.failing_since ?? now
    if (isNoted && !isDelivered && now - since >= PATIENCE_MS) await this.#disable(webhook, since, now)
  }

  /** Changes nothing if the lease ran out and somebody else has it now. */
  #updateDelivery(delivery: StoredDelivery, { status, error }: AttemptResult, retryAt: number | null) {
    const next = error === null ? 'delivered' : retryAt === null ? 'failed' : 'pending'
    return this.#storage.database
      .updateTable('webhook_deliveries')
      .set({
        status: next,
        response_status: status,
        error,
        delivered_at: error === null ? this.#tools.now() : null,
        next_retry_at: retryAt,
        lease_until: null,
      })
      .where('delivery_id', '=', delivery.delivery_id)
      .where('attempts', '=', delivery.attempts)
      .where('status', '=', 'pending')
  }

  async #disable({ organisation, webhook_id, url }: WebhookRow, since: number, now: number): Promise<void> {
    // First the event: a process that dies in between leaves a webhook that fails again and is disabled then.
    await this.#recordDisabled({ organisation, webhookId: webhook_id, url, since, at: now })
    const { database } = this.#storage
    await this.#storage.batch([
      database
        .updateTable('webhooks')
        .set({ is_active: 0, updated_at: now })
        .where('organisation', '=', organisation)
        .where('webhook_id', '=', webhook_id)
        // Unless it was mended or switched on again just now.
        .where('failing_since', '=', since)
        .compile(),
      database
        .updateTable('webhook_deliveries')
        .set({ status: 'failed', error: 'the webhook was disabled', next_retry_at: null })
        .where('organisation', '=', organisation)
        .where('webhook_id', '=', webhook_id)
        .where('status', '=', 'pending')
        .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', now)]))
        .compile(),
    ])
  }

  /** Looks at the oldest deliveries only, so that it costs the same however long the log is. */
  async #purge(): Promise<void> {
    const now = this.#tools.now()
    const { numDeletedRows } = await this.#storage.database
      .deleteFrom('webhook_deliveries')
      .where('delivery_id', 'in', (eb) =>
        eb
          .selectFrom('webhook_deliveries as old')
          .select('old.delivery_id')
          .orderBy('old.delivery_id')
          .limit(PURGED_AT_ONCE),
      )
      .where('created_at', '<', now - KEPT_MS)
      .executeTakeFirstOrThrow()
    if (Number(numDeletedRows) < PURGED_AT_ONCE) this.#purgeAt = now + PURGE_EVERY_MS
  }
}

const schedule: Schedule = (callback, milliseconds) => {
  const timer = setTimeout(callback, milliseconds)
  timer.unref()
  return () => clearTimeout(timer)
}
