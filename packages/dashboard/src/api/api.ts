import { BighubClient, type EventItem, SERVICE_ROUTES } from '@bighub/core'
import { replaceSession, type Session, toUserSession } from '../session/session.ts'
import { CallLog } from './call-log.ts'
import { LiveEvents } from './live-events.ts'

/** The server, as the signed-in person sees it. */
export interface Api {
  readonly client: BighubClient
  /** The same for what surrounds a page; its calls are not those behind the page. */
  readonly background: BighubClient
  readonly calls: CallLog
  readonly live: LiveEvents
  readonly session: () => Session
  close(): void
}

/** A token with less time left is renewed before it is used. */
const RENEW_BEFORE_MS = 60_000
const STREAM = SERVICE_ROUTES.stream.path

/**
 * A client of the page's own server. The credential goes into each request's header and nowhere else.
 *
 * @param onSignedOut - Hears that the server takes the credential no longer.
 */
export function createApi(first: Session, onSignedOut: () => void): Api {
  let session = first
  let renewing: Promise<void> | undefined
  const calls = new CallLog()
  const anonymous = new BighubClient({ baseUrl: location.origin, allowInsecureHttp: true })

  async function renew(): Promise<void> {
    if (session.kind !== 'user' || session.expiresAt - Date.now() > RENEW_BEFORE_MS) return
    const { email, refreshToken } = session
    session = toUserSession(email, await anonymous.auth.refresh({ refresh_token: refreshToken }))
    replaceSession(session)
  }

  async function send(url: string, init: RequestInit): Promise<Response> {
    // Several requests at once renew once: the refresh token works once.
    await (renewing ??= renew().finally(() => (renewing = undefined)))
    // What the client sends is an object of plain headers.
    const headers = { ...(init.headers as Record<string, string>), ...credentialOf(session) }
    const isStream = url === location.origin + STREAM
    if (isStream) live.noteRequest(false)
    const response = await fetch(url, { ...init, headers })
    if (isStream && response.ok) live.noteRequest(true)
    if (response.status === 401) onSignedOut()
    return response
  }

  async function sendLogged(url: string, init: RequestInit): Promise<Response> {
    const started = performance.now()
    const response = await send(url, init)
    calls.add({
      verb: init.method ?? 'GET',
      path: url.slice(location.origin.length),
      body: typeof init.body === 'string' ? init.body : null,
      status: response.status,
      milliseconds: performance.now() - started,
    })
    return response
  }

  const client = new BighubClient({ baseUrl: location.origin, allowInsecureHttp: true, fetch: sendLogged })
  const background = new BighubClient({ baseUrl: location.origin, allowInsecureHttp: true, fetch: send })
  const live = new LiveEvents((signal): AsyncIterable<EventItem> => background.subscribe({ after: null, signal }))
  return {
    client,
    background,
    calls,
    live,
    session: () => session,
    close() {
      live.close()
      void client.close()
      void background.close()
      void anonymous.close()
    },
  }
}

function credentialOf(session: Session): Record<string, string> {
  switch (session.kind) {
    case 'key':
      return { 'x-api-key': session.key }
    case 'local':
      return { authorization: `Bearer ${session.token}` }
    case 'user':
      return { authorization: `Bearer ${session.accessToken}` }
  }
}
