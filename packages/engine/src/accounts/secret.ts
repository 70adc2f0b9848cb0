import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Bytes of a secret: 256 bits, 43 characters of base64url. */
const SECRET_BYTES = 32

/** A secret that cannot be guessed, behind a prefix that says what it is. */
export function newSecret(prefix: string): string {
  return prefix + randomBytes(SECRET_BYTES).toString('base64url')
}

/**
 * What is kept of a random secret: its SHA-256, lower-case hex. A slow, salted hash would protect what people choose; of 256 random
 * bits nothing can be found by trying, and a plain digest can be looked up. The look-up need not take constant time either: whoever
 * tries secrets cannot steer their digests.
 */
export function secretDigest(secret: string): string {
  return hash('sha256', secret, 'hex')
}

/** Whether two texts are the same, in a time that depends on neither. */
export function equalsInConstantTime(one: string, other: string): boolean {
  return timingSafeEqual(hash('sha256', one, 'buffer'), hash('sha256', other, 'buffer'))
}
