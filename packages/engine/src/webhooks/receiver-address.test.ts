import { describe, expect, it } from 'vitest'
import { NetworkList } from '../network-list.ts'
import { isPublicAddress, type ReceiverAddress, resolveReceiver } from './receiver-address.ts'

const NONE = new NetworkList([])

function resolve(url: string, names: Readonly<Record<string, readonly string[]>> = {}, allowed = NONE) {
  const answer = async (name: string): Promise<readonly ReceiverAddress[]> =>
    (names[name] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  return resolveReceiver(new URL(url), answer, allowed)
}

describe('an address', () => {
  it.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700:4700::1111', '2a00:1450:4001::1'])(
    'of the internet is public: %s',
    (address) => {
      expect(isPublicAddress(address)).toBe(true)
    },
  )

  it.each([
    ['unspecified', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '192.168.1.1'],
    ['metadata', '169.254.169.254'],
    ['metadata of Azure', '168.63.129.16'],
    ['metadata of Alibaba, shared', '100.100.100.200'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['reserved', '240.0.0.1'],
    ['documentation', '192.0.2.1'],
    ['benchmarking', '198.18.0.1'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['unique-local', 'fc00::1'],
    ['metadata, unique-local', 'fd00:ec2::254'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['IPv4-mapped', '::ffff:127.0.0.1'],
    ['IPv4-mapped and public', '::ffff:8.8.8.8'],
    ['IPv4-compatible', '::127.0.0.1'],
    ['NAT64', '64:ff9b::a00:1'],
    ['NAT64 of a network', '64:ff9b:1::a00:1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:53aa:64c::1'],
    ['documentation', '2001:db8::1'],
    ['no address', 'localhost'],
    ['a short form', '127.1'],
  ])('that is %s is not: %s', (_, address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
})

describe('where a webhook leads', () => {
  const refused = /not on the public internet/

  it('is every address of its name', async () => {
    const names = { 'hooks.example': ['93.184.215.14', '2606:2800:21f::1'] }
    await expect(resolve('https://hooks.example/a', names)).resolves.toEqual([
      { address: '93.184.215.14', family: 4 },
      { address: '2606:2800:21f::1', family: 6 },
    ])
  })

  it('is refused when any address of its name is inside, without telling it', async () => {
    const error: unknown = await resolve('http://hooks.example/', {
      'hooks.example': ['93.184.215.14', '10.9.8.7'],
    }).catch((thrown: unknown) => thrown)
    expect(String(error)).toMatch(refused)
    expect(String(error)).not.toContain('10.9.8.7')
  })

  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://[::1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://0/',
    'http://１２７.0.0.1/',
  ])('is refused however it is written: %s', async (url) => {
    await expect(resolve(url)).rejects.toThrow(refused)
  })

  it('may be inside where that is allowed, and nowhere else inside', async () => {
    const allowed = new NetworkList(['127.0.0.1', '10.0.0.0/8'])
    await expect(resolve('http://127.0.0.1:8080/', {}, allowed)).resolves.toEqual([{ address: '127.0.0.1', family: 4 }])
    await expect(resolve('http://inside/', { inside: ['10.1.2.3'] }, allowed)).resolves.toHaveLength(1)
    await expect(resolve('http://127.0.0.2/', {}, allowed)).rejects.toThrow(refused)
  })

  it('needs an address, http, and no credentials', async () => {
    await expect(resolve('http://nowhere.example/')).rejects.toThrow(/without an address/)
    await expect(resolve('ftp://hooks.example/')).rejects.toThrow(/http or https/)
    await expect(resolve('https://ann:secret@hooks.example/')).rejects.toThrow(/credentials/)
  })
})
