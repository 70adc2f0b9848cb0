import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'

/** Cost parameters of scrypt (RFC 7914). */
interface Costs {
  /** Binary logarithm of N. */
  readonly ln: number
  readonly r: number
  readonly p: number
}

/** OWASP Password Storage Cheat Sheet: N = 2^17, r = 8, p = 1; 128 MiB and about a third of a second a try. */
const COSTS: Costs = { ln: 17, r: 8, p: 1 }
const SALT_BYTES = 16
const HASH_BYTES = 32
/** Hashes worked out at a time: each takes 128 MiB and one of the few threads that names are looked up on as well. */
const MOST_AT_ONCE = 2

/** What is stored of a password, in PHC form: `$scrypt$ln=17,r=8,p=1$<salt>$<hash>`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await derive(password, salt, COSTS)
  const { ln, r, p } = COSTS
  return `$scrypt$ln=${ln},r=${r},p=${p}$${salt.toString('base64url')}$${hash.toString('base64url')}`
}

/** Whether a password is the one that was hashed. Without a hash it is not, and finding out takes as long. */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const parsed = stored === null ? null : parseHash(stored)
  const salt = parsed?.salt ?? Buffer.alloc(SALT_BYTES)
  const hash = await derive(password, salt, parsed?.costs ?? COSTS)
  return timingSafeEqual(hash, parsed?.hash ?? Buffer.alloc(HASH_BYTES)) && parsed !== null
}

function parseHash(stored: string): { readonly costs: Costs; readonly salt: Buffer; readonly hash: Buffer } {
  const match = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w-]+)\$([\w-]+)$/.exec(stored)
  if (!match) throw new Error('a stored password has a form that this release does not know')
  const [, ln, r, p, salt = '', hash = ''] = match
  return {
    costs: { ln: Number(ln), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64url'),
    hash: Buffer.from(hash, 'base64url'),
  }
}

let running = 0
const waiting: (() => void)[] = []

async function derive(password: string, salt: Buffer, costs: Costs): Promise<Buffer> {
  if (running >= MOST_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  else running++
  try {
    return await scryptHash(password, salt, costs)
  } finally {
    // The place goes to whoever waits, or is free again.
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}

function scryptHash(password: string, salt: Buffer, { ln, r, p }: Costs): Promise<Buffer> {
  const N = 2 ** ln
  // It takes 128·N·r bytes and a little; Node's own limit is below that.
  const options: ScryptOptions = { N, r, p, maxmem: 256 * N * r }
  return new Promise((resolve, reject) => {
    // The same characters typed on another system may come in another Unicode form.
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
}
