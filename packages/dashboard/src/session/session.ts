import type { AuthTokens, LinkSession } from '@bighub/core'

/** Who is signed in, and how. */
export type Session =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'local'; readonly token: string; readonly name: string }
  | {
      readonly kind: 'user'
      readonly email: string
      readonly accessToken: string
      readonly refreshToken: string
      /** Milliseconds since the epoch. */
      readonly expiresAt: number
    }

const NAME = 'bighub-session'

/** The session of this tab, or the one that is kept on this device. */
export function readSession(): Session | null {
  try {
    const text = sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME)
    return text === null ? null : (JSON.parse(text) as Session)
  } catch {
    // Storage may be switched off, and others may have written what is not ours: then nobody is signed in.
    return null
  }
}

/** Keeps a session for this tab, or on this device until somebody signs out. */
export function keepSession(session: Session, isForDevice: boolean): void {
  forgetSession()
  try {
    const store = isForDevice ? localStorage : sessionStorage
    store.setItem(NAME, JSON.stringify(session))
  } catch {
    // Without storage it lasts as long as the page.
  }
}

/** New tokens of the same session stay where the old ones were. */
export function replaceSession(session: Session): void {
  let isForDevice = false
  try {
    isForDevice = localStorage.getItem(NAME) !== null
  } catch {
    // See above.
  }
  keepSession(session, isForDevice)
}

export function forgetSession(): void {
  try {
    sessionStorage.removeItem(NAME)
    localStorage.removeItem(NAME)
  } catch {
    // See above.
  }
}

export function toUserSession(email: string, tokens: AuthTokens): Session {
  return {
    kind: 'user',
    email,
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    expiresAt: Date.now() + tokens.expires_in * 1000,
  }
}

export function toLocalSession({ access_token, signed_in_as }: LinkSession): Session {
  return { kind: 'local', token: access_token, name: signed_in_as.replace(/^local:/, '') }
}

/** How the person is named in the page; a key names nobody. */
export function sessionName(session: Session): string {
  if (session.kind === 'user') return session.email
  return session.kind === 'local' ? session.name : 'API key'
}
