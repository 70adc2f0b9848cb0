import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { verifyWebhookSignature } from '../../src/index.ts'

const SECRET = 'whsec_ünïcode'
const TIMESTAMP = 1_790_000_000
const now = () => TIMESTAMP * 1000

const sign = (body: string, timestamp: string | number = TIMESTAMP, secret = SECRET): string =>
  `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`
const verify = (body: string | object, signature: string, timestamp: string | number = TIMESTAMP, tolerance = 300) =>
  verifyWebhookSignature(body, signature, SECRET, timestamp, tolerance, now)

describe('a webhook’s signature', () => {
  it.each(['{"event_id":"evt_1"}', '', '{"name":"Zoë 🙂"}', 'not JSON'])(
    'holds for the body it was made for: %j',
    async (body) => {
      expect(await verify(body, sign(body))).toBe(true)
      expect(await verify(body, sign(body), String(TIMESTAMP))).toBe(true)
    },
  )

  it('agrees with a value that another implementation computed', async () => {
    // Python 3: hmac.new(b'secret', b'1700000000.{"a":1}', 'sha256').hexdigest()
    const signature = 'v1=49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686'
    const at = () => 1_700_000_000_000
    expect(await verifyWebhookSignature('{"a":1}', signature, 'secret', 1_700_000_000, 300, at)).toBe(true)
    expect(await verifyWebhookSignature({ a: 1 }, signature, 'secret', '1700000000', 300, at)).toBe(true)
  })

  it('holds for the parsed body, which is written as the server writes it', async () => {
    const payload = { z: 'Zoë 🙂 \u007f \ud800', a: [1, 2.5, null, true], nested: { ключ: '\n"\\/\b' } }
    const written =
      '{"z":"Zo\\u00eb \\ud83d\\ude42 \\u007f \\ud800","a":[1,2.5,null,true],"nested":{"\\u043a\\u043b\\u044e\\u0447":"\\n\\"\\\\/\\b"}}'
    expect(await verify(payload, sign(written))).toBe(true)
  })

  it('does not hold for another body, secret or timestamp', async () => {
    const body = '{"amount":10}'
    expect(await verify('{"amount":11}', sign(body))).toBe(false)
    expect(await verify(`${body} `, sign(body))).toBe(false)
    expect(await verify(body, sign(body, TIMESTAMP, 'other'))).toBe(false)
    expect(await verify(body, sign(body, TIMESTAMP - 1))).toBe(false)
  })

  it.each(['', 'v1=', 'v1=abc', 'v2=x', 'é', ' '])('is false, not an error, for %j', async (signature) => {
    expect(await verify('{}', signature)).toBe(false)
  })

  it('is compared exactly: upper-case hex and a missing or repeated prefix do not hold', async () => {
    const signature = sign('{}')
    expect(await verify('{}', `v1=${signature.slice(3).toUpperCase()}`)).toBe(false)
    expect(await verify('{}', signature.slice(3))).toBe(false)
    expect(await verify('{}', `v1=${signature}`)).toBe(false)
    expect(await verify('{}', `${signature}\n`)).toBe(false)
  })

  it('holds for five minutes in both directions, or as long as asked', async () => {
    for (const [seconds, holds] of [
      [-300, true],
      [300, true],
      [-301, false],
      [301, false],
    ] as const)
      expect(await verify('{}', sign('{}', TIMESTAMP + seconds), TIMESTAMP + seconds)).toBe(holds)
    expect(await verify('{}', sign('{}', TIMESTAMP - 10), TIMESTAMP - 10, 5)).toBe(false)
  })

  it.each(['', 'now', '1e9', ' 1', '-1', Number.NaN, 1.5])('does not hold with the timestamp %j', async (timestamp) => {
    expect(await verify('{}', sign('{}', timestamp), timestamp, Number.POSITIVE_INFINITY)).toBe(false)
  })

  it('does not hold for an object that no JSON was', async () => {
    expect(await verify({ n: 1n }, sign('{}'))).toBe(false)
  })

  it('needs a secret', async () => {
    await expect(verifyWebhookSignature('{}', sign('{}'), '', TIMESTAMP)).rejects.toThrow('secret')
  })
})
