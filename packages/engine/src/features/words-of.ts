import { hashShort } from '../math/hash.ts'

const WORD = /[a-z][a-z_]{2,}|\d+/g

/** Words (three letters or more) and whole numbers of a text in lower case, at most `limit`, in their order. */
export function wordsOf(text: string, limit: number): readonly string[] {
  const words = text.toLowerCase().match(WORD)
  if (words === null) return []
  return words.length > limit ? words.slice(0, limit) : words
}

/** Hashes of the distinct words among the first `limit` of a text, in their order. */
export function wordHashes(text: string, limit: number): number[] {
  const hashes = new Set<number>()
  for (const word of wordsOf(text, limit)) hashes.add(hashShort(word))
  return [...hashes]
}
