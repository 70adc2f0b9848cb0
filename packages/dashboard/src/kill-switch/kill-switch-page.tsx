import type { KillSwitch } from '@bighub/core'
import { useState } from 'preact/hooks'
import { useClient } from '../api/api-context.ts'
import { useAction } from '../api/use-action.ts'
import { useQuery } from '../api/use-query.ts'
import { announce } from '../ui/announcer.tsx'
import { FailureNote, Loaded, Page, Section } from '../ui/page.tsx'
import { Ago } from '../ui/time.tsx'

/** Stops every call at once, or those of a domain. Whoever stops types what is stopped: no slip of a finger does that. */
export function KillSwitchPage() {
  const client = useClient()
  const status = useQuery('kill-switch', (signal) => client.killSwitch.status({ signal }), {
    staleOn: ({ event_type }) => event_type.startsWith('kill_switch.'),
  })
  return (
    <Page
      title="Kill switch"
      lead="Refuses every call, or those of one domain, from the next evaluation on; calls that are running go on."
    >
      <Loaded query={status}>
        {({ active_switches }) =>
          active_switches.length === 0 ? (
            <p class="note">Nothing is stopped.</p>
          ) : (
            active_switches.map((stop) => <ActiveStop key={stop.switch_id} stop={stop} onLifted={status.reload} />)
          )
        }
      </Loaded>
      <Activate onStopped={status.reload} />
    </Page>
  )
}

function ActiveStop({ stop, onLifted }: { readonly stop: KillSwitch; readonly onLifted: () => void }) {
  const client = useClient()
  const [isSure, setSure] = useState(false)
  const lift = useAction(async () => {
    await client.killSwitch.deactivate(stop.switch_id, {})
    announce('Lifted. Calls are judged again.')
    onLifted()
  })
  return (
    <div class="note note-bad">
      <p>
        <strong>{stop.scope === 'domain' ? `Calls of ${stop.domain} are stopped` : 'Every call is stopped'}</strong> by{' '}
        {stop.activated_by}, <Ago at={stop.activated_at} />. {stop.reason || 'No reason was given.'}
      </p>
      {lift.failure && <FailureNote failure={lift.failure} />}
      <div class="answer-line dialog-foot">
        {isSure ? (
          <>
            <button type="button" class="primary" disabled={lift.isBusy} onClick={() => void lift.start()}>
              Let calls run again
            </button>
            <button type="button" onClick={() => setSure(false)}>
              Keep it on
            </button>
          </>
        ) : (
          <button type="button" onClick={() => setSure(true)}>
            Lift …
          </button>
        )}
      </div>
    </div>
  )
}

const EVERYTHING = 'stop everything'

function Activate({ onStopped }: { readonly onStopped: () => void }) {
  const client = useClient()
  const [scope, setScope] = useState<'global' | 'domain'>('global')
  const [domain, setDomain] = useState('')
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')
  const wanted = scope === 'global' ? EVERYTHING : `stop ${domain.trim()}`
  const isArmed = typed.trim() === wanted && (scope === 'global' || domain.trim() !== '')
  const stop = useAction(async () => {
    const what = scope === 'domain' ? { scope, domain: domain.trim() } : { scope }
    await client.killSwitch.activate({ ...what, reason: reason.trim() })
    setTyped('')
    announce('Stopped.')
    onStopped()
  })
  return (
    <Section title="Stop calls">
      <form
        class="panel form"
        onSubmit={(event) => {
          event.preventDefault()
          if (isArmed) void stop.start()
        }}
      >
        <div class="form-grid">
          <label>
            What
            <select
              value={scope}
              onChange={(event) => setScope(event.currentTarget.value === 'domain' ? 'domain' : 'global')}
            >
              <option value="global">every call</option>
              <option value="domain">calls of one domain</option>
            </select>
          </label>
          {scope === 'domain' && (
            <label>
              Domain
              <input value={domain} required onInput={(event) => setDomain(event.currentTarget.value)} />
            </label>
          )}
          <label class="wide">
            Reason
            <input value={reason} maxLength={10_000} onInput={(event) => setReason(event.currentTarget.value)} />
          </label>
        </div>
        <label>
          To confirm, type <code>{wanted}</code>
          <input
            value={typed}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
        {stop.failure && <FailureNote failure={stop.failure} />}
        <div class="answer-line">
          <button type="submit" class="primary danger" disabled={!isArmed || stop.isBusy}>
            Stop now
          </button>
        </div>
      </form>
    </Section>
  )
}
