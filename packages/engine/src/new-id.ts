import { randomBytes } from 'node:crypto'

const ALPHABET = '0123456789abcdefghijklmnopqrstuv'
const POOL_BYTES = 4096
let pool: Buffer = Buffer.alloc(0)
let used = 0

/** An id part: milliseconds in base 36 (9 characters, so that ids sort by time), then 80 random bits in base 32. */
export function newId(now: number): string {
  let text = now.toString(36).padStart(9, '0')
  if (used + 16 > pool.length) {
    pool = randomBytes(POOL_BYTES)
    used = 0
  }
  for (let index = 0; index < 16; index++) text += ALPHABET[(pool[used++] ?? 0) & 31]
  return text
}
