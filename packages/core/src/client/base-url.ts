import { ConfigurationError } from '../protocol/index.ts'

/** Where requests go. */
export interface BaseUrl {
  /** Scheme, host and port. */
  readonly origin: string
  /** Origin and path, without a slash at the end; a route's path is appended to it. */
  readonly prefix: string
}

/**
 * Reads a base URL and refuses one that would send the key over a network in clear text (protocol §1.2): without TLS only
 * `localhost` and `127.0.0.1`, and where `allowInsecureHttp` is set private addresses and names in `.local`.
 *
 * @throws ConfigurationError for `baseUrl`.
 */
export function parseBaseUrl(text: string, allowInsecureHttp: boolean): BaseUrl {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new ConfigurationError(
      'baseUrl',
      'expected an address such as https://api.example.com or http://localhost:7171',
    )
  if (url.username !== '' || url.password !== '')
    throw new ConfigurationError('baseUrl', 'has a user name or password in it; use apiKey or bearerToken')
  if (url.search !== '' || url.hash !== '')
    throw new ConfigurationError('baseUrl', 'has a query or a fragment in it, to which no path can be appended')
  if (!isSafe(url, allowInsecureHttp)) throw new ConfigurationError('baseUrl', insecureMessage(url, allowInsecureHttp))
  return { origin: url.origin, prefix: url.origin + url.pathname.replace(/\/+$/, '') }
}

function isSafe(url: URL, allowInsecureHttp: boolean): boolean {
  if (url.protocol === 'https:') return true
  const host = hostOf(url)
  if (host === 'localhost' || host === '127.0.0.1') return true
  return allowInsecureHttp && mayBeAllowed(host)
}

function insecureMessage(url: URL, allowInsecureHttp: boolean): string {
  const host = hostOf(url)
  const advice =
    !allowInsecureHttp && mayBeAllowed(host)
      ? 'Use https, or set allowInsecureHttp (on Node also BIGHUB_ALLOW_INSECURE_HTTP=1) if the network is yours'
      : 'Use https'
  return `would send the key to ${host} in clear text. ${advice}`
}

/** Without the brackets of an IPv6 address. The URL parser has made lower case and normal forms (`127.1` is `127.0.0.1`). */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

function mayBeAllowed(host: string): boolean {
  return host.endsWith('.local') || isPrivateIPv4(host) || isPrivateIPv6(host)
}

/** 0/8, 10/8, 127/8, 169.254/16, 172.16/12, 192.168/16. */
function isPrivateIPv4(host: string): boolean {
  const match = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(host)
  if (!match) return false
  const [first, second] = [Number(match[1]), Number(match[2])]
  if (first === 172) return second >= 16 && second <= 31
  if (first === 192) return second === 168
  if (first === 169) return second === 254
  return first === 0 || first === 10 || first === 127
}

/** `::`, `::1`, fc00::/7, fe80::/10, and private IPv4 addresses in `::ffff:0:0/96`. */
function isPrivateIPv6(host: string): boolean {
  if (!host.includes(':')) return false
  const mapped = /^::ffff:([0-9a-f]+):[0-9a-f]+$/.exec(host)
  if (mapped) {
    const word = Number.parseInt(mapped[1] ?? '', 16)
    return isPrivateIPv4(`${word >> 8}.${word & 255}.0.0`)
  }
  return host === '::' || host === '::1' || /^f[cd]/.test(host) || /^fe[89ab]/.test(host)
}
