import { createHmac } from 'node:crypto'
import { equalsInConstantTime } from '../accounts/secret.ts'

/** Seconds that a signature may be away from now, in both directions (protocol §8). */
const TOLERANCE_SECONDS = 300

/**
 * Signature of a body: `v1=` and HMAC-SHA-256 of `<timestamp>.<body>` in lower-case hex (protocol §8).
 *
 * @param timestamp - Unix seconds.
 */
export function signWebhook(secret: string, timestamp: number, body: string): string {
  return `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`
}

/** What a receiver was given, or says it was. */
export interface SignedWebhook {
  readonly body: string
  readonly signature: string
  readonly secret: string
  /** Unix seconds. */
  readonly timestamp: number
}

/** Whether a signature is right and not older, or further ahead, than five minutes. @param now - Milliseconds since the epoch. */
export function isSignatureValid({ body, signature, secret, timestamp }: SignedWebhook, now: number): boolean {
  const isRight = equalsInConstantTime(signature, signWebhook(secret, timestamp, body))
  return isRight && Math.abs(Math.floor(now / 1000) - timestamp) <= TOLERANCE_SECONDS
}
