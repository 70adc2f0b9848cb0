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
  return new CanonicalWriter().write(value) ?? 'null'
}

/** Keeps where it is, so that an error can name the path without every step paying for it. */
class CanonicalWriter {
  readonly #parents: object[] = []
  readonly #path: (string | number)[] = []

  write(value: unknown): string | undefined {
    switch (typeof value) {
      case 'string':
        return JSON.stringify(value)
      case 'boolean':
        return value ? 'true' : 'false'
      case 'number':
        // A finite number's own text is what JSON.stringify writes, also for -0, and costs a fraction.
        return Number.isFinite(value) ? `${value}` : `{"$number":"${value}"}`
      case 'bigint':
        return `{"$bigint":"${value}"}`
      case 'object':
        return value === null ? 'null' : this.#writeObject(value)
      default:
        return undefined
    }
  }

  #writeObject(value: object): string | undefined {
    const parents = this.#parents
    if (parents.includes(value))
      throw new InvalidInputError(this.#pathText(), 'refers to itself; it cannot be written as JSON')
    if (parents.length >= MAX_JSON_DEPTH)
      throw new InvalidInputError(this.#pathText(), `nests deeper than ${MAX_JSON_DEPTH} levels`)
    parents.push(value)
    const text = this.#writeEntered(value)
    parents.pop()
    return text
  }

  #writeEntered(value: object): string | undefined {
    if (Array.isArray(value)) return this.#writeList(value)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) {
      if (value instanceof Date) return `{"$date":${JSON.stringify(dateText(value))}}`
      if (value instanceof Map) return `{"$map":${this.#writeList([...value])}}`
      if (value instanceof Set) return `{"$set":${this.#writeList([...value])}}`
      if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
        return `{"$bytes":${this.#writeList(bytesOf(value))}}`
    }
    const toJson = (value as { toJSON?: unknown }).toJSON
    if (typeof toJson === 'function') return this.write(toJson.call(value))
    return this.#writeRecord(value as Record<string, unknown>)
  }

  #writeList(list: readonly unknown[]): string {
    let text = '['
    this.#path.push(0)
    for (let index = 0; index < list.length; index++) {
      this.#path[this.#path.length - 1] = index
      if (index > 0) text += ','
      text += this.write(list[index]) ?? 'null'
    }
    this.#path.pop()
    return `${text}]`
  }

  #writeRecord(record: Record<string, unknown>): string {
    let text = '{'
    this.#path.push('')
    for (const key of sortedKeys(record)) {
      this.#path[this.#path.length - 1] = key
      const written = this.write(record[key])
      if (written === undefined) continue
      text += text.length > 1 ? `,${quotedName(key)}${written}` : quotedName(key) + written
    }
    this.#path.pop()
    return `${text}}`
  }

  #pathText(): string {
    const text = this.#path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
    const path = text.startsWith('.') ? text.slice(1) : text
    return path.length <= 80 ? path : `${path.slice(0, 77)}…`
  }
}

/** Own keys by UTF-16 code units. Most records are written in order already, and looking costs less than sorting. */
function sortedKeys(record: object): string[] {
  const keys = Object.keys(record)
  for (let index = 1; index < keys.length; index++)
    if ((keys[index - 1] ?? '') > (keys[index] ?? ''))
      return keys.length <= FEW_KEYS ? insertionSort(keys) : keys.toSorted()
  return keys
}

/** Up to here sorting by insertion is faster: the keys of most records stand nearly in order. */
const FEW_KEYS = 64

function insertionSort(keys: string[]): string[] {
  for (let index = 1; index < keys.length; index++) {
    const key = keys[index] ?? ''
    let place = index
    for (; place > 0 && (keys[place - 1] ?? '') > key; place--) keys[place] = keys[place - 1] ?? ''
    keys[place] = key
  }
  return keys
}

/** Quoted forms of names that look like field names, colon included; bounded, since data may bring any number of others. */
const QUOTED_NAMES = new Map<string, string>()

function quotedName(key: string): string {
  const known = QUOTED_NAMES.get(key)
  if (known !== undefined) return known
  const text = `${JSON.stringify(key)}:`
  if (key.length <= 32 && QUOTED_NAMES.size < 2000) QUOTED_NAMES.set(key, text)
  return text
}

function dateText(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'invalid' : date.toISOString()
}

function bytesOf(bytes: ArrayBufferView | ArrayBuffer): number[] {
  return [
    ...(ArrayBuffer.isView(bytes)
      ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      : new Uint8Array(bytes)),
  ]
}
