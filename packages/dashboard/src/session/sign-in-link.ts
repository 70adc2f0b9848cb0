import { type Session, toLocalSession } from './session.ts'

const LINK = /^#\/sign-in\/([\w-]{20,200})(?:\/(.*))?$/

/**
 * The token of a one-time link, taken out of the address and of the history before anything else happens; null without one.
 */
export function takeLinkToken(): string | null {
  const [, token, page = 'inbox'] = LINK.exec(location.hash) ?? []
  if (token === undefined) return null
  history.replaceState(null, '', `#/${page}`)
  return token
}

/** The session that a link is for. @throws Error in words for the person, if the link is not good any more. */
export async function exchangeLink(token: string): Promise<Session> {
  const response = await fetch('/auth/link', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ link_token: token }),
  })
  if (!response.ok)
    throw new Error('This link was used or is too old. Start the command again for a new one, or sign in with a key.')
  return toLocalSession((await response.json()) as Parameters<typeof toLocalSession>[0])
}
