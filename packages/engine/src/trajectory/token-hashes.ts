/** Hashes (FNV-1a, 32 bits) of a text's words, numbers and address parts of two characters or more, distinct, at most `limit`. */
export function tokenHashes(text: string, limit: number): number[] {
  const hashes = new Set<number>()
  for (const [token] of text.toLowerCase().matchAll(/[\p{L}\p{N}]{2,}/gu)) {
    hashes.add(hashText(token))
    if (hashes.size >= limit) break
  }
  return [...hashes]
}

function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
