import { EVENT_TYPES } from '@bighub/core'
import { useState } from 'preact/hooks'
import { useClient } from '../api/api-context.ts'
import { useAction } from '../api/use-action.ts'
import { useQuery } from '../api/use-query.ts'
import { href, type Location } from '../routing/location.ts'
import { Badge } from '../ui/badge.tsx'
import { Checks } from '../ui/checks.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { fieldsOf, given, textField } from '../ui/form-fields.ts'
import { Empty, FailureNote, Loaded, Page } from '../ui/page.tsx'
import { SecretOnce } from '../ui/secret-once.tsx'
import { Term } from '../ui/term.tsx'
import { Ago } from '../ui/time.tsx'
import { count } from '../words/format.ts'
import { WebhookDetail } from './webhook-detail.tsx'

export function WebhooksPage({ location }: { readonly location: Location }) {
  const [, id] = location.segments
  return id === undefined ? <WebhookList /> : <WebhookDetail id={id} />
}

function WebhookList() {
  const client = useClient()
  const [isAdding, setAdding] = useState(false)
  const [secret, setSecret] = useState<string | null>(null)
  const hooks = useQuery('webhooks', (signal) => client.webhooks.list({ include_inactive: true }, { signal }), {
    staleOn: ({ event_type }) => event_type === 'webhook.disabled',
  })
  return (
    <Page
      title="Webhooks"
      lead="Events sent to an address of yours, signed, and again until it takes them."
      tools={
        <button type="button" class="primary" onClick={() => setAdding(true)}>
          New webhook
        </button>
      }
    >
      {secret && <SecretOnce name="Signing secret" value={secret} onDone={() => setSecret(null)} />}
      <Loaded query={hooks}>
        {(list) =>
          list.length === 0 ? (
            <Empty title="No webhooks yet">
              With one, a chat or a pager hears of a held call at once: <code>approval.created</code>.
            </Empty>
          ) : (
            <div class="table-panel">
              <table class="stack">
                <thead>
                  <tr>
                    <th scope="col">Address</th>
                    <th scope="col">Events</th>
                    <th scope="col">State</th>
                    <th scope="col">Last sent</th>
                    <th scope="col" class="number">
                      <Term is="failureCount">Failed in a row</Term>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {list.map((hook) => (
                    <tr key={hook.webhook_id}>
                      <td>
                        <a class="value" href={href(['webhooks', hook.webhook_id])}>
                          {hook.url}
                        </a>
                        <div class="quiet">{hook.label}</div>
                      </td>
                      <td>{hook.events.length === 0 ? 'all' : hook.events.join(', ')}</td>
                      <td>
                        <Badge of={hook.is_active ? 'active' : 'paused'} label={hook.is_active ? 'Active' : 'Off'} />
                      </td>
                      <td class="nowrap" data-label="sent">
                        <Ago at={hook.last_delivery_at} />
                      </td>
                      <td class="number" data-label="failed in a row">
                        {count(hook.failure_count)}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
      {isAdding && (
        <NewWebhook
          onClose={() => setAdding(false)}
          onMade={(made) => {
            setSecret(made)
            hooks.reload()
          }}
        />
      )}
    </Page>
  )
}

function NewWebhook({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: (secret: string) => void }) {
  const client = useClient()
  const create = useAction(async (fields: FormData) => {
    const made = await client.webhooks.create({
      url: textField(fields, 'url') ?? '',
      events: fields.getAll('events').filter((each) => typeof each === 'string'),
      ...given({ label: textField(fields, 'label') }),
    })
    onMade(made.secret)
    onClose()
  })
  return (
    <Dialog title="New webhook" onClose={onClose}>
      <form class="form" onSubmit={(event) => void create.start(fieldsOf(event))}>
        <label>
          Address
          <input name="url" type="url" required placeholder="https://" />
        </label>
        <label>
          Label
          <input name="label" maxLength={200} />
        </label>
        <Checks legend="Events; none means all" name="events" values={EVENT_TYPES} />
        {create.failure && <FailureNote failure={create.failure} />}
        <button type="submit" class="primary" disabled={create.isBusy}>
          Create webhook
        </button>
      </form>
    </Dialog>
  )
}
