import { randomBytes } from 'node:crypto'

const ALPHABET = '0123456789abcdefghijklmnopqrstuv'
const LAST = ALPHABET.length - 1
const POOL_BYTES = 4096
const RANDOM_LENGTH = 16
let pool: Buffer = Buffer.alloc(0)
let used = 0
let lastTime = Number.NaN
let lastRandom = ''

/**
 * An id part: milliseconds in base 36 (9 characters, so that ids sort by time), then 80 random bits in base 32. Within a millisecond
 * the bits count up from a random start, so that the ids of one process sort in the order in which they were made.
 */
export function newId(now: number): string {
  lastRandom = now === lastTime ? following(lastRandom) : random()
  lastTime = now
  return now.toString(36).padStart(9, '0') + lastRandom
}

function random(): string {
  if (used + RANDOM_LENGTH > pool.length) {
    pool = randomBytes(POOL_BYTES)
    used = 0
  }
  let text = ''
  for (let index = 0; index < RANDOM_LENGTH; index++) text += ALPHABET[(pool[used++] ?? 0) & LAST]
  return text
}

/** The next number in base 32; after the largest one comes a random one, which sorts lower. */
function following(text: string): string {
  for (let place = text.length - 1; place >= 0; place--) {
    const digit = ALPHABET.indexOf(text.charAt(place))
    if (digit < LAST) return text.slice(0, place) + ALPHABET.charAt(digit + 1) + '0'.repeat(text.length - 1 - place)
  }
  return random()
}
