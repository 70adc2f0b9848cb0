/** The bytes of a typed array as text, in the machine's order of bytes (little-endian wherever this runs). */
export function toBase64(array: ArrayBufferView): string {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64')
}

/** What {@link toBase64} wrote, in memory of its own and so aligned for any element type. */
export function fromBase64(text: string): ArrayBuffer {
  const bytes = Buffer.from(text, 'base64')
  const copy = new ArrayBuffer(bytes.byteLength)
  new Uint8Array(copy).set(bytes)
  return copy
}
