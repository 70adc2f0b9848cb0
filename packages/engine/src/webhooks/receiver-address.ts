import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { NetworkList } from '../network-list.ts'

/** An address that was checked; a connection goes to it and nowhere else. */
export interface ReceiverAddress {
  readonly address: string
  readonly family: 4 | 6
}

/** Addresses of a name. */
export type ResolveName = (name: string) => Promise<readonly ReceiverAddress[]>

/** The operating system's resolver, all addresses. */
export const resolveName: ResolveName = async (name) => {
  const found = await lookup(name, { all: true })
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
}

/**
 * Where a webhook's address leads, after names are resolved.
 *
 * A webhook makes the server send requests wherever somebody likes: only addresses on the public internet are taken, so that it
 * cannot be used to reach what only the server can. A name is refused if any of its addresses is.
 *
 * @throws Error with a message for the webhook's owner; it does not tell the address, which may be known inside only.
 */
export async function resolveReceiver(
  url: URL,
  resolve: ResolveName,
  allowed: NetworkList,
): Promise<readonly ReceiverAddress[]> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error('needs an http or https address')
  if (url.username !== '' || url.password !== '') throw new Error('has credentials in its address; they are not sent')
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const family = isIP(host)
  const addresses = family === 0 ? await resolve(host) : [{ address: host, family: family === 6 ? 6 : 4 } as const]
  if (addresses.length === 0) throw new Error('has a name without an address')
  if (addresses.some(({ address }) => !isPublicAddress(address) && !allowed.has(address)))
    throw new Error('leads to an address that is not on the public internet; see BIGHUB_WEBHOOK_ALLOW')
  return addresses
}

/** All that is handed out of IPv6 for the internet (RFC 4291 §2.4, IANA); what is outside is special or obsolete. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')
/** Answers to machines in Azure only: their metadata, from an address that looks public. */
const AZURE_PLATFORM = '168.63.129.16'

/**
 * Whether an address is one of the public internet: not private, loopback, link-local (with the metadata services of clouds),
 * unique-local, multicast, shared, reserved or unspecified, and no IPv4 address in a wrapping of IPv6.
 */
export function isPublicAddress(text: string): boolean {
  if (isIP(text) === 0 || text === AZURE_PLATFORM) return false
  const address = ipaddr.parse(text)
  if (address.range() !== 'unicast') return false
  return address.kind() === 'ipv4' || address.match(GLOBAL_UNICAST)
}
