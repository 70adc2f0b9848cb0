import { InvalidInputError } from './errors/index.ts'

/** Deepest nesting that can be written. Deeper data is refused: nothing a person approves is that deep. */
export const MAX_JSON_DEPTH = 64

/**
 * Canonical JSON after RFC 8785: keys sorted by UTF-16 code units, numbers and strings as `JSON.stringify` writes them, no
 * white space. Equal data gives equal text on every machine.
 *
 * Beyond the RFC, values that parsed tool arguments may hold are written unambiguously: BigInt as `{"$bigint":"1"}`, dates
 * as `{"$date":"…"}`, NaN and infinities as `{"$number":"NaN"}`, maps, sets and byte arrays by their entries. Keys that are
 * undefined, functions and symbols are left out, as JSON does.
 *
 * @throws InvalidInputError naming the path, if the data refer to themselves or nest deeper than {@link MAX_JSON_DEPTH}.
 */
export function canonicalJson(value: unknown): string {
  return write(value, [], '') ?? 'null'
}

function write(value: unknown, parents: object[], path: string): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value)
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : `{"$number":"${value}"}`
    case 'bigint':
      return `{"$bigint":"${value}"}`
    case 'object':
      return value === null ? 'null' : writeObject(value, parents, path)
    default:
      return undefined
  }
}

function writeObject(value: object, parents: object[], path: string): string | undefined {
  if (parents.includes(value)) throw new InvalidInputError(path, 'refers to itself; it cannot be written as JSON')
  if (parents.length >= MAX_JSON_DEPTH)
    throw new InvalidInputError(shorten(path), `nests deeper than ${MAX_JSON_DEPTH} levels`)
  parents.push(value)
  try {
    if (Array.isArray(value)) return writeList(value, parents, path)
    if (value instanceof Date) return `{"$date":${JSON.stringify(dateText(value))}}`
    if (value instanceof Map) return `{"$map":${writeList([...value], parents, path)}}`
    if (value instanceof Set) return `{"$set":${writeList([...value], parents, path)}}`
    if (ArrayBuffer.isView(value)) return `{"$bytes":${writeList(bytesOf(value), parents, path)}}`
    const toJson = (value as { toJSON?: unknown }).toJSON
    if (typeof toJson === 'function') return write(toJson.call(value), parents, path)
    return writeRecord(value as Record<string, unknown>, parents, path)
  } finally {
    parents.pop()
  }
}

function writeList(list: readonly unknown[], parents: object[], path: string): string {
  let text = '['
  for (let index = 0; index < list.length; index++) {
    if (index > 0) text += ','
    text += write(list[index], parents, `${path}[${index}]`) ?? 'null'
  }
  return `${text}]`
}

function writeRecord(record: Record<string, unknown>, parents: object[], path: string): string {
  let text = '{'
  for (const key of Object.keys(record).toSorted()) {
    const written = write(record[key], parents, path === '' ? key : `${path}.${key}`)
    if (written === undefined) continue
    if (text.length > 1) text += ','
    text += `${JSON.stringify(key)}:${written}`
  }
  return `${text}}`
}

function dateText(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'invalid' : date.toISOString()
}

function bytesOf(view: ArrayBufferView): number[] {
  return [...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)]
}

function shorten(path: string): string {
  return path.length <= 80 ? path : `${path.slice(0, 77)}…`
}
