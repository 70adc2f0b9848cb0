/** `12 %`, `3.4 %`: one decimal where the whole number would hide what matters. */
export function percent(share: number | null | undefined): string {
  if (share == null) return '–'
  const value = share * 100
  return `${value.toFixed(value > 0 && value < 10 ? 1 : 0)} %`
}

const AMOUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 2 })
const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

export function amount(value: number | null | undefined): string {
  return value == null ? '–' : AMOUNT.format(value)
}

export function count(value: number | null | undefined): string {
  return value == null ? '–' : WHOLE.format(value)
}

export function decimals(value: number | null | undefined, digits = 3): string {
  return value == null ? '–' : value.toFixed(digits)
}

/** With its sign, so that directions are seen without colour. */
export function signed(value: number, digits = 2): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`
}

const WORDS: Readonly<Record<string, string>> = {
  proceed: 'Proceed',
  proceed_with_caution: 'Caution',
  review_recommended: 'Review',
  do_not_proceed: 'Do not proceed',
  allowed: 'Allowed',
  requires_approval: 'Held',
  blocked: 'Blocked',
  none: 'None yet',
}

/** A word of the protocol as people read it: `at_risk` → `At risk`. */
export function words(name: string | null | undefined): string {
  if (!name) return '–'
  const known = WORDS[name]
  if (known) return known
  const text = name.replaceAll(/[_.]/g, ' ')
  return /^[A-Z ]+$/.test(text) ? text[0] + text.slice(1).toLowerCase() : (text[0]?.toUpperCase() ?? '') + text.slice(1)
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const

/** The largest unit that fits: `3 min`, `2 d`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  for (const [unit, size] of UNITS) if (whole >= size || size === 1) return `${Math.floor(whole / size)} ${unit}`
  return '0 s'
}

const CLOCK = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' })

export function moment(iso: string | null | undefined): string {
  if (!iso) return '–'
  const at = new Date(iso)
  return Number.isNaN(at.getTime()) ? iso : CLOCK.format(at)
}

/** An argument or field as one line. */
export function inline(value: unknown): string {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'string') return value
  return JSON.stringify(value)
}
