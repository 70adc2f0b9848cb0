import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Addresses and networks, such as `10.0.0.0/8`, `192.0.2.7` or `2001:db8::/32`. */
export class NetworkList {
  readonly #networks: readonly (readonly [address: Address, prefixLength: number])[]

  /** @throws RangeError naming the first entry that is neither an address nor a network. */
  constructor(entries: readonly string[]) {
    this.#networks = entries.map(parseNetwork)
  }

  get isEmpty(): boolean {
    return this.#networks.length === 0
  }

  /** Whether an address is one of these or lies in one of them; an IPv4 address inside IPv6 counts as itself. */
  has(address: string): boolean {
    if (isIP(address) === 0) return false
    const own = ipaddr.process(address)
    return this.#networks.some(([network, length]) => own.kind() === network.kind() && own.match(network, length))
  }
}

/** @throws RangeError if it is neither an address nor a network. */
export function parseNetwork(entry: string): readonly [Address, number] {
  const [text = '', length, ...rest] = entry.trim().split('/')
  // ipaddr.js also takes forms such as `127.1`, which people and programs read differently.
  const family = isIP(text)
  const isWhole = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128))
  if (family === 0 || !isWhole || rest.length > 0)
    throw new RangeError(
      `${JSON.stringify(entry)} is neither an address nor a network, such as 192.0.2.7 or 10.0.0.0/8`,
    )
  const address = ipaddr.parse(text)
  if (length !== undefined) return [address, Number(length)]
  const own = ipaddr.process(text)
  return [own, own.kind() === 'ipv4' ? 32 : 128]
}
