/** A named pattern that is masked in every text that leaves the guard. */
export interface MaskPattern {
  readonly name: string
  readonly pattern: RegExp
  /** A second look at what matched; false keeps it. */
  readonly accept?: (match: string) => boolean
}

/** The default patterns: credentials by their published prefixes, private keys, and card numbers that pass Luhn's check. */
export const MASK_PATTERNS: readonly MaskPattern[] = [
  { name: 'private_key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g },
  { name: 'bearer_token', pattern: /\b[Bb]earer\s+[\w.~+/-]{16,}=*/g },
  { name: 'json_web_token', pattern: /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g },
  { name: 'api_key', pattern: /\b(?:sk|pk|rk|bhk|bh_live|ghp|gho|ghs|github_pat|glpat|xox[abprs])[-_][\w-]{16,}/g },
  { name: 'cloud_key', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[\w-]{35}/g },
  { name: 'card_number', pattern: /\b(?:\d[ -]?){12,18}\d\b/g, accept: passesLuhn },
]

/** One cheap look that spares most texts the patterns. */
const MAY_HOLD_SECRET = /-----BEGIN|[Bb]earer|eyJ|[a-z_]{2,}[-_][\w-]{16}|AKIA|ASIA|AIza|\d[\d -]{11}/

/** The text with every secret replaced by `[masked:<pattern>]`. */
export function maskText(text: string): string {
  if (!MAY_HOLD_SECRET.test(text)) return text
  let masked = text
  for (const { name, pattern, accept } of MASK_PATTERNS)
    masked = masked.replaceAll(pattern, (match) => (accept && !accept(match) ? match : `[masked:${name}]`))
  return masked
}

/** Names of fields whose value is masked whatever it looks like. */
const SECRET_NAME =
  /^(?:.*[_-])?(?:password|passwd|passphrase|secret|api[_-]?key|apikey|access[_-]?key|private[_-]?key|token|authorization|cookie|cvv|cvc|pin|ssn|card[_-]?number|iban)$/i

/** Whether a field of this name holds a secret. camelCase is read as snake_case. */
export function isSecretName(name: string): boolean {
  if (name.length > 64) return false
  return SECRET_NAME.test(name) || SECRET_NAME.test(name.replaceAll(/([a-z])([A-Z])/g, '$1_$2'))
}

/** Luhn's checksum (ISO/IEC 7812-1) over the digits of a text. */
function passesLuhn(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '')
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index])
    const doubled = index % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}
