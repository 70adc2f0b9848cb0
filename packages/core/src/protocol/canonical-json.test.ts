import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, MAX_JSON_DEPTH } from './canonical-json.ts'
import { InvalidInputError } from './errors/index.ts'

/** The double that 16 hexadecimal digits stand for. */
function doubleOf(bits: string): number {
  return Buffer.from(bits, 'hex').readDoubleBE(0)
}

/** The same data with the keys of every record put in another order. */
function shuffled(value: unknown, seed: number): unknown {
  if (Array.isArray(value)) return value.map((each) => shuffled(each, seed))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, each]) => [key, shuffled(each, seed)] as const)
  const turn = entries.length === 0 ? 0 : seed % entries.length
  return Object.fromEntries([...entries.slice(turn), ...entries.slice(0, turn)].toReversed())
}

function nested(levels: number): unknown {
  let value: unknown = 'end'
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? { a: value } : [value]
  return value
}

describe('canonical JSON', () => {
  it('writes the example of RFC 8785 §3.2.2 as §3.2.3 prints it', () => {
    const text = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`
    expect(canonicalJson(JSON.parse(text))).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    )
  })

  it('sorts keys by UTF-16 code units, as the example of RFC 8785 §3.2.3 does', () => {
    const record = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    }
    expect(Object.values(JSON.parse(canonicalJson(record)) as object)).toHaveLength(7)
    expect([...canonicalJson(record).matchAll(/:"([^"]+)"/g)].map(([, text]) => text)).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ])
  })

  it.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('writes the double %s as %s (RFC 8785, appendix B)', (bits, text) => {
    expect(canonicalJson(doubleOf(bits))).toBe(text)
  })

  it('does not depend on the order in which keys were written', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(), (value, seed) => {
        expect(canonicalJson(shuffled(value, seed))).toBe(canonicalJson(value))
      }),
    )
  })

  it('is JSON that reads back as the same data, and writes the same text again', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = canonicalJson(value)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(JSON.parse(text))).toBe(text)
      }),
    )
  })

  it('tells different data apart', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
        const [plainA, plainB]: unknown[] = [a, b].map((each) => JSON.parse(JSON.stringify(each)))
        expect(canonicalJson(a) === canonicalJson(b)).toBe(isDeepStrictEqual(plainA, plainB))
      }),
    )
  })

  it.each([
    ['BigInt', { id: 12345678901234567890n }, '{"id":{"$bigint":"12345678901234567890"}}'],
    ['NaN', [Number.NaN], '[{"$number":"NaN"}]'],
    [
      'Infinity',
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      '[{"$number":"Infinity"},{"$number":"-Infinity"}]',
    ],
    ['a date', new Date(0), '{"$date":"1970-01-01T00:00:00.000Z"}'],
    ['an invalid date', new Date(Number.NaN), '{"$date":"invalid"}'],
    [
      'a map',
      new Map([
        ['b', 1],
        ['a', 2],
      ]),
      '{"$map":[["b",1],["a",2]]}',
    ],
    ['a set', new Set([2, 1]), '{"$set":[2,1]}'],
    ['bytes', Uint8Array.of(1, 255), '{"$bytes":[1,255]}'],
    ['a part of a buffer', Uint8Array.of(1, 2, 3).subarray(1), '{"$bytes":[2,3]}'],
    ['a buffer', Uint8Array.of(1, 255).buffer, '{"$bytes":[1,255]}'],
    ['undefined in a list', [undefined, () => 1, Symbol('x')], '[null,null,null]'],
    ['undefined in a record', { a: undefined, b: 1, c: () => 1 }, '{"b":1}'],
    ['nothing', undefined, 'null'],
    ['an object that says how it is written', { url: new URL('https://a.example/') }, '{"url":"https://a.example/"}'],
  ])('writes %s without ambiguity', (_, value, text) => {
    expect(canonicalJson(value)).toBe(text)
  })

  it('keeps a key named __proto__ that JSON brought in', () => {
    const value: unknown = JSON.parse('{"a":1,"__proto__":{"admin":true}}')
    expect(canonicalJson(value)).toBe('{"__proto__":{"admin":true},"a":1}')
  })

  it('writes records without a prototype', () => {
    expect(canonicalJson(Object.assign(Object.create(null), { b: 1, a: 2 }))).toBe('{"a":2,"b":1}')
  })

  it('names the path at which data refer to themselves', () => {
    const list: unknown[] = [1]
    const value = { a: { list } }
    list.push(value)
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ field: 'a.list[1]', code: 'invalid_input' }))
  })

  it('writes the same object in two places, which is no cycle', () => {
    const shared = { x: 1 }
    expect(canonicalJson([shared, shared])).toBe('[{"x":1},{"x":1}]')
  })

  it('goes as deep as it says and no deeper', () => {
    expect(canonicalJson(nested(MAX_JSON_DEPTH))).toContain('end')
    expect(() => canonicalJson(nested(MAX_JSON_DEPTH + 1))).toThrow(InvalidInputError)
    expect(() => canonicalJson(nested(100_000))).toThrow(/deeper than 64 levels/)
  })
})
