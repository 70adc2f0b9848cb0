import { useEffect, useRef, useState } from 'preact/hooks'
import { useApi } from '../api/api-context.ts'
import { useQuery } from '../api/use-query.ts'
import { href, useLocation } from '../routing/location.ts'
import { sessionName } from '../session/session.ts'
import { LiveMark } from './live-mark.tsx'
import { PAGES, pageOf } from './pages.tsx'
import { ThemeSwitch } from './theme-switch.tsx'

/** Navigation, what is on for the whole organisation, and the page. */
export function Shell({ onSignOut }: { readonly onSignOut: () => void }) {
  const { calls, session } = useApi()
  const location = useLocation()
  const [name = 'inbox'] = location.segments
  const page = pageOf(name)
  const [isOpen, setOpen] = useState(false)
  const main = useRef<HTMLElement>(null)
  const place = location.segments.join('/')
  const isFirst = useRef(true)

  useEffect(() => {
    setOpen(false)
    // Within the inbox one moves on without leaving it; elsewhere another page begins at its title.
    if (!isFirst.current && name !== 'inbox') main.current?.querySelector<HTMLElement>('h1')?.focus()
    isFirst.current = false
    return () => calls.clear()
  }, [calls, name === 'inbox' ? name : place])

  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the content
      </a>
      <header class="bar">
        <a class="brand" href={href(['inbox'])}>
          <span class="mark" aria-hidden="true" /> BIGHUB
        </a>
        <button type="button" class="menu" aria-expanded={isOpen} aria-controls="nav" onClick={() => setOpen(!isOpen)}>
          Menu
        </button>
      </header>
      <nav id="nav" class={isOpen ? 'nav nav-open' : 'nav'} aria-label="Pages">
        <ul>
          {PAGES.map(({ path, title, group }, index) => (
            <li key={path} class={group !== PAGES[index - 1]?.group ? 'nav-group' : undefined}>
              <a href={href([path])} aria-current={path === page.path ? 'page' : undefined}>
                {title}
                {path === 'inbox' && <PendingCount />}
              </a>
            </li>
          ))}
        </ul>
        <div class="nav-foot">
          <LiveMark />
          <span class="who" title="Signed in as">
            {sessionName(session())}
          </span>
          <ThemeSwitch />
          <button type="button" class="small" onClick={onSignOut}>
            Sign out
          </button>
        </div>
      </nav>
      <main id="main" ref={main} tabIndex={-1}>
        <StopBanner />
        <page.Page location={location} />
      </main>
    </div>
  )
}

/** How many wait for a person right now. */
function PendingCount() {
  const { background } = useApi()
  const { data } = useQuery(
    'pending-count',
    async (signal) => (await background.approvals.list({ status: 'pending', limit: 1000 }, { signal })).length,
    { staleOn: ({ event_type }) => event_type.startsWith('approval.') },
  )
  if (!data) return null
  return (
    <span class="count">
      {data >= 1000 ? '1000+' : data}
      <span class="hidden"> waiting</span>
    </span>
  )
}

/** A kill switch stops every call: nobody must wonder why. */
function StopBanner() {
  const { background } = useApi()
  const { data } = useQuery('kill-switch-banner', (signal) => background.killSwitch.status({ signal }), {
    staleOn: ({ event_type }) => event_type.startsWith('kill_switch.'),
  })
  const [stop] = data?.active_switches ?? []
  if (!data?.is_active || !stop) return null
  return (
    <p class="note note-bad" role="status">
      <strong>{stop.scope === 'domain' ? `Calls of ${stop.domain} are stopped.` : 'Every call is stopped.'}</strong>{' '}
      {stop.reason || 'No reason was given.'} <a href={href(['kill-switch'])}>Kill switch</a>
    </p>
  )
}
