import { type ApiKeyInfo, SCOPES } from '@bighub/core'
import { useState } from 'preact/hooks'
import { useClient } from '../api/api-context.ts'
import { useAction } from '../api/use-action.ts'
import { useQuery } from '../api/use-query.ts'
import { Badge } from '../ui/badge.tsx'
import { Checks } from '../ui/checks.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { fieldsOf, given, numberField, textField } from '../ui/form-fields.ts'
import { Empty, FailureNote, Loaded, Page } from '../ui/page.tsx'
import { SecretOnce } from '../ui/secret-once.tsx'
import { Ago } from '../ui/time.tsx'
import { moment } from '../words/format.ts'

/** What an agent needs, and no more: an agent that may answer its own approvals has none. */
const AGENT_SCOPES: ReadonlySet<string> = new Set([
  'actions:validate',
  'actions:read',
  'outcomes:write',
  'effects:write',
  'approvals:read',
])

/** Keys by prefix and label; the keys themselves are nowhere. */
export function KeysPage() {
  const client = useClient()
  const [open, setOpen] = useState<'new' | { readonly revoke: ApiKeyInfo } | { readonly rotate: ApiKeyInfo } | null>(
    null,
  )
  const [secret, setSecret] = useState<string | null>(null)
  const keys = useQuery('keys', (signal) => client.apiKeys.list({ include_revoked: true }, { signal }))
  const done = (shown: string | null): void => {
    setSecret(shown)
    setOpen(null)
    keys.reload()
  }
  return (
    <Page
      title="Keys"
      lead="Who may ask this server, and for what. Keys are stored as digests; nobody can read one again."
      tools={
        <button type="button" class="primary" onClick={() => setOpen('new')}>
          New key
        </button>
      }
    >
      {secret && <SecretOnce name="Key" value={secret} onDone={() => setSecret(null)} />}
      <Loaded query={keys}>
        {({ keys: list }) =>
          list.length === 0 ? (
            <Empty title="No keys">Make one for each agent, so that each can be revoked alone.</Empty>
          ) : (
            <div class="table-panel">
              <table class="stack">
                <thead>
                  <tr>
                    <th scope="col">Key</th>
                    <th scope="col">May</th>
                    <th scope="col">Last used</th>
                    <th scope="col">Expires</th>
                    <th scope="col">State</th>
                    <th scope="col">
                      <span class="hidden">Change</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {list.map((key) => (
                    <tr key={key.key_id}>
                      <td>
                        {key.label}
                        <div>
                          <code class="quiet">{key.key_prefix}…</code>
                        </div>
                      </td>
                      <td>{key.scopes.join(', ')}</td>
                      <td class="nowrap" data-label="used">
                        {key.last_used_at ? <Ago at={key.last_used_at} /> : 'never'}
                      </td>
                      <td data-label="expires">{key.expires_at ? moment(key.expires_at) : 'never'}</td>
                      <td>
                        <Badge
                          of={key.revoked_at ? 'cancelled' : 'active'}
                          label={key.revoked_at ? 'Revoked' : 'Active'}
                        />
                      </td>
                      <td>
                        {!key.revoked_at && (
                          <div class="answer-line">
                            <button type="button" class="small" onClick={() => setOpen({ rotate: key })}>
                              Rotate
                            </button>
                            <button type="button" class="small danger" onClick={() => setOpen({ revoke: key })}>
                              Revoke
                            </button>
                          </div>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
      {open === 'new' && <NewKey onClose={() => setOpen(null)} onMade={done} />}
      {open !== null && open !== 'new' && (
        <EndKey
          info={'revoke' in open ? open.revoke : open.rotate}
          isRotated={'rotate' in open}
          onClose={() => setOpen(null)}
          onDone={done}
        />
      )}
    </Page>
  )
}

function NewKey({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: (key: string) => void }) {
  const client = useClient()
  const create = useAction(async (fields: FormData) => {
    const made = await client.apiKeys.create({
      scopes: SCOPES.filter((scope) => fields.getAll('scopes').includes(scope)),
      ...given({ label: textField(fields, 'label'), expires_in_days: numberField(fields, 'expires_in_days') }),
    })
    onMade(made.key)
  })
  return (
    <Dialog title="New key" onClose={onClose}>
      <form class="form" onSubmit={(event) => void create.start(fieldsOf(event))}>
        <label>
          Label
          <input name="label" required maxLength={200} placeholder="support-agent in production" />
        </label>
        <label>
          Expires in days
          <input name="expires_in_days" type="number" min="1" placeholder="never" />
        </label>
        <Checks legend="May" name="scopes" values={SCOPES} isChecked={(scope) => AGENT_SCOPES.has(scope)} />
        {create.failure && <FailureNote failure={create.failure} />}
        <button type="submit" class="primary" disabled={create.isBusy}>
          Create key
        </button>
      </form>
    </Dialog>
  )
}

interface EndKeyProps {
  readonly info: ApiKeyInfo
  /** Replaced by a new one with the same rights, or only ended. */
  readonly isRotated: boolean
  readonly onClose: () => void
  readonly onDone: (key: string | null) => void
}

function EndKey({ info, isRotated, onClose, onDone }: EndKeyProps) {
  const client = useClient()
  const end = useAction(async () => {
    if (isRotated) onDone((await client.apiKeys.rotate(info.key_id)).key)
    else {
      await client.apiKeys.delete(info.key_id, {})
      onDone(null)
    }
  })
  const verb = isRotated ? 'Rotate' : 'Revoke'
  return (
    <Dialog title={`${verb} ${info.label}?`} onClose={onClose}>
      <p>
        Whoever uses <code>{info.key_prefix}…</code> is refused from now on.
        {isRotated && ' A new key with the same rights is shown once.'}
      </p>
      {end.failure && <FailureNote failure={end.failure} />}
      <div class="answer-line dialog-foot">
        <button type="button" class="primary danger" disabled={end.isBusy} onClick={() => void end.start()}>
          {verb} key
        </button>
        <button type="button" onClick={onClose}>
          Leave it
        </button>
      </div>
    </Dialog>
  )
}
