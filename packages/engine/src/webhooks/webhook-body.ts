/**
 * JSON as webhooks send and sign it: compact, every non-ASCII character and U+007F as lower-case `\uXXXX`, no number in exponent
 * form. A receiver that parses the body and writes it again with Python's `json` gets the same text, so that its signature holds
 * for both (protocol §8).
 */
export function webhookBody(value: unknown): string {
  return JSON.stringify(value)
    .replace(STRING_OR_EXPONENT, (token) => (token.startsWith('"') ? token : plainDecimal(token)))
    .replace(NOT_ASCII, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const STRING_OR_EXPONENT = /"(?:[^"\\]|\\.)*"|-?[\d.]+e[+-]\d+/g
/** Without the `u` flag: half a surrogate pair at a time, as JSON escapes it. */
const NOT_ASCII = /[\u007f-\uffff]/g

/** `1.5e-7` as `0.00000015`, `1e+21` as a one and twenty-one zeros: the same number, digit for digit. */
function plainDecimal(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = ''] = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? []
  const digits = whole + fraction
  const point = whole.length + Number(exponent)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  // An exponent is only written where the digits end before the point.
  return sign + digits.padEnd(point, '0')
}
