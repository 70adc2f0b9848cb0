import { afterEach, describe, expect, it, vi } from 'vitest'
import { ConfigurationError, BighubClient as WebClient } from '../../src/index.ts'
import { BighubClient } from '../../src/node/index.ts'

const accepts = (baseUrl: string, allowInsecureHttp: boolean): boolean => {
  try {
    // Made, never asked.
    void new BighubClient({ baseUrl, allowInsecureHttp })
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    expect((error as ConfigurationError).option).toBe('baseUrl')
    return false
  }
}

/** Protocol §1.2: base URLs, whether they are taken by default, and where insecure ones are allowed. */
const TABLE: readonly (readonly [urls: readonly string[], byDefault: boolean, whereAllowed: boolean])[] = [
  [['https://api.bighub.io', 'HTTPS://10.0.0.1', 'https://server/prefix/', 'https://[::1]:8443'], true, true],
  [['http://localhost', 'http://LOCALHOST:8787/x', 'http://127.0.0.1:1', 'http://127.1'], true, true],
  [
    ['http://10.1.2.3', 'http://172.16.0.1', 'http://172.31.255.255', 'http://192.168.1.1', 'http://127.0.0.2'],
    false,
    true,
  ],
  [['http://169.254.1.1', 'http://0.0.0.0:80', 'http://[::1]:8787', 'http://[::]', 'http://[fd00::1]'], false, true],
  [['http://[fe80::1]', 'http://[::ffff:10.0.0.1]', 'http://[fc12:3::4]'], false, true],
  [['http://hub.local', 'http://HUB.local:1'], false, true],
  [['http://8.8.8.8', 'http://172.32.0.1', 'http://172.15.0.1', 'http://193.168.0.1', 'http://11.0.0.1'], false, false],
  [['http://[2001:db8::1]', 'http://[::ffff:8.8.8.8]'], false, false],
  [
    [
      'http://example.com',
      'http://host.docker.internal',
      'http://server:8787',
      'http://local',
      'http://a.local.evil.io',
    ],
    false,
    false,
  ],
  [['', 'localhost', 'localhost:8787', '//localhost', 'api.bighub.io', '/path', 'http://'], false, false],
]

describe('the base URL', () => {
  it.each(TABLE.flatMap(([urls, ...expected]) => urls.map((url) => [url, ...expected] as const)))(
    '%j is taken by default: %s, where insecure ones are allowed: %s',
    (url, byDefault, whereAllowed) => {
      expect(accepts(url, false)).toBe(byDefault)
      expect(accepts(url, true)).toBe(whereAllowed)
    },
  )

  it.each(['ftp://localhost', 'ws://localhost', 'https://user:pass@host', 'https://host?x=1', 'https://host#x'])(
    '%j is refused, since no request could be made with it',
    (url) => expect(accepts(url, true)).toBe(false),
  )

  it('is not repeated where it holds a password', () => {
    expect(() => new BighubClient({ baseUrl: 'https://ana:hunter2@host' })).toThrow(/^(?!.*hunter2)/)
  })
})

describe('BIGHUB_ALLOW_INSECURE_HTTP', () => {
  afterEach(() => void vi.unstubAllEnvs())
  const baseUrl = 'http://10.0.0.1'

  it.each(['1', 'true', 'YES', ' on '])('set to %j allows insecure addresses on Node', (value) => {
    vi.stubEnv('BIGHUB_ALLOW_INSECURE_HTTP', value)
    expect(() => new BighubClient({ baseUrl })).not.toThrow()
    expect(() => new BighubClient({ baseUrl, allowInsecureHttp: false })).toThrow('in clear text')
    expect(() => new WebClient({ baseUrl })).toThrow('in clear text')
  })

  it.each(['', '0', 'false', 'yes please'])('set to %j allows nothing', (value) => {
    vi.stubEnv('BIGHUB_ALLOW_INSECURE_HTTP', value)
    expect(() => new BighubClient({ baseUrl })).toThrow('in clear text')
  })
})
