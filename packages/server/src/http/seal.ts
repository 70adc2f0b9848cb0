import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/**
 * Encrypts a text under words that are not stored with it (AES-256-GCM). An answer that is kept for a repeated request may hold a key
 * or a secret that is shown once and otherwise kept only as its digest; whoever reads the store must not find it there.
 */
export function sealText(text: string, words: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', keyOf(words), nonce)
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')
}

/** The text again. Throws if the words are others, or the sealed text was changed. */
export function openText(sealed: string, words: string): string {
  const bytes = Buffer.from(sealed, 'base64')
  const nonce = bytes.subarray(0, NONCE_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', keyOf(words), nonce, { authTagLength: TAG_BYTES })
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
}

/** Another digest than any that is stored, so that none of those is the key. */
function keyOf(words: string): Buffer {
  return createHash('sha256').update(`bighub sealed answer\n${words}`).digest()
}
