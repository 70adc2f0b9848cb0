/** Longest text whose hash is remembered, and how many are; names and field values come again and again. */
const MEMO_LENGTH = 48
const MEMO_SIZE = 60_000
let memo = new Map<string, number>()

/** FNV-1a over UTF-16 code units with a 32-bit finaliser (Fowler, Noll, Vo; Appleby's MurmurHash3 mixer). */
export function hashText(text: string, seed: number = FNV_START): number {
  let x = fnv(text, seed)
  x ^= x >>> 15
  x = Math.imul(x, 0x2c1b3c6d)
  x ^= x >>> 12
  return x >>> 0
}

/** {@link hashText} with a bounded memory of short texts: the same numbers, sooner. */
export function hashShort(text: string): number {
  const known = memo.get(text)
  if (known !== undefined) return known
  const hash = hashText(text)
  if (memo.size > MEMO_SIZE) memo = new Map()
  if (text.length <= MEMO_LENGTH) memo.set(text, hash)
  return hash
}

/** FNV-1a before its finaliser, to be carried on with more text. */
export function fnv(text: string, start: number = FNV_START): number {
  let hash = start
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash
}

/** Combines two hashes; order matters. */
export function mix(a: number, b: number): number {
  let x = Math.imul(a, 0x9e3779b1) ^ Math.imul(b ^ 0x7f4a7c15, 0x85ebca77)
  x ^= x >>> 15
  x = Math.imul(x, 0x2c1b3c6d)
  x ^= x >>> 13
  return x >>> 0
}

/** Offset basis of FNV-1a (32 bits). */
const FNV_START = 0x811c9dc5
