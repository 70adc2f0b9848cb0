/** What is read of a JSON Schema to make a value for it. */
interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly minLength?: number
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly format?: string
}

/** The least value that a schema allows: required properties only. `known` gives values by property name. */
export function sampleOf(schema: unknown, known: Readonly<Record<string, unknown>>): unknown {
  const { type, enum: words, anyOf, oneOf, ...json } = schema as JsonSchema
  if (json.const !== undefined) return json.const
  if (words) return words[0]
  const [alternative] = anyOf ?? oneOf ?? []
  if (alternative) return sampleOf(alternative, known)
  switch (typeof type === 'string' ? type : type?.[0]) {
    case 'object':
      return Object.fromEntries(
        (json.required ?? []).map((name) => [name, known[name] ?? sampleOf(json.properties?.[name] ?? {}, known)]),
      )
    case 'array':
      return Array.from({ length: json.minItems ?? 0 }, () => sampleOf(json.items ?? {}, known))
    case 'number':
    case 'integer':
      return Math.max(json.minimum ?? 0, (json.exclusiveMinimum ?? -1) + 1)
    case 'boolean':
      return false
    case 'string':
      return json.format === 'email' ? 'a@example.com' : 'x'.repeat(Math.max(1, json.minLength ?? 0))
    default:
      return {}
  }
}
