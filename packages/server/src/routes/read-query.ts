import * as z from 'zod'

/** Reads a query string as the input of a route's query schema. */
export type QueryReader = (search: URLSearchParams) => Readonly<Record<string, unknown>>

type FieldReader = (texts: readonly string[]) => unknown

/**
 * A reader for one query schema. Text becomes a number or a boolean where the schema wants one; text that is neither stays as it is,
 * so that the schema names the field and what it expects. Empty text is an absent field, a name that comes twice counts with its
 * last value, and fields that the schema does not have are left out.
 */
export function queryReader(schema: z.ZodObject): QueryReader {
  const readers = Object.entries(schema.shape).map(([name, field]) => [name, fieldReader(field as z.ZodType)] as const)
  return (search) => {
    const query: Record<string, unknown> = {}
    for (const [name, read] of readers) {
      const texts = search.getAll(name).filter((text) => text !== '')
      if (texts.length > 0) query[name] = read(texts)
    }
    return query
  }
}

function fieldReader(schema: z.ZodType): FieldReader {
  const inner = unwrap(schema)
  if (inner instanceof z.ZodArray) {
    const read = fieldReader(inner.element as z.ZodType)
    return (texts) => texts.map((text) => read([text]))
  }
  const parse = textParser(inner)
  return (texts) => parse(texts.at(-1) ?? '')
}

function textParser(schema: z.ZodType): (text: string) => unknown {
  if (schema instanceof z.ZodNumber) return toNumber
  if (schema instanceof z.ZodBoolean) return toBoolean
  return (text) => text
}

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

function toNumber(text: string): unknown {
  return NUMBER.test(text) ? Number(text) : text
}

function toBoolean(text: string): unknown {
  return text === 'true' ? true : text === 'false' ? false : text
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return unwrap(schema.unwrap() as z.ZodType)
  return schema
}
