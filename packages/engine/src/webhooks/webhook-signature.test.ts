import { describe, expect, it } from 'vitest'
import { isSignatureValid, signWebhook } from './webhook-signature.ts'

describe('the signature of a webhook', () => {
  const secret = 'whsec_test'
  const timestamp = 1_770_000_000
  const body = String.raw`{"reason":"gr\u00f6\u00dfe"}`
  // printf '%s' '1770000000.{"reason":"gr\u00f6\u00dfe"}' | openssl dgst -sha256 -hmac whsec_test
  const signature = 'v1=66b552086c6bc3368088d7e7afc02c45907c78eacb9f4fa56699a752a5a997cb'

  it('is that of the reference formula', () => {
    expect(signWebhook(secret, timestamp, body)).toBe(signature)
  })

  it('is good for five minutes before and after, and only as it is', () => {
    const signed = { body, signature, secret, timestamp }
    const at = (seconds: number): number => (timestamp + seconds) * 1000
    expect([0, 300, -300].map((seconds) => isSignatureValid(signed, at(seconds)))).toEqual([true, true, true])
    expect([301, -301].map((seconds) => isSignatureValid(signed, at(seconds)))).toEqual([false, false])
    for (const changed of [
      { body: `${body} ` },
      { secret: 'whsec_other' },
      { timestamp: timestamp + 1 },
      { signature: signature.toUpperCase() },
      { signature: signature.slice(3) },
      { signature: '' },
      { signature: 'größe' },
    ])
      expect(isSignatureValid({ ...signed, ...changed }, at(0))).toBe(false)
  })
})
