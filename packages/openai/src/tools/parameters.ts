/** A JSON Schema of an object. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** A schema that checks values and describes itself as JSON Schema: zod 4, and other libraries that follow the same standard. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => Validation<Output> | Promise<Validation<Output>>
    readonly jsonSchema: { readonly output: (options: { readonly target: 'draft-07' }) => Record<string, unknown> }
    readonly types?: { readonly output: Output } | undefined
  }
}

type Validation<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] }

/** What the arguments of a tool may be: described, and checked where somebody can. */
export interface Parameters {
  readonly jsonSchema: JsonSchema
  /** @throws Error in words for the model, naming the argument that does not fit. */
  readonly check: (args: Readonly<Record<string, unknown>>) => unknown
}

const NO_PARAMETERS: JsonSchema = { type: 'object', properties: {}, required: [], additionalProperties: false }

/** Reads either form of a schema. JSON Schema is shown to the model and, like the provider's strict mode, trusted. */
export function readParameters(schema: JsonSchema | StandardSchema | undefined): Parameters {
  if (schema === undefined || !isStandardSchema(schema))
    return { jsonSchema: schema ?? NO_PARAMETERS, check: (args) => args }
  const { $schema: _, ...jsonSchema } = schema['~standard'].jsonSchema.output({ target: 'draft-07' })
  return {
    jsonSchema,
    check: async (args) => {
      const result = await schema['~standard'].validate(args)
      if (result.issues === undefined) return result.value
      throw new Error(`the arguments do not fit: ${result.issues.map(describeIssue).join('; ')}`)
    },
  }
}

function isStandardSchema(schema: JsonSchema | StandardSchema): schema is StandardSchema {
  return '~standard' in schema
}

function describeIssue({
  message,
  path = [],
}: {
  readonly message: string
  readonly path?: readonly unknown[] | undefined
}): string {
  const place = path.map((each) => String((each as { key?: unknown } | null)?.key ?? each)).join('.')
  return place === '' ? message : `${place}: ${message}`
}
