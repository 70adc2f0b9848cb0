/** FNV-1a over UTF-16 code units with a 32-bit finaliser (Fowler, Noll, Vo; Appleby's MurmurHash3 mixer). */
export function hashText(text: string, seed = 0x811c9dc5): number {
  let hash = seed
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return finalise(hash)
}

/** Combines two hashes; order matters. */
export function mix(a: number, b: number): number {
  return finalise(Math.imul(a, 0x9e3779b1) ^ Math.imul(b ^ 0x7f4a7c15, 0x85ebca77))
}

function finalise(hash: number): number {
  let x = hash ^ (hash >>> 15)
  x = Math.imul(x, 0x2c1b3c6d)
  x ^= x >>> 13
  return x >>> 0
}
