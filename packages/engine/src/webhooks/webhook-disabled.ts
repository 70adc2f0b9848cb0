import type { EngineCore } from '../engine-core.ts'
import { chainRecord, type UnchainedRecord } from '../storage/chain.ts'
import type { LogRecord, Storage } from '../storage/storage.ts'

/** A webhook that nothing is sent to any more, since it failed for days. */
export interface DisabledWebhook {
  /** Number of its organisation. */
  readonly organisation: number
  readonly webhookId: string
  readonly url: string
  /** Since when every delivery failed; milliseconds since the epoch. */
  readonly since: number
  /** When it was noticed. */
  readonly at: number
}

/** Puts it into an engine's log, once, from where it becomes an event. */
export async function recordDisabled(core: EngineCore, webhook: DisabledWebhook): Promise<void> {
  await core.run({
    reads: { subject: webhook.webhookId },
    plan: (_, found) => ({ records: newRecords(webhook, found.records), answer: () => undefined }),
  })
}

/** The same through a handle that no engine works with; engines on the same store find it there. */
export async function recordDisabledApart(
  storage: Storage,
  organisation: string,
  webhook: DisabledWebhook,
): Promise<void> {
  const before = await storage.head()
  const request = { afterSeq: before.seq, reads: [{ subject: webhook.webhookId }], sync: false }
  await storage.transact(request, ([found], foreign) => {
    const head = foreign.at(-1) ?? before
    const records = newRecords(webhook, found?.records ?? [])
    return { records: records.map((record) => chainRecord(organisation, head, record)), approvals: [] }
  })
}

function newRecords({ webhookId, url, since, at }: DisabledWebhook, known: readonly LogRecord[]): UnchainedRecord[] {
  if (known.some(({ type, kept }) => type === 'webhook_disabled' && kept['since'] === since)) return []
  const reason = `nothing is sent to ${url} any more: every delivery failed since ${new Date(since).toISOString()}`
  return [{ type: 'webhook_disabled', at, subject: webhookId, kept: { since }, payload: { reason } }]
}
