import { createHash, type Hash } from 'node:crypto'

/** SHA-256 over plain state data (numbers, text, lists, records, maps, typed arrays), in their order: equal state, equal digest. */
export function digestOfState(state: unknown): string {
  const hash = createHash('sha256')
  feed(hash, state)
  return hash.digest('hex')
}

function feed(hash: Hash, value: unknown): void {
  if (ArrayBuffer.isView(value)) {
    hash.update(`<${value.constructor.name}:${value.byteLength}>`)
    hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
  } else if (value instanceof Map) {
    hash.update(`<map:${value.size}>`)
    for (const [key, each] of value) {
      feed(hash, key)
      feed(hash, each)
    }
  } else if (Array.isArray(value)) {
    hash.update(`<list:${value.length}>`)
    for (const each of value) feed(hash, each)
  } else if (typeof value === 'object' && value !== null) {
    // Records are compared by their keys, not by the order in which they were written.
    const keys = Object.keys(value)
      .filter((key) => (value as Record<string, unknown>)[key] !== undefined)
      .toSorted()
    hash.update(`<record:${keys.length}>`)
    for (const key of keys) {
      hash.update(key)
      feed(hash, (value as Record<string, unknown>)[key])
    }
  } else hash.update(`<${typeof value}:${Object.is(value, -0) ? '-0' : String(value)}>`)
}
