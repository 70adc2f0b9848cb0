/**
 * Text in a form that PostgreSQL can keep: it has no place for U+0000 nor for half a surrogate pair (PostgreSQL 18 §8.3). Both
 * are written as `\u` with four hex digits, and a backslash as two, so that different texts stay different.
 */
export function toStorable(text: string): string {
  return NEEDS_ESCAPE.test(text) ? text.replaceAll(ESCAPED, escape) : text
}

/** The text that was made storable. */
export function fromStorable(text: string): string {
  return text.includes('\\')
    ? text.replaceAll(/\\(?:\\|u([0-9a-f]{4}))/g, (_, hex: string | undefined) =>
        hex === undefined ? '\\' : String.fromCharCode(Number.parseInt(hex, 16)),
      )
    : text
}

/** Text for a column that people read: what PostgreSQL cannot keep becomes U+FFFD. */
export function toReadable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

const SURROGATE = '[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]'
const ESCAPED = new RegExp(`[\\0\\\\]|${SURROGATE}`, 'g')
const NEEDS_ESCAPE = new RegExp(`[\\0\\\\]|${SURROGATE}`)

function escape(character: string): string {
  return character === '\\' ? '\\\\' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
