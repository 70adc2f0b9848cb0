import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { BlockList, isIP } from 'node:net'
import type { Authentication, LinkSession, Principal } from '@bighub/core/protocol'

/** How long a link may be opened, once. Long enough for a browser that still has to start. */
const LINK_MS = 5 * 60_000
/** How long a session lasts: a working day. It ends with the process too. */
const SESSION_MS = 12 * 3_600_000
/** 256 bits: nobody guesses one. */
const TOKEN_BYTES = 32
/** Tells a session's token from a user's access token. */
const SESSION_PREFIX = 'bhs_'
/** Links that wait to be opened, and sessions; the oldest goes when there would be more. */
const MOST = 100

interface Entry {
  /** SHA-256 of the token, which is kept nowhere. */
  readonly digest: Buffer
  readonly principal: Principal
  readonly expiresAt: number
}

/**
 * Lets whoever started the server on this machine into the dashboard without a key: a link that works once, for five minutes, and
 * from this machine alone, is exchanged for a session. Both live in this process's memory only.
 */
export class LocalSessions {
  readonly #now: () => number
  readonly #links: Entry[] = []
  readonly #sessions: Entry[] = []

  /** @param now - Milliseconds since the epoch. @defaultValue Date.now */
  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** A token for one sign-in. It is shown to the person who starts the server, and to nobody else. */
  issueLink(principal: Principal): string {
    return this.#add(this.#links, principal, LINK_MS, '')
  }

  /** A session for a link's token, which is used up; null if it is not good, no longer, or comes from elsewhere. */
  exchange(token: string, address: string | null): LinkSession | null {
    if (!isThisMachine(address)) return null
    const index = this.#find(this.#links, token)
    const [link] = index < 0 ? [] : this.#links.splice(index, 1)
    if (!link) return null
    return {
      token_type: 'bearer',
      access_token: this.#add(this.#sessions, link.principal, SESSION_MS, SESSION_PREFIX),
      expires_in: SESSION_MS / 1000,
      signed_in_as: link.principal.by,
    }
  }

  /** Who a bearer token is for; null if it is not of a kind that is judged here. */
  authenticate(token: string, address: string | null): Authentication | null {
    if (!token.startsWith(SESSION_PREFIX)) return null
    if (!isThisMachine(address)) return { fault: 'address_not_allowed' }
    const session = this.#sessions[this.#find(this.#sessions, token)]
    return session ? { principal: session.principal } : { fault: 'unknown' }
  }

  #add(entries: Entry[], principal: Principal, lifeMs: number, prefix: string): string {
    const token = prefix + randomBytes(TOKEN_BYTES).toString('base64url')
    if (entries.length >= MOST) entries.shift()
    entries.push({ digest: digestOf(token), principal, expiresAt: this.#now() + lifeMs })
    return token
  }

  /** Every entry is compared, each in constant time, so that time tells nothing of which one was near. */
  #find(entries: readonly Entry[], token: string): number {
    const digest = digestOf(token)
    let found = -1
    for (const [index, entry] of entries.entries())
      if (timingSafeEqual(entry.digest, digest) && entry.expiresAt > this.#now()) found = index
    return found
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether a peer's address is one of this machine's own. IPv4 that came over an IPv6 socket counts as what it is. */
export function isThisMachine(address: string | null): boolean {
  const plain = address?.replace(/^::ffff:(?=\d+\.)/i, '') ?? ''
  const version = isIP(plain)
  return version !== 0 && LOOPBACK.check(plain, version === 4 ? 'ipv4' : 'ipv6')
}
