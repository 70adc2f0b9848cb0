/** The bytes of a typed array as text, in the machine's order of bytes (little-endian wherever this runs). */
export function toBase64(array: ArrayBufferView): string {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64')
}

/** What {@link toBase64} wrote, in memory of its own and so aligned for any element type. */
export function fromBase64(text: string): ArrayBuffer {
  // Not from the pool that small buffers share: its pieces lie anywhere.
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text, 'base64'))
  bytes.write(text, 'base64')
  return bytes.buffer
}
