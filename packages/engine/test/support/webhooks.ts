import type { EventType } from '@bighub/core/protocol'
import { onTestFinished } from 'vitest'
import type { RecordEvent } from '../../src/projections/events-of-record.ts'
import { enqueueDeliveries } from '../../src/webhooks/enqueue-deliveries.ts'
import type { DisabledWebhook } from '../../src/webhooks/webhook-disabled.ts'
import { WebhookSender, type WebhookSenderOptions } from '../../src/webhooks/webhook-sender.ts'
import type { TestCore } from './organisation-core.ts'

/** An event of a rule that was changed, or of another type. */
export function madeEvent(id: string, type: EventType = 'rule.updated'): RecordEvent {
  const item = {
    event_id: id,
    event_type: type,
    severity: 'info' as const,
    reason: 'größer',
    created_at: '2026-07-01T12:00:00.000Z',
  }
  return { type, item, data: item }
}

/** Writes the deliveries of events as the projector does. */
export async function enqueue(core: TestCore, ...events: readonly RecordEvent[]): Promise<void> {
  const statements = await enqueueDeliveries(core, events)
  if (statements.length > 0) core.storage.batch(statements)
}

export interface TestSender {
  readonly sender: WebhookSender
  readonly disabled: DisabledWebhook[]
}

/** A sender that may reach loopback, and waits for nothing. */
export function openSender(core: TestCore, options: Partial<WebhookSenderOptions> = {}): TestSender {
  const disabled: DisabledWebhook[] = []
  const sender = new WebhookSender({
    storage: core.storage,
    now: core.now,
    allow: ['127.0.0.1'],
    recordDisabled: async (webhook) => void disabled.push(webhook),
    ...options,
  })
  onTestFinished(() => sender.close())
  return { sender, disabled }
}
