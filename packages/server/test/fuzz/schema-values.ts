import fc from 'fast-check'
import * as z from 'zod'

type JsonSchema = {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: JsonSchema | boolean
  readonly items?: JsonSchema
  readonly prefixItems?: readonly JsonSchema[]
  readonly minItems?: number
  readonly maxItems?: number
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly format?: string
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
}

/** Stands for an id that the server gave before; put in when the request is sent. */
export const KNOWN_ID = /^<id (\d+)>$/
const knownId = fc.nat({ max: 10_000 }).map((index) => `<id ${index}>`)

/** Words that the server gives a meaning to, so that filters, rules and histories meet each other. */
const WORDS = ['refund', 'read', 'payments', 'agent', 'tool', 'SUCCESS', 'FAILURE', 'balanced', 'value', 'similarity']
/** Text that something on the way may take for more than text. */
const HOSTILE_TEXT = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\u202e\u0007\u001b[31m',
  "'; DROP TABLE records; --",
  '%',
  '../../etc/passwd',
  '{{7*7}}',
  '__proto__',
  'constructor',
  'toString',
  '9'.repeat(400),
  'NaN',
  'x'.repeat(5000),
  '😀'.repeat(200),
]
const HOSTILE_NUMBERS = [-0, 1e308, -1e308, 5e-324, 2 ** 53, -(2 ** 53), 0.1, 1e21, -1, 1e9]

/** Values that a schema may accept, as JSON Schema tells: refinements beyond that are not kept to. */
export function valuesOf(schema: z.ZodType): fc.Arbitrary<unknown> {
  return fromJsonSchema(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, '')
}

/** JSON that has nothing to do with any schema. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { maxDepth: 3 },
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom(...HOSTILE_TEXT),
  fc.constantFrom(...HOSTILE_NUMBERS),
  fc.constantFrom(null, true, false, [], {}, [[]], [null], { '': null }),
  // JSON.parse makes this an own property, which an object literal cannot have.
  fc.constant(JSON.parse('{"__proto__":{"admin":true},"constructor":1,"toString":null}') as unknown),
  fc.integer({ min: 1, max: 90 }).map((depth) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown),
)

/** The value with one place of it replaced, dropped or added to. */
export function oneOff(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value !== 'object' || value === null) return hostileValue
  const entries = value as Readonly<Record<string, unknown>>
  const keys = Object.keys(entries)
  const withAdded = (added: unknown): unknown =>
    Array.isArray(value) ? [...(value as unknown[]), added] : Object.assign({}, entries, { extra: added })
  const withKey = (key: string, replaced: unknown): unknown =>
    Array.isArray(value)
      ? value.map((each, index) => (String(index) === key ? replaced : (each as unknown)))
      : Object.assign({}, entries, { [key]: replaced })
  if (keys.length === 0) return hostileValue.map(withAdded)
  return fc.constantFrom(...keys).chain((key) =>
    fc.oneof(
      hostileValue.map((replaced) => withKey(key, replaced)),
      oneOff(entries[key]).map((replaced) => withKey(key, replaced)),
      hostileValue.map(withAdded),
      fc.constant(
        Array.isArray(value)
          ? value.slice(1)
          : Object.fromEntries(Object.entries(entries).filter(([name]) => name !== key)),
      ),
    ),
  )
}

function fromJsonSchema(schema: JsonSchema, name: string): fc.Arbitrary<unknown> {
  // A poll that waits would make the run slow and find nothing.
  if (name === 'wait_s') return fc.constantFrom(0, 0.01)
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return fc.oneof(...choices.map((each) => fromJsonSchema(each, name)))
  if (schema.allOf) return fc.tuple(...schema.allOf.map((each) => fromJsonSchema(each, name))).map(merge)
  if (Array.isArray(schema.type))
    return fc.oneof(...(schema.type as string[]).map((type) => fromJsonSchema({ ...schema, type }, name)))
  switch (schema.type) {
    case 'object':
      return objects(schema)
    case 'array':
      return arrays(schema, name)
    case 'string':
      return strings(schema, name)
    case 'integer':
      return fc.integer(range(schema, 1))
    case 'number':
      return numbers(schema)
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    default:
      return fc.jsonValue({ maxDepth: 2 })
  }
}

function objects({ properties = {}, required = [], additionalProperties }: JsonSchema): fc.Arbitrary<unknown> {
  const fields = Object.entries(properties).map(([name, each]) => [name, fromJsonSchema(each, name)] as const)
  const known = fc.record(Object.fromEntries(fields), { requiredKeys: [...required] })
  if (additionalProperties === false || additionalProperties === undefined) return known
  const extra =
    typeof additionalProperties === 'object' ? fromJsonSchema(additionalProperties, '') : fc.jsonValue({ maxDepth: 1 })
  const extras = fc.dictionary(fc.constantFrom(...WORDS, 'extra', 'note'), extra, { maxKeys: 2 })
  return fc.tuple(extras, known).map(merge)
}

function arrays({ items, prefixItems, minItems = 0, maxItems = 5 }: JsonSchema, name: string): fc.Arbitrary<unknown> {
  if (prefixItems) return fc.tuple(...prefixItems.map((each) => fromJsonSchema(each, name)))
  const element = items ? fromJsonSchema(items, name) : fc.jsonValue({ maxDepth: 1 })
  return fc.array(element, { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, 5)) })
}

function strings(schema: JsonSchema, name: string): fc.Arbitrary<string> {
  const { format, pattern, minLength = 0, maxLength = 40 } = schema
  if (format === 'email') return fc.nat({ max: 30 }).map((index) => `user${index}@example.com`)
  if (format === 'uri') return fc.constantFrom('https://example.com/hook', 'http://127.0.0.1:9/', 'http://[::1]/')
  if (pattern) return fc.stringMatching(new RegExp(pattern))
  const text = fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)), unit: 'grapheme' })
  const time = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => date.toISOString())
  if (/_ids?$/.test(name)) return fc.oneof({ weight: 4, arbitrary: knownId }, { weight: 1, arbitrary: text })
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...WORDS) },
    { weight: 2, arbitrary: text },
    { weight: 1, arbitrary: time },
  )
}

function numbers(schema: JsonSchema): fc.Arbitrary<number> {
  const { min, max } = range(schema, 0)
  const inRange = fc.double({ min, max, noNaN: true, noDefaultInfinity: true })
  const [least, most] = [Math.ceil(Math.max(min, -1000)), Math.floor(Math.min(max, 1000))]
  // A share between two bounds may have no whole number at all.
  return least <= most ? fc.oneof(inRange, fc.integer({ min: least, max: most })) : inRange
}

/** @param step - How far inside an exclusive end lies. */
function range(schema: JsonSchema, step: number): { min: number; max: number } {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  const min = minimum ?? (exclusiveMinimum === undefined ? -1e9 : exclusiveMinimum + step)
  const max = maximum ?? (exclusiveMaximum === undefined ? Math.max(1e9, min) : exclusiveMaximum - step)
  return step === 1 ? { min: Math.max(min, -(2 ** 31)), max: Math.min(max, 2 ** 31 - 1) } : { min, max }
}

function merge(parts: readonly unknown[]): unknown {
  return Object.assign({}, ...(parts as object[]))
}
