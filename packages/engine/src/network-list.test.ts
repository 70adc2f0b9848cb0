import { describe, expect, it } from 'vitest'
import { NetworkList } from './network-list.ts'

describe('a list of networks', () => {
  const list = new NetworkList(['192.0.2.7', '10.0.0.0/8', '2001:db8::/32', '::1'])

  it.each(['192.0.2.7', '10.255.0.1', '2001:db8:1::5', '::1', '::ffff:10.1.2.3'])('has %s', (address) => {
    expect(list.has(address)).toBe(true)
  })

  it.each(['192.0.2.8', '11.0.0.1', '2001:db9::1', '::2', '::ffff:192.0.2.8', '', 'localhost', '10.1'])(
    'does not have %j',
    (address) => {
      expect(list.has(address)).toBe(false)
    },
  )

  it('with an address inside IPv6 has that IPv4 address', () => {
    expect(new NetworkList(['::ffff:192.0.2.7']).has('192.0.2.7')).toBe(true)
  })

  it.each(['', 'localhost', '10.0.0.0/33', '::/129', '10.0.0.0/8/8', '127.1', '0x7f.0.0.1', '10.0.0.0/', '1.2.3.4/-1'])(
    'refuses %j, naming it',
    (entry) => {
      expect(() => new NetworkList([entry])).toThrow(JSON.stringify(entry))
    },
  )
})
