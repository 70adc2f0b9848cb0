import { ConfigurationError } from '../protocol/index.ts'

/**
 * Whether a webhook's body was signed with the secret, lately (protocol §8). Give the body as it came; an object is written as the
 * server writes it: compact, in the order of its keys, every character beyond ASCII escaped.
 *
 * @param signature - `X-Bighub-Signature`: `v1=` and 64 lower-case hex digits.
 * @param timestamp - `X-Bighub-Timestamp`: Unix seconds.
 * @param toleranceSeconds - Most that the timestamp may differ from now, both ways.
 * @param now - Milliseconds since the epoch.
 * @returns false for whatever is wrong with body, signature or timestamp; it never throws for these.
 * @throws ConfigurationError if the secret is empty, since nothing could be proved with it.
 */
export async function verifyWebhookSignature(
  payload: string | object,
  signature: string,
  secret: string,
  timestamp: string | number,
  toleranceSeconds = 300,
  now: () => number = Date.now,
): Promise<boolean> {
  if (typeof secret !== 'string' || secret === '')
    throw new ConfigurationError('secret', 'needs to be the text that the webhook was created with')
  const digest = /^v1=([0-9a-f]{64})$/.exec(signature)?.[1]
  const body = typeof payload === 'string' ? payload : writePayload(payload)
  if (digest === undefined || body === null || !isRecent(String(timestamp), toleranceSeconds, now())) return false
  const encoder = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['verify'])
  // Compares in constant time.
  return crypto.subtle.verify('HMAC', key, fromHex(digest), encoder.encode(`${timestamp}.${body}`))
}

function isRecent(timestamp: string, toleranceSeconds: number, nowMs: number): boolean {
  return /^\d+$/.test(timestamp) && Math.abs(Math.floor(nowMs / 1000) - Number(timestamp)) <= toleranceSeconds
}

function writePayload(payload: object): string | null {
  try {
    return JSON.stringify(payload).replace(
      /[\u007f-\uffff]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
  } catch {
    // A circle or a BigInt: it was not read from JSON, so no server signed it.
    return null
  }
}

function fromHex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16),
  )
}
