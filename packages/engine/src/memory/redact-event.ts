import { isSecretName, maskText } from '@bighub/core/protocol'

/** Names of what may be done to an event before it is recorded. */
export type RedactionPolicy = 'default'

/** Deeper data is cut: nobody reads it, and nothing hostile may fill a stack. */
const MAX_DEPTH = 32

/**
 * Fields at an event's top that say which event it is and whom it concerns; they are what events are found and counted by, and
 * stand as they are. Everything else is looked through.
 */
const IDENTIFYING: ReadonlySet<string> = new Set([
  'event_id',
  'request_id',
  'case_id',
  'validation_id',
  'call_id',
  'trace_id',
  'trajectory_id',
  'session_id',
  'seq',
  'schema_version',
  'source_version',
  'timestamp',
  'tool',
  'action',
  'actor',
  'domain',
  'status',
  'recommendation',
])

/** Fields that the guard leaves readable, since a person must see what is approved, and that memory does not need. */
const PERSONAL_NAME = /^(?:.*[_-])?(?:card|e?-?mail|email[_-]?address|phone(?:[_-]?number)?)$/i

/** An e-mail address in a text (the practical part of RFC 5321's form); the quantifiers are bounded. */
const EMAIL = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/g

/**
 * The event with its secrets masked, under the policy `default`: whatever stands under a name that holds secrets or contact data,
 * and in every text credentials, keys, card numbers (`maskText`) and e-mail addresses. The original is not touched.
 */
export function redactEvent(event: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => [
      name,
      IDENTIFYING.has(name) && (typeof value !== 'object' || value === null) ? value : redactField(name, value, 1),
    ]),
  )
}

/** A text with credentials, card numbers and e-mail addresses masked. */
export function redactText(text: string): string {
  const masked = maskText(text)
  return masked.includes('@') ? masked.replaceAll(EMAIL, '[masked:email]') : masked
}

function redactField(name: string, value: unknown, depth: number): unknown {
  const isSecret = isSecretName(name) || (name.length <= 64 && PERSONAL_NAME.test(name))
  // Null says that there was nothing to mask.
  if (isSecret && value !== null && value !== undefined && typeof value !== 'boolean') return '[masked]'
  return redactValue(value, depth)
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= MAX_DEPTH) return '[deeper]'
  if (Array.isArray(value)) return value.map((each) => redactValue(each, depth + 1))
  // Names may hold words too: an object by e-mail address. fromEntries defines own properties, so `__proto__` stays data.
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [redactText(name), redactField(name, each, depth + 1)]),
  )
}
