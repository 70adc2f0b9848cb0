/** FNV-1a with a finaliser, 32 bits. The peers have hashing of their own: a change of the engine must not move them. */
export function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  return finalise(value)
}

/** Of two hashes; order matters. */
export function cross(a: number, b: number): number {
  return finalise(Math.imul(a, 0x9e3779b1) ^ Math.imul(b ^ 0x7f4a7c15, 0x85ebca77))
}

function finalise(value: number): number {
  let x = value ^ (value >>> 15)
  x = Math.imul(x, 0x2c1b3c6d)
  x ^= x >>> 13
  return x >>> 0
}
