import type { WebhookDelivery, WebhookInfo } from '@bighub/core'
import { useState } from 'preact/hooks'
import { useClient } from '../api/api-context.ts'
import { useAction } from '../api/use-action.ts'
import { useQuery } from '../api/use-query.ts'
import { goTo, href } from '../routing/location.ts'
import { announce } from '../ui/announcer.tsx'
import { Badge } from '../ui/badge.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Facts } from '../ui/facts.tsx'
import { Empty, FailureNote, Loaded, Page, Section } from '../ui/page.tsx'
import { Term } from '../ui/term.tsx'
import { Ago } from '../ui/time.tsx'
import { count, moment } from '../words/format.ts'

/** One webhook with what was sent, and the same again. */
export function WebhookDetail({ id }: { readonly id: string }) {
  const client = useClient()
  const hook = useQuery(`webhook ${id}`, (signal) => client.webhooks.get(id, { signal }))
  const deliveries = useQuery(
    `deliveries ${id}`,
    (signal) => client.webhooks.deliveries(id, { limit: 100 }, { signal }),
    {
      staleOn: () => true,
    },
  )
  const reload = (): void => {
    hook.reload()
    deliveries.reload()
  }
  return (
    <Page title="Webhook" lead={hook.data?.url} tools={<a href={href(['webhooks'])}>All webhooks</a>}>
      <Loaded query={hook}>{(found) => <WebhookPanel hook={found} onChanged={reload} />}</Loaded>
      <Section title="Deliveries">
        <Loaded query={deliveries}>{(list) => <Deliveries id={id} list={list} onReplayed={reload} />}</Loaded>
      </Section>
    </Page>
  )
}

function WebhookPanel({ hook, onChanged }: { readonly hook: WebhookInfo; readonly onChanged: () => void }) {
  const client = useClient()
  const [isDeleting, setDeleting] = useState(false)
  const test = useAction(async () => {
    const { status, error } = await client.webhooks.test(hook.webhook_id, {})
    announce(status === 'delivered' ? 'The test was delivered.' : `The test failed: ${error ?? 'no reason'}.`)
    onChanged()
  })
  const toggle = useAction(async () => {
    await client.webhooks.update(hook.webhook_id, { is_active: !hook.is_active })
    onChanged()
  })
  const remove = useAction(async () => {
    await client.webhooks.delete(hook.webhook_id)
    goTo(href(['webhooks']))
  })
  const failure = test.failure ?? toggle.failure
  return (
    <div class="panel">
      <Facts
        of={[
          [
            'State',
            <Badge key="state" of={hook.is_active ? 'active' : 'paused'} label={hook.is_active ? 'Active' : 'Off'} />,
          ],
          ['Events', hook.events.length === 0 ? 'all' : hook.events.join(', ')],
          [<Term is="failureCount">Failed in a row</Term>, count(hook.failure_count)],
          ['Last sent', <Ago key="sent" at={hook.last_delivery_at} />],
        ]}
      />
      {failure && <FailureNote failure={failure} />}
      <div class="answer-line">
        <button type="button" disabled={test.isBusy} onClick={() => void test.start()}>
          Send a test
        </button>
        <button type="button" disabled={toggle.isBusy} onClick={() => void toggle.start()}>
          {hook.is_active ? 'Switch off' : 'Switch on'}
        </button>
        <button type="button" class="danger" onClick={() => setDeleting(true)}>
          Delete
        </button>
      </div>
      {isDeleting && (
        <Dialog title="Delete this webhook?" onClose={() => setDeleting(false)}>
          <p>Nothing more is sent to {hook.url}. Its secret is gone for good.</p>
          {remove.failure && <FailureNote failure={remove.failure} />}
          <div class="answer-line dialog-foot">
            <button type="button" class="primary danger" disabled={remove.isBusy} onClick={() => void remove.start()}>
              Delete webhook
            </button>
            <button type="button" onClick={() => setDeleting(false)}>
              Keep it
            </button>
          </div>
        </Dialog>
      )}
    </div>
  )
}

interface DeliveriesProps {
  readonly id: string
  readonly list: readonly WebhookDelivery[]
  readonly onReplayed: () => void
}

function Deliveries({ id, list, onReplayed }: DeliveriesProps) {
  const client = useClient()
  const replay = useAction(async (delivery: WebhookDelivery) => {
    await client.webhooks.replayFailedDelivery(id, String(delivery.delivery_id))
    announce('It will be sent again.')
    onReplayed()
  })
  if (list.length === 0) return <Empty title="Nothing sent yet">Send a test, or wait for an event.</Empty>
  return (
    <>
      {replay.failure && <FailureNote failure={replay.failure} />}
      <div class="table-panel">
        <table class="stack">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Event</th>
              <th scope="col">State</th>
              <th scope="col" class="number">
                Attempts
              </th>
              <th scope="col">Answer</th>
              <th scope="col">
                <span class="hidden">Again</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {list.map((delivery) => (
              <tr key={delivery.delivery_id}>
                <td class="nowrap">{moment(delivery.created_at)}</td>
                <td>
                  <details>
                    <summary>
                      <code>{delivery.event_type}</code>
                    </summary>
                    <pre>{JSON.stringify(delivery.payload, null, 2)}</pre>
                  </details>
                </td>
                <td>
                  <Badge of={delivery.status} />
                </td>
                <td class="number" data-label="attempts">
                  {delivery.attempts}
                </td>
                <td>{delivery.error ?? delivery.response_status ?? '–'}</td>
                <td>
                  {delivery.status === 'failed' && (
                    <button
                      type="button"
                      class="small"
                      disabled={replay.isBusy}
                      onClick={() => void replay.start(delivery)}
                    >
                      Send again
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}
